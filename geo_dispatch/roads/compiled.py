"""Machine code from plain loops over arrays: numba, the same way everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

from numba import njit

from geo_dispatch.roads.kept_code import KeptCode

Kernel = TypeVar("Kernel", bound=Callable[..., object])

KERNELS: Final[list[Any]] = []
"""All that were imported; what each one was made for is in its ``signatures``."""


def compiled(kernel: Kernel) -> Kernel:
    """The function as machine code, made at its first call and kept on disk for the next process.

    It runs without the interpreter's lock, in the thread that calls it. ``kernel.py_func`` is the
    function as written.
    """
    made: Any = njit(nogil=True)(kernel)
    made._cache = KeptCode(kernel)  # noqa: SLF001 - numba's own can't be told where to keep it
    KERNELS.append(made)
    return cast("Kernel", made)
