"""Machine code from plain loops over arrays: numba, the same way everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit

Kernel = TypeVar("Kernel", bound=Callable[..., object])


def compiled(kernel: Kernel) -> Kernel:
    """The function as machine code, made at its first call and kept on disk for the next process.

    It runs without the interpreter's lock, in the thread that calls it. ``kernel.py_func`` is the
    function as written.
    """
    return cast("Kernel", njit(cache=True, nogil=True)(kernel))
