"""How a long step tells how far it is."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called as a step goes on; the shell draws the bar."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """``done`` of ``total`` units of ``step`` are finished; total 0 means not known."""


def silent(step: str, done: int, total: int) -> None:
    """Tell nobody."""
