"""Drive times, remembered: each leg is asked of the roads once, many legs in one question."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from geo_dispatch.kernel.geo import LonLat

Leg = tuple[LonLat, LonLat]
"""From where to where."""

DriveTimes = Callable[[Sequence[Leg]], Sequence[float | None]]
"""Seconds for each leg, None where there is no way. Asked in batches."""

_NOTHING_KNOWN: Final[Mapping[Leg, float | None]] = MappingProxyType({})


class Drives:
    """What is known of the roads between places; asks for what isn't.

    Parameters
    ----------
    ask
        The roads.
    known
        Legs whose answer is known already: those that a stored decision was made with.
    """

    def __init__(self, ask: DriveTimes, known: Mapping[Leg, float | None] = _NOTHING_KNOWN) -> None:
        self._ask = ask
        self._known = dict(known)

    @property
    def known(self) -> Mapping[Leg, float | None]:
        """Every leg asked for so far, with its seconds; None where there is no way."""
        return MappingProxyType(self._known)

    def learn(self, legs: Mapping[Leg, float | None]) -> None:
        """Take in what is known from elsewhere."""
        self._known.update(legs)

    def prefetch(self, legs: Iterable[Leg]) -> None:
        """Ask for all that are not known yet, in one question."""
        unknown = list(
            dict.fromkeys(leg for leg in legs if leg[0] != leg[1] and leg not in self._known)
        )
        if unknown:
            self._known.update(zip(unknown, self._ask(unknown), strict=True))

    def __call__(self, start: LonLat, end: LonLat) -> float | None:
        """Seconds from one place to the other; None where there is no way."""
        if start == end:
            return 0.0
        leg = (start, end)
        if leg not in self._known:
            self.prefetch([leg])
        return self._known[leg]
