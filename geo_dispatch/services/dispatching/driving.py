"""How rankings and ETAs ask the road engine: in batches, the ways of one place together.

What was asked is kept for whoever asks next: most ways lead from site to site, and come again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from threading import Lock
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from geo_dispatch.dispatch.days.drives import Drives, Leg
from geo_dispatch.dispatch.ranking.points import Roads
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.units import UNREACHABLE_MS
from geo_dispatch.roads.engine import SNAP_M, RoadEngine, Snaps

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

MOST_KEPT: Final = 200_000
"""Legs kept of one graph, about 90 MB of them: the days of 10,000 technicians twice over."""

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
    snaps = engine.snap(lonlats)
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

    def __call__(self, places: Floats, site: LonLat) -> tuple[Floats, Floats]:
        if self._snapped is None or self._snapped[0] is not places:
            self._snapped = places, self._engine.snap(places)
        many, one = self._snapped[1], self._engine.snap(np.array([site]))
        to_ms = self._engine.matrix(many, one)[:, 0]
        from_ms = self._engine.matrix(one, many)[0]
        return _seconds(to_ms), _seconds(from_ms)


def _seconds(times_ms: NDArray[np.int32]) -> Floats:
    return np.where(times_ms >= UNREACHABLE_MS, np.inf, times_ms / 1000)
