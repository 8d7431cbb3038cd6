"""Names that were meant: what a message adds when a name is not known."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

_SHOWN: Final = 3
_LIKE: Final = 0.6


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Up to three of the known names that look most like it, compared without case."""
    spelt = {one.casefold(): one for one in sorted(known)}
    found = get_close_matches(name.casefold(), list(spelt), _SHOWN, _LIKE)
    return [spelt[one] for one in found]


def did_you_mean(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """``"; did you mean 'hvac'?"``, or the remedy when nothing looks like it."""
    found = nearest(name, known)
    if not found:
        return f"; {otherwise}" if otherwise else ""
    return f"; did you mean {' or '.join(repr(one) for one in found)}?"
