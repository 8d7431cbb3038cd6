"""How rankings and ETAs ask the road engine: in batches, one search per place driven to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
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
_REMEMBERED: Final[WeakKeyDictionary[RoadEngine, dict[Leg, float | None]]] = WeakKeyDictionary()
"""Of each graph, for all threads: only ever added to, in single steps, or replaced."""

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
    near_first = _NearFirst(engine, {*begins, *ends})
    for place, numbers in inward.items():
        starts = [legs[number][0] for number in numbers]
        for number, time_s in zip(numbers, near_first(starts, [place]), strict=True):
            times[number] = time_s
    for place, numbers in onward.items():
        goals = [legs[number][1] for number in numbers]
        for number, time_s in zip(numbers, near_first([place], goals), strict=True):
            times[number] = time_s
    return times


class _NearFirst:
    """From one place to many, or from many to one; most ways aren't much longer than they look.

    All places are put on their streets together: one by one that takes as long as the searches.
    """

    def __init__(self, engine: RoadEngine, places: Iterable[LonLat]) -> None:
        self._engine = engine
        self._rows = {place: row for row, place in enumerate(places)}
        self._lonlats = np.array(list(self._rows), dtype=np.float64).reshape(-1, 2)
        self._snaps = engine.snap(self._lonlats)

    def __call__(self, starts: Sequence[LonLat], ends: Sequence[LonLat]) -> list[float | None]:
        sources, targets = ([self._rows[place] for place in those] for those in (starts, ends))
        crow_m = haversines_m(self._lonlats[sources], self._lonlats[targets])
        within_s = _LOOK_S + float(crow_m.max()) / _SLOW_MPS
        many, one = self._snaps.take(sources), self._snaps.take(targets)
        found = self._engine.matrix(many, one, within_s).ravel()
        if (found >= UNREACHABLE_MS).any():
            found = self._engine.matrix(many, one).ravel()
        return [None if ms >= UNREACHABLE_MS else ms / 1000 for ms in found.tolist()]


def drives_on(engine: RoadEngine) -> Drives:
    """Drive times on these roads, each asked for once, by whomever in this process."""
    return Drives(lambda legs: _recalled(engine, legs))


def remembered(engine: RoadEngine) -> Mapping[Leg, float | None]:
    """Drive times on these roads that were asked for so far."""
    return _REMEMBERED.get(engine, {})


def remember(engine: RoadEngine, found: Mapping[Leg, float | None]) -> None:
    """Keep what was asked for: most ways lead from site to site, and come again."""
    known = _REMEMBERED.get(engine)
    if known is None or len(known) > _MOST_REMEMBERED:
        known = _REMEMBERED[engine] = {}
    known.update(found)


def _recalled(engine: RoadEngine, legs: Sequence[Leg]) -> list[float | None]:
    known = remembered(engine)
    new = [leg for leg in legs if leg not in known]
    found = dict(zip(new, drive_times(engine, new), strict=True))
    remember(engine, found)
    return [found[leg] if leg in found else known[leg] for leg in legs]


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
