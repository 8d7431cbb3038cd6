"""The road engine: snapping, drive-time matrices, routes and reach over one compiled graph.

Drive times are between places *on streets*; the way from a street to a door is not in them. The
engine holds no state but its indexes, and may be shared by threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.units import UNREACHABLE_MS
from geo_dispatch.roads.graph import FORBIDDEN_MS, RoadGraph
from geo_dispatch.roads.reach import reach_polygon
from geo_dispatch.roads.routes import Route, Step, find_route
from geo_dispatch.roads.search import Search, stops
from geo_dispatch.roads.snapping import Snapper, Snaps

if TYPE_CHECKING:
    from geo_dispatch.roads.matching import Match, Matcher

__all__ = ["RoadEngine", "Route", "Snaps", "Step"]

SNAP_M = 1000.0
"""How far a place may be from the nearest street, unless told otherwise."""


class RoadEngine:
    """Answers drive-time questions over one graph."""

    def __init__(self, graph: RoadGraph) -> None:
        self.graph = graph
        self.bounds = graph.bounds

    @cached_property
    def fastest_mps(self) -> float:
        """No street is driven faster, so that snapped distance / this bounds drive times below."""
        drive_ms = self.graph.drive_ms.reshape(-1, 2).min(axis=1)
        driven = drive_ms < FORBIDDEN_MS
        return float((self.graph.street_m[driven] / drive_ms[driven]).max() * 1000)

    def snap(self, lonlats: NDArray[np.float64], max_distance_m: float = SNAP_M) -> Snaps:
        """Places of (n, 2) points on the nearest street that trips can use both ways or one."""
        return self._snapper.snap(lonlats, max_distance_m)

    def matrix(self, sources: Snaps, targets: Snaps, within_s: float = np.inf) -> NDArray[np.int32]:
        """(n, m) int32 drive times in milliseconds; `UNREACHABLE_MS` where there is no way.

        Parameters
        ----------
        within_s
            Longer ways aren't looked for, and count as none: a search close by is much shorter.
        """
        return self._search.matrix(
            stops(self.graph, sources), stops(self.graph, targets), within_s * 1000
        )

    def drive_times(self, source: LonLat, targets: Sequence[LonLat]) -> list[float | None]:
        """Seconds from one place to each of many; None where there is no way."""
        return _seconds(self.matrix(self._snapped([source]), self._snapped(targets))[0])

    def drive_times_to(self, sources: Sequence[LonLat], target: LonLat) -> list[float | None]:
        """Seconds from each of many places to one; None where there is no way."""
        return _seconds(self.matrix(self._snapped(sources), self._snapped([target]))[:, 0])

    def route(self, source: LonLat, target: LonLat) -> Route | None:
        """The fastest way from one place to another; None where there is none."""
        start, goal = self._snapped([source]), self._snapped([target])
        if start.street[0] < 0 or goal.street[0] < 0:
            return None
        return find_route(self.graph, self._search, (start, goal))

    def reach(self, source: LonLat, within_s: float) -> shapely.MultiPolygon:
        """All that can be reached from a place within a time, as an area around the streets."""
        start = self._snapped([source])
        if start.street[0] < 0:
            return shapely.MultiPolygon()
        return reach_polygon(self.graph, self._search, stops(self.graph, start), within_s)

    def match(
        self,
        lonlats: NDArray[np.float64],
        times_s: NDArray[np.float64],
        sigma_m: NDArray[np.float64],
    ) -> Match:
        """The streets driven along past n fixes of one drive; see `Matcher.match`."""
        return self._matcher.match(lonlats, times_s, sigma_m)

    def prepare(self) -> None:
        """Make the machine code of matching, so that nobody waits for it: a match past a turn."""
        graph = self.graph
        if graph.n_arcs:
            tail = int(np.searchsorted(graph.arc_start, 0, side="right")) - 1
            streets = (graph.vertex_directed[[tail, graph.arc_head[0]]] >> 1).tolist()
            middles = np.array([graph.shape_of(street).mean(axis=0) for street in streets])
            self.match(middles, np.array([0.0, 60.0]), np.array([20.0, 20.0]))

    def street_name(self, street: int) -> str:
        """The street's name or number as signed; empty when it has none."""
        return self.graph.name_of(street)

    def _snapped(self, places: Sequence[LonLat]) -> Snaps:
        return self.snap(np.array(places, dtype=np.float64).reshape(-1, 2))

    @cached_property
    def _snapper(self) -> Snapper:
        return Snapper(self.graph)

    @cached_property
    def _matcher(self) -> Matcher:
        # numba takes a second to import, and only this needs it
        from geo_dispatch.roads.matching import Matcher  # noqa: PLC0415

        return Matcher(self.graph, self._snapper)

    @cached_property
    def _search(self) -> Search:
        return Search(self.graph)


def _seconds(times_ms: NDArray[np.int32]) -> list[float | None]:
    return [None if ms >= UNREACHABLE_MS else ms / 1000 for ms in times_ms.tolist()]
