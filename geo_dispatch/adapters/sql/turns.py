"""Whose turn it is to write, among the threads of a process: those in a hurry first."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """One thread at a time; of those that wait, one in a hurry goes before all others."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._taken = False
        self._hurried = 0

    @contextmanager
    def taken(self, *, first: bool, within_s: float) -> Iterator[bool]:
        """Wait for the turn, and have it for the block.

        Yields
        ------
        bool
            Whether it came in time; nothing is held if not.
        """
        with self._changed:
            came = self._wait(first=first, within_s=within_s)
            self._taken = self._taken or came
        try:
            yield came
        finally:
            if came:
                with self._changed:
                    self._taken = False
                    self._changed.notify_all()

    def _wait(self, *, first: bool, within_s: float) -> bool:
        if not first:
            return self._changed.wait_for(lambda: not (self._taken or self._hurried), within_s)
        self._hurried += 1
        try:
            return self._changed.wait_for(lambda: not self._taken, within_s)
        finally:
            self._hurried -= 1
            self._changed.notify_all()
