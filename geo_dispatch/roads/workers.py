"""Threads that work on one answer together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TypeVar

Part = TypeVar("Part")
Result = TypeVar("Result")


class Workers:
    """So many threads, the one that asks among them."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._others = ThreadPoolExecutor(threads - 1) if threads > 1 else None

    def beside(self, work: Callable[[], Result]) -> Callable[[], Result]:
        """Begin with some work while the caller goes on; what comes back waits for its result.

        With one thread it is done then.
        """
        return work if self._others is None else self._others.submit(work).result

    def share(self, parts: Iterator[Part], work: Callable[[Part], None]) -> None:
        """Have each thread work on one part after another, of those that are left."""
        turn = Lock()

        def each() -> None:
            for part in _in_turn(parts, turn):
                work(part)

        others = (
            [self._others.submit(each) for _ in range(self.threads - 1)] if self._others else []
        )
        each()
        for other in others:
            other.result()


def _in_turn(parts: Iterator[Part], turn: Lock) -> Iterator[Part]:
    while True:
        with turn:
            try:
                part = next(parts)
            except StopIteration:
                return
        yield part
