"""How rankings and ETAs ask the road engine: in batches, one search per place driven to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.dispatch.days.drives import Drives, Leg
from geo_dispatch.dispatch.ranking.points import Roads
from geo_dispatch.kernel.geo import LonLat, haversines_m
from geo_dispatch.kernel.units import UNREACHABLE_MS
from geo_dispatch.roads.engine import SNAP_M, RoadEngine, Snaps

Floats = NDArray[np.float64]

_MOST_REMEMBERED: Final = 100_000
_REMEMBERED: Final[WeakKeyDictionary[RoadEngine, Mapping[Leg, float | None]]] = WeakKeyDictionary()
"""Of each graph; replaced as a whole, never changed, so that threads may share it."""

_LOOK_S: Final = 60.0
_SLOW_MPS: Final = 4.0
"""A way that takes longer than at this speed by crow's flight is looked for a second time."""


def drive_times(engine: RoadEngine, legs: Sequence[Leg]) -> list[float | None]:
    """Seconds for each leg, None where there is no way.

    Legs that begin or end at one place cost one search together: the ways of all candidates to a
    site do, and those on from it.
    """
    begins = Counter(start for start, _ in legs)
    ends = Counter(end for _, end in legs)
    onward: defaultdict[LonLat, list[int]] = defaultdict(list)
    inward: defaultdict[LonLat, list[int]] = defaultdict(list)
    for number, (start, end) in enumerate(legs):
        if begins[start] > ends[end]:
            onward[start].append(number)
        else:
            inward[end].append(number)
    times: list[float | None] = [None] * len(legs)
    for place, numbers in inward.items():
        starts = [legs[number][0] for number in numbers]
        for number, time_s in zip(numbers, _near_first(engine, starts, [place]), strict=True):
            times[number] = time_s
    for place, numbers in onward.items():
        goals = [legs[number][1] for number in numbers]
        for number, time_s in zip(numbers, _near_first(engine, [place], goals), strict=True):
            times[number] = time_s
    return times


def _near_first(
    engine: RoadEngine, starts: Sequence[LonLat], ends: Sequence[LonLat]
) -> list[float | None]:
    """From one place to many, or from many to one; most ways aren't much longer than they look."""
    sources, targets = (engine.snap(np.array(those, dtype=np.float64)) for those in (starts, ends))
    crow_m = haversines_m(np.array(starts), np.array(ends))
    within_s = _LOOK_S + float(crow_m.max()) / _SLOW_MPS
    found = engine.matrix(sources, targets, within_s).ravel()
    if (found >= UNREACHABLE_MS).any():
        found = engine.matrix(sources, targets).ravel()
    return [None if ms >= UNREACHABLE_MS else ms / 1000 for ms in found.tolist()]


def drives_on(engine: RoadEngine) -> Drives:
    """Drive times on these roads, each asked for once."""
    return Drives(lambda legs: drive_times(engine, legs))


def remembered(engine: RoadEngine) -> Mapping[Leg, float | None]:
    """Drive times that rankings on these roads have asked for so far."""
    return _REMEMBERED.get(engine, {})


def remember(engine: RoadEngine, drives: Drives) -> None:
    """Keep what was asked for: most ways lead from site to site, and come again."""
    known = dict(drives.known)
    _REMEMBERED[engine] = known if len(known) <= _MOST_REMEMBERED else {}


def roads_on(engine: RoadEngine) -> Roads:
    """The roads as rankings ask them."""
    return Roads(
        drive_times=lambda legs: drive_times(engine, legs),
        fastest_mps=engine.fastest_mps,
        snap_slack_m=2 * SNAP_M,
        around=_Around(engine),
    )


class _Around:
    """Drive times between one place and many, which are put on their streets once."""

    def __init__(self, engine: RoadEngine) -> None:
        self._engine = engine
        self._snapped: tuple[Floats, Snaps] | None = None

    def __call__(self, places: Floats, site: LonLat, within_s: float) -> tuple[Floats, Floats]:
        if self._snapped is None or self._snapped[0] is not places:
            self._snapped = places, self._engine.snap(places)
        many, one = self._snapped[1], self._engine.snap(np.array([site]))
        to_ms = self._engine.matrix(many, one, within_s)[:, 0]
        from_ms = self._engine.matrix(one, many, within_s)[0]
        return _seconds(to_ms), _seconds(from_ms)


def _seconds(times_ms: NDArray[np.int32]) -> Floats:
    return np.where(times_ms >= UNREACHABLE_MS, np.inf, times_ms / 1000)
