"""How rankings and ETAs ask the road engine: in batches, the ways of one place together.

Nothing is kept between questions: the engine keeps the labels of places, from which a way takes no
longer than looking it up would.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.dispatch.days.drives import Drives, Leg
from geo_dispatch.dispatch.ranking.points import Roads
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.units import UNREACHABLE_MS
from geo_dispatch.roads.engine import SNAP_M, RoadEngine, Snaps

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

_TOGETHER: Final = 256
"""Places driven to, or from, per question: the ways between all of them are in it."""


def drive_times(engine: RoadEngine, legs: Sequence[Leg]) -> list[float | None]:
    """Seconds for each leg, None where there is no way.

    Legs that begin or end at one place are asked for together: the ways of all candidates to a
    site do, and those on from it. All places are put on their streets in one question.
    """
    rows = {place: row for row, place in enumerate(dict.fromkeys(chain.from_iterable(legs)))}
    lonlats = np.array(list(rows), dtype=np.float64).reshape(-1, 2)
    ends = np.array([(rows[start], rows[end]) for start, end in legs], dtype=np.intp).reshape(-1, 2)
    snaps = engine.snap(lonlats, name=None)
    found_ms = np.empty(len(ends), dtype=np.int32)
    busiest = [np.bincount(column, minlength=len(rows))[column] for column in ends.T]
    onward = busiest[0] > busiest[1]
    for side, legs_of in ((0, onward), (1, ~onward)):
        for some in _of_some_places(ends[:, side], np.flatnonzero(legs_of)):
            (starts, row), (goals, column) = (
                np.unique(ends[some, end], return_inverse=True) for end in (0, 1)
            )
            found_ms[some] = engine.matrix(snaps.take(starts), snaps.take(goals))[row, column]
    return [None if ms >= UNREACHABLE_MS else ms / 1000 for ms in found_ms.tolist()]


def _of_some_places(places: Ints, legs: Ints) -> Iterator[Ints]:
    """The legs by the places of one end, those of a few places at a time."""
    which = np.unique(places[legs], return_inverse=True)[1]
    for first in range(0, which.max(initial=-1) + 1, _TOGETHER):
        yield legs[(first <= which) & (which < first + _TOGETHER)]


def drives_on(engine: RoadEngine) -> Drives:
    """Drive times on these roads, each asked for once."""
    return Drives(partial(drive_times, engine))


def roads_on(engine: RoadEngine) -> Roads:
    """The roads as rankings ask them."""
    return Roads(
        drive_times=partial(drive_times, engine),
        fastest_mps=engine.fastest_mps,
        snap_slack_m=2 * SNAP_M,
        around=_Around(engine),
    )


class _Around:
    """Drive times between one place and many, which are put on their streets once."""

    def __init__(self, engine: RoadEngine) -> None:
        self._engine = engine
        self._snapped: tuple[Floats, Snaps] | None = None

    def __call__(self, places: Floats, site: LonLat) -> tuple[Floats, Floats]:
        if self._snapped is None or self._snapped[0] is not places:
            self._snapped = places, self._engine.snap(places, name=None)
        many, one = self._snapped[1], self._engine.snap(np.array([site]), name=None)
        to_ms = self._engine.matrix(many, one)[:, 0]
        from_ms = self._engine.matrix(one, many)[0]
        return _seconds(to_ms), _seconds(from_ms)


def _seconds(times_ms: NDArray[np.int32]) -> Floats:
    return np.where(times_ms >= UNREACHABLE_MS, np.inf, times_ms / 1000)
