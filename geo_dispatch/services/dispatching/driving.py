"""How rankings and ETAs ask the road engine: in batches, one search per place driven to.

What was asked is kept for whoever asks next: most ways lead from site to site, and come again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from threading import Lock
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from geo_dispatch.dispatch.days.drives import Drives, Leg
from geo_dispatch.dispatch.ranking.points import Roads
from geo_dispatch.kernel.geo import LonLat, haversines_m
from geo_dispatch.kernel.units import UNREACHABLE_MS
from geo_dispatch.roads.engine import SNAP_M, RoadEngine, Snaps

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

MOST_KEPT: Final = 200_000
"""Legs kept of one graph, about 90 MB of them: the days of 10,000 technicians twice over."""

_REACHES_S: Final = (100.0, 150.0, 225.0, 340.0, 500.0, 750.0, 1100.0, 1700.0, 2500.0, np.inf)
"""How far to look, one after another: twice the reach takes five times as long."""

_LOOK_S: Final = 60.0
_USUAL_MPS: Final = 10.0
"""A way takes about as long as at this speed by crow's flight, and a minute; measured on Porto."""

_TOGETHER: Final = 4
"""Searches per question: other threads wait for the answer, which is long on large graphs."""


def drive_times(engine: RoadEngine, legs: Sequence[Leg]) -> list[float | None]:
    """Seconds for each leg, None where there is no way.

    Legs that begin or end at one place cost one search together: the ways of all candidates to a
    site do, and those on from it. All places are put on their streets in one question.
    """
    rows = {place: row for row, place in enumerate(dict.fromkeys(chain.from_iterable(legs)))}
    lonlats = np.array(list(rows), dtype=np.float64).reshape(-1, 2)
    ends = np.array([(rows[start], rows[end]) for start, end in legs], dtype=np.intp).reshape(-1, 2)
    search = _Search(engine, lonlats, ends)
    busiest = [np.bincount(column, minlength=len(rows))[column] for column in ends.T]
    onward = busiest[0] > busiest[1]
    search.from_each(0, np.flatnonzero(onward))
    search.from_each(1, np.flatnonzero(~onward))
    return [None if ms >= UNREACHABLE_MS else ms / 1000 for ms in search.found_ms.tolist()]


class _Search:
    """Ways between (n, 2) places by number, looked for near by first: most aren't much longer."""

    def __init__(self, engine: RoadEngine, lonlats: Floats, ends: Ints) -> None:
        self._engine, self._ends = engine, ends
        self._snaps = engine.snap(lonlats, name=None)
        crow_m = haversines_m(lonlats[ends[:, 0]], lonlats[ends[:, 1]])
        self._likely_s = _LOOK_S + crow_m / _USUAL_MPS
        self.found_ms = np.full(len(ends), UNREACHABLE_MS, dtype=np.int32)

    def from_each(self, side: int, legs: Ints) -> None:
        """One search for each place at that side of the legs, a few in one question."""
        hubs = self._ends[:, side]
        legs = legs[(self._snaps.street[self._ends[legs]] >= 0).all(axis=1)]
        likely_s = np.zeros(len(self._snaps))
        np.maximum.at(likely_s, hubs[legs], self._likely_s[legs])
        for within_s in _REACHES_S:
            due = legs[likely_s[hubs[legs]] <= within_s]
            places = np.unique(hubs[due])
            for first in range(0, len(places), _TOGETHER):
                some = due[np.isin(hubs[due], places[first : first + _TOGETHER])]
                self._look(some, within_s)
            legs = legs[self.found_ms[legs] >= UNREACHABLE_MS]

    def _look(self, legs: Ints, within_s: float) -> None:
        (starts, row), (goals, column) = (
            np.unique(self._ends[legs, side], return_inverse=True) for side in (0, 1)
        )
        many, others = self._snaps.take(starts), self._snaps.take(goals)
        self.found_ms[legs] = self._engine.matrix(many, others, within_s)[row, column]


class Memory:
    """Drive times on one graph, for all threads; those unasked for longest are forgotten.

    Parameters
    ----------
    most
        How many legs are kept.
    """

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._lock = Lock()
        self._known: LRUCache[Leg, float | None] = LRUCache(most)

    def recall(self, legs: Iterable[Leg]) -> dict[Leg, float | None]:
        """Those of the legs that are known."""
        known = self._known
        with self._lock:
            return {leg: known[leg] for leg in legs if leg in known}

    def keep(self, found: Mapping[Leg, float | None]) -> None:
        """Take in what was found."""
        with self._lock:
            self._known.update(found)


_MEMORIES: Final[WeakKeyDictionary[RoadEngine, Memory]] = WeakKeyDictionary()
"""An engine is one graph with one set of weights: another one remembers nothing of these."""

_MEMORIES_LOCK: Final = Lock()


def _memory(engine: RoadEngine) -> Memory:
    with _MEMORIES_LOCK:
        return _MEMORIES.setdefault(engine, Memory())


def recalled(engine: RoadEngine, legs: Iterable[Leg]) -> dict[Leg, float | None]:
    """Those of the legs whose drive times are known on these roads, without asking for any."""
    return _memory(engine).recall(legs)


def drives_on(engine: RoadEngine) -> Drives:
    """Drive times on these roads, each asked for once, by whomever in this process."""
    return Drives(lambda legs: _asked_once(engine, legs))


def _asked_once(engine: RoadEngine, legs: Sequence[Leg]) -> list[float | None]:
    memory = _memory(engine)
    known = memory.recall(legs)
    new = [leg for leg in legs if leg not in known]
    found = dict(zip(new, drive_times(engine, new), strict=True))
    memory.keep(found)
    return [found[leg] if leg in found else known[leg] for leg in legs]


def roads_on(engine: RoadEngine) -> Roads:
    """The roads as rankings ask them."""
    return Roads(
        drive_times=lambda legs: _asked_once(engine, legs),
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
            self._snapped = places, self._engine.snap(places, name=None)
        many, one = self._snapped[1], self._engine.snap(np.array([site]), name=None)
        to_ms = self._engine.matrix(many, one, within_s)[:, 0]
        from_ms = self._engine.matrix(one, many, within_s)[0]
        return _seconds(to_ms), _seconds(from_ms)


def _seconds(times_ms: NDArray[np.int32]) -> Floats:
    return np.where(times_ms >= UNREACHABLE_MS, np.inf, times_ms / 1000)
