"""What the command line shows: one-line errors, and bars on long steps. All on stderr."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from geo_dispatch.kernel.errors import Conflict, Fault, GeoDispatchError, InvalidInput
from geo_dispatch.kernel.progress import Progress

_lock = threading.Lock()


def say(text: str) -> None:
    """Print a line on stderr; whole lines, whichever thread says it."""
    with _lock:
        print(text, file=sys.stderr, flush=True)  # noqa: T201 - this is the console


def say_line(name: str, line: str) -> None:
    """Print a line of a program of the tree."""
    say(f"{name:>6} | {line}")


def fail(error: GeoDispatchError) -> None:
    """Print the error: its message on one line, then each fault that the message leaves out."""
    say(f"geo-dispatch: {' '.join(error.message.split())}")  # drivers like to say two lines
    for fault in _faults(error):
        if fault.message not in error.message:
            say(f"  {fault}")


def _faults(error: GeoDispatchError) -> tuple[Fault, ...]:
    if isinstance(error, InvalidInput):
        return error.faults
    return error.conflicts if isinstance(error, Conflict) else ()


@contextmanager
def bars() -> Iterator[Progress]:
    """Draw how far each step is: bars on a terminal, elsewhere a line as each step begins."""
    if sys.stderr.isatty():
        with _terminal_bars() as progress:
            yield progress
        return
    begun: set[str] = set()

    def progress_line(step: str, done: int, total: int) -> None:  # noqa: ARG001 - a Progress
        if step not in begun:
            begun.add(step)
            say(f"{step} ...")

    yield progress_line


@contextmanager
def _terminal_bars() -> Iterator[Progress]:
    # rich.progress takes 50 ms to import, and --help needs none of it
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeElapsedColumn,
    )
    from rich.progress import Progress as Bars  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bars(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as drawn:
        tasks = {}

        def progress(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = drawn.add_task(step, total=total or None)
            drawn.update(tasks[step], completed=done, total=total or None)

        yield progress
