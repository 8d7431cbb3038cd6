"""Machine code kept on disk for the next process: numba's cache, in a place and a way of our own.

Each user has one folder for it, or names one in ``NUMBA_CACHE_DIR``; it may be deleted at any time.
What is kept is found by all that it was made of, by numba's version and by the processor. numba's
own cache goes by the text of one module, so that a kernel outlives a change of what it calls in
another one; it fails when the disk is full, and mixes up files when two processes write at once.

The one module of the core that touches files: no answer depends on them.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, cached_property
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final

from numba import config
from numba.core.caching import (
    CompileResultCacheImpl,
    FunctionCache,
    NullCache,
    _CacheLocator,
)
from numba.misc.appdirs import AppDirs

_WORD = re.compile(r"\w+")
_NAMED = (FunctionType, ModuleType, type)


def code_folder() -> Path:
    """Where machine code is kept."""
    named: str = vars(config)["CACHE_DIR"]
    if named:
        return Path(named) / "geo-dispatch"
    folders = AppDirs("geo-dispatch", appauthor=False)  # type: ignore[no-untyped-call] # numba's
    return Path(folders.user_cache_dir) / "kernels"


class KeptCode(NullCache):
    """A kernel's machine code on disk, as numba's dispatchers ask for it.

    Whatever is wrong with the folder, the code is made in memory.
    """

    def __init__(self, kernel: Callable[..., object]) -> None:
        self._kernel = kernel

    @property
    def cache_path(self) -> str:
        """Where it is, for numba's statistics."""
        return str(code_folder())

    @cached_property
    def _files(self) -> Any:
        # not before it is called: what it calls in turn has to be imported
        return _Files(self._kernel)  # type: ignore[no-untyped-call] # numba's

    def load_overload(self, signature: Any, target: Any) -> Any:
        """The code for these types; None when it is not there, or not to be read."""
        try:
            found = self._files.load_overload(signature, target)
            if found is None and _turn.wait():
                found = self._files.load_overload(signature, target)
        except Exception:  # noqa: BLE001 - a damaged file raises anything
            with suppress(OSError):
                self._files.flush()
            return None
        return found

    def save_overload(self, signature: Any, made: Any) -> None:
        """Keep what was made, if possible."""
        try:
            with _locked("writing"):
                self._files.save_overload(signature, made)
        except Exception as error:  # noqa: BLE001 - as above
            _warn(str(error.strerror if isinstance(error, OSError) else error))


@cache
def _warn(reason: str) -> None:
    """Say it once: numba makes Python forget what it has warned of."""
    warnings.warn(
        f"machine code can't be kept in {code_folder()} ({reason}), so that each process makes it "
        "anew, which takes half a minute; name another folder in NUMBA_CACHE_DIR",
        RuntimeWarning,
        stacklevel=1,
    )


class _Turn:
    """Of processes that prepare at the same time, the first that lacks something makes it all."""

    def __init__(self) -> None:
        self._preparing = threading.RLock()
        self._asked: Path | None = None
        self._held: int | None = None

    @contextmanager
    def preparing(self) -> Iterator[None]:
        with self._preparing:
            self._asked = code_folder()
            try:
                yield
            finally:
                self._asked = None
                if self._held is not None:
                    os.close(self._held)
                    self._held = None

    def wait(self) -> bool:
        """Wait until no other process prepares; whether that may have changed anything."""
        if self._asked is None or self._held is not None:
            return False
        with suppress(OSError):
            self._held = _opened("preparing")
            return True
        return False


_turn: Final = _Turn()

preparing = _turn.preparing
"""A block of what needs many kernels: other processes' such blocks wait for what they lack."""


def _opened(name: str) -> int:
    """A lock that ends when it is closed, or with the process."""
    folder = code_folder()
    os.makedirs(folder, exist_ok=True)  # noqa: PTH103 - not a path that anybody hands in
    handle = os.open(folder / f".{name}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
    except OSError:
        os.close(handle)
        raise
    return handle


@contextmanager
def _locked(name: str) -> Iterator[None]:
    handle = _opened(name)
    try:
        yield
    finally:
        os.close(handle)


class _Place(_CacheLocator):
    """One folder for all; a kernel's files are named by what it is made of."""

    def __init__(self, kernel: FunctionType) -> None:
        self._stamp = hashlib.sha256("\n".join(_made_of(kernel, {})).encode()).hexdigest()

    @classmethod
    def from_function(cls, py_func: FunctionType, py_file: str) -> _Place:  # noqa: ARG003 - numba's
        return cls(py_func)

    def get_cache_path(self) -> str:
        return str(code_folder())

    def get_source_stamp(self) -> str:
        return self._stamp

    def get_disambiguator(self) -> str:
        return self._stamp[:16]


class _Impl(CompileResultCacheImpl):
    _locator_classes: list[Any] = [_Place]  # noqa: RUF012 - numba's


class _Files(FunctionCache):
    _impl_class = _Impl


def _made_of(value: Any, seen: dict[int, str]) -> Iterator[str]:
    """All that machine code comes from: the code, what it calls, the types and values it names."""
    kernel = getattr(value, "py_func", value)
    if id(kernel) in seen:
        return
    if isinstance(kernel, FunctionType) and (kernel is not value or not seen):
        seen[id(kernel)] = kernel.__qualname__
        yield kernel.__qualname__
        words = set(_WORD.findall(str(kernel.__annotations__)))
        for code in _codes(kernel.__code__):
            yield f"{code.co_code.hex()} {code.co_names} {code.co_varnames} {_values(code)}"
            words |= set(code.co_names)
        yield from _named(words, kernel.__globals__, seen)
    elif isinstance(value, type) and hasattr(value, "_fields"):
        seen[id(value)] = value.__qualname__
        yield f"{value.__qualname__} {value.__annotations__}"
        words = set(_WORD.findall(str(value.__annotations__)))
        yield from _named(words, vars(sys.modules[value.__module__]), seen)
    else:
        yield value.__name__ if isinstance(value, _NAMED) else repr(value)


def _named(words: set[str], names: dict[str, Any], seen: dict[int, str]) -> Iterator[str]:
    for word in sorted(words & names.keys()):
        yield word
        yield from _made_of(names[word], seen)


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for value in code.co_consts:
        if isinstance(value, CodeType):
            yield from _codes(value)


def _values(code: CodeType) -> list[Any]:
    return [value for value in code.co_consts if not isinstance(value, CodeType)]
