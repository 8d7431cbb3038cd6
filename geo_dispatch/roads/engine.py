"""The road engine: snapping, drive-time matrices, routes and reach over one compiled graph.

Drive times are between places *on streets*; the way from a street to a door is not in them. The
engine holds no state but its indexes, and may be shared by threads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_dispatch.kernel.errors import Fault
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.progress import Progress, silent
from geo_dispatch.kernel.units import UNREACHABLE_MS
from geo_dispatch.roads.graph import FORBIDDEN_MS, RoadGraph
from geo_dispatch.roads.misplaced import names_of, off_road, refuse_misplaced
from geo_dispatch.roads.reach import reach_polygon
from geo_dispatch.roads.routes import Route, Step, follow, length_m
from geo_dispatch.roads.snapping import Snapper, Snaps

if TYPE_CHECKING:
    from geo_dispatch.roads.hierarchy.customisation import Metric
    from geo_dispatch.roads.hierarchy.planner import Planner
    from geo_dispatch.roads.hierarchy.topology import Topology
    from geo_dispatch.roads.matching import Match, Matcher

__all__ = ["RoadEngine", "Route", "Snaps", "Step"]

SNAP_M = 1000.0
"""How far a place may be from the nearest street, unless told otherwise."""

_ENDS: Final = ("source", "target")

_SLOWEST_M_PER_MS: Final = 0.001


class RoadEngine:
    """Answers drive-time questions over one graph.

    Parameters
    ----------
    topology
        The hierarchy of this graph, or of one that differs in its drive times alone; made at the
        first question when there is none.
    metric
        The weights of the graph on that topology; made at the first question likewise.
    threads
        How many work on one matrix.
    """

    def __init__(
        self,
        graph: RoadGraph,
        topology: Topology | None = None,
        metric: Metric | None = None,
        *,
        threads: int = 1,
    ) -> None:
        self.graph = graph
        self.bounds = graph.bounds
        self._given_topology = topology
        self._given_metric = metric
        self._threads = threads

    @cached_property
    def fastest_mps(self) -> float:
        """No street is driven faster, so that snapped distance / this bounds drive times below.

        Where all is slower than a metre a second, or closed, it is that.
        """
        drive_ms = self.graph.drive_ms.reshape(-1, 2).min(axis=1)
        driven = drive_ms < FORBIDDEN_MS
        m_per_ms = self.graph.street_m[driven] / drive_ms[driven]
        return float(m_per_ms.max(initial=_SLOWEST_M_PER_MS) * 1000)

    def snap(
        self,
        lonlats: NDArray[np.float64],
        max_distance_m: float = SNAP_M,
        *,
        name: str | Sequence[str] | None = "lonlats",
    ) -> Snaps:
        """Places of (n, 2) points on the nearest street that trips can use both ways or one.

        A point too far from any street is on none, which is an answer; `off_road` says how far.

        Parameters
        ----------
        name
            What the points are called in errors, all together or each. None for those that came
            in long ago or from a phone, such as positions: what is wrong with one must not keep
            others from an answer, and it is on no street.

        Raises
        ------
        InvalidPosition
            Some are not finite, off the earth, or have longitude and latitude swapped.
        """
        points = np.asarray(lonlats, dtype=np.float64).reshape(-1, 2)
        if name is not None:
            refuse_misplaced(points, self.bounds, name)
        return self._snapper.snap(points, max_distance_m)

    def off_road(
        self,
        lonlats: NDArray[np.float64],
        snaps: Snaps,
        max_distance_m: float = SNAP_M,
        *,
        name: str | Sequence[str] = "lonlats",
    ) -> list[Fault]:
        """Of (n, 2) points those whose snaps are on no street, with what keeps them from one."""
        names = names_of(name, len(snaps)) if isinstance(name, str) else name
        return off_road(self._snapper, lonlats, snaps, max_distance_m, names)

    def matrix(self, sources: Snaps, targets: Snaps) -> NDArray[np.int32]:
        """(n, m) int32 drive times in milliseconds; `UNREACHABLE_MS` where there is no way.

        What it takes besides the matrix is bounded, whatever its size. Of no sources or no
        targets it is empty.
        """
        points = self._planner.points
        return self._planner.matrix(points(sources), points(targets))

    def matrix_rows(
        self, sources: Snaps, targets: Snaps, most_cells: int = 4_000_000
    ) -> Iterator[tuple[slice, NDArray[np.int32]]]:
        """The matrix some rows at a time, for when the whole of it doesn't fit.

        Parameters
        ----------
        most_cells
            Of one part, unless one row has more.

        Yields
        ------
        tuple
            Which rows, and their (rows, m) drive times as in `matrix`.
        """
        step = max(1, most_cells // max(1, len(targets)))
        for first in range(0, len(sources), step):
            rows = slice(first, min(first + step, len(sources)))
            yield rows, self.matrix(sources.take(np.arange(rows.start, rows.stop)), targets)

    def nearest(
        self, source: Snaps, targets: Snaps, k: int
    ) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
        """The k of many targets that are reached first from one place, and their milliseconds.

        Fewer where fewer can be reached; of equals the first.
        """
        times = self.matrix(source, targets)[0]
        first = np.argsort(times, kind="stable")[:k]
        first = first[times[first] < UNREACHABLE_MS]
        return first, times[first]

    def distances_m(self, sources: Snaps, targets: Snaps) -> NDArray[np.float64]:
        """(n, m) lengths of the fastest ways in metres; inf where there is none.

        Each way is unpacked, so this takes a hundred times as long as their times.
        """
        starts, goals = self._planner.points(sources), self._planner.points(targets)
        out = np.full((len(starts), len(goals)), np.inf)
        for i, j in np.ndindex(out.shape):
            _, way = self._planner.way(starts.take(np.array([i])), goals.take(np.array([j])))
            if len(way):
                ends = float(sources.along[i]), float(targets.along[j])
                out[i, j] = length_m(self.graph, way.tolist(), *ends)
        return out

    def drive_times(self, source: LonLat, targets: Sequence[LonLat]) -> list[float | None]:
        """Seconds from one place to each of many; None where there is no way."""
        return _seconds(
            self.matrix(self._snapped([source], ["source"]), self._snapped(targets, "targets"))[0]
        )

    def drive_times_to(self, sources: Sequence[LonLat], target: LonLat) -> list[float | None]:
        """Seconds from each of many places to one; None where there is no way."""
        return _seconds(
            self.matrix(self._snapped(sources, "sources"), self._snapped([target], ["target"]))[
                :, 0
            ]
        )

    def route(self, source: LonLat, target: LonLat) -> Route | None:
        """The fastest way from one place to another; None where there is none.

        `why_no_way` says why.
        """
        ends = self._snapped([source, target], _ENDS)
        way = self._way(ends)
        if not len(way):
            return None
        return follow(self.graph, way.tolist(), float(ends.along[0]), float(ends.along[1]))

    def why_no_way(self, source: LonLat, target: LonLat, names: Sequence[str] = _ENDS) -> str:
        """Why there is no way from one place to another, when there is none.

        Parameters
        ----------
        names
            What the two are called.
        """
        places = np.array([source, target])
        ends = self.snap(places, name=None)
        off = self.off_road(places, ends, name=names)
        if off:
            return "; ".join(f"{fault.where} {fault.message}" for fault in off)
        # scipy takes long to import, and only this needs it
        from geo_dispatch.roads.no_way import why_no_way  # noqa: PLC0415

        return why_no_way(self.graph, int(ends.street[0]), int(ends.street[1]))

    def streets_between(self, source: LonLat, target: LonLat) -> NDArray[np.int64]:
        """(k,) the streets of the fastest way in driving order; empty where there is none."""
        return (
            np.asarray(self._way(self.snap(np.array([source, target]), name=None)), np.int64) >> 1
        )

    def with_weights(self, graph: RoadGraph, metric: Metric | None = None) -> RoadEngine:
        """An engine on the same streets with other drive times; what stays is shared.

        Parameters
        ----------
        graph
            This one's, but for its drive times and where one may snap to.
        metric
            Its weights on the hierarchy; made at the first question when there are none.
        """
        other = RoadEngine(graph, self.topology, metric, threads=self._threads)
        if graph.snappable is self.graph.snappable:
            other._snapper = self._snapper
        return other

    def reach(self, source: LonLat, within_s: float) -> shapely.MultiPolygon:
        """All that can be reached from a place within a time, as an area around the streets."""
        start = self._snapped([source], ["source"])
        if start.street[0] < 0:
            return shapely.MultiPolygon()
        return reach_polygon(self.graph, self._planner, start, within_s)

    def match(
        self,
        lonlats: NDArray[np.float64],
        times_s: NDArray[np.float64],
        sigma_m: NDArray[np.float64],
    ) -> Match:
        """The streets driven along past n fixes of one drive; see `Matcher.match`."""
        return self._matcher.match(lonlats, times_s, sigma_m)

    def prepare(self, progress: Progress = silent) -> None:
        """Make or load the machine code of all questions, so that nobody waits for it."""
        from geo_dispatch.roads.preparing import prepare  # noqa: PLC0415 - as above

        prepare(self, progress)

    def street_name(self, street: int) -> str:
        """The street's name or number as signed; empty when it has none."""
        return self.graph.name_of(street)

    def _snapped(self, places: Sequence[LonLat], name: str | Sequence[str]) -> Snaps:
        return self.snap(np.array(places, dtype=np.float64).reshape(-1, 2), name=name)

    def _way(self, ends: Snaps) -> NDArray[np.int32]:
        """Directed streets from the first of two places to the second; none without a way."""
        if (ends.street < 0).any():
            return np.empty(0, np.int32)
        points = self._planner.points(ends)
        return self._planner.way(points.take(slice(0, 1)), points.take(slice(1, 2)))[1]

    @cached_property
    def _snapper(self) -> Snapper:
        return Snapper(self.graph)

    @cached_property
    def _matcher(self) -> Matcher:
        # numba takes a second to import, and only this needs it
        from geo_dispatch.roads.matching import Matcher  # noqa: PLC0415

        return Matcher(self.graph, self._snapper)

    @cached_property
    def topology(self) -> Topology:
        """The hierarchy, for other weights of the same streets."""
        if self._given_topology is not None:
            return self._given_topology
        from geo_dispatch.roads.hierarchy.topology import build_topology  # noqa: PLC0415 - as above

        return build_topology(self.graph)

    @cached_property
    def metric(self) -> Metric:
        """The weights of the graph on its hierarchy."""
        if self._given_metric is not None:
            return self._given_metric
        from geo_dispatch.roads.hierarchy.customisation import (  # noqa: PLC0415 - as above
            arc_weights,
            customised,
        )

        return customised(self.topology, arc_weights(self.graph))

    @cached_property
    def _planner(self) -> Planner:
        from geo_dispatch.roads.hierarchy.planner import Planner  # noqa: PLC0415 - as above

        return Planner(self.graph, self.topology, self.metric, threads=self._threads)


def _seconds(times_ms: NDArray[np.int32]) -> list[float | None]:
    return [None if ms >= UNREACHABLE_MS else ms / 1000 for ms in times_ms.tolist()]
