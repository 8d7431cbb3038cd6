"""The compiled road graph: frozen parallel arrays, nothing computed on the way.

A *street* is a piece of one or more OSM ways between two junctions. Each of its two directions is a
*directed street*: ``2 * street`` runs along the ways as drawn, ``2 * street + 1`` against them.
Directed streets are the first *vertices* of the turn-expanded graph. Where a restriction leads over
a way, what may come next depends on where one came from: more vertices stand for the same directed
street, each for one way of having come into it. Who starts on a street starts at its own vertex;
who ends on one has arrived at any of its vertices.

A *turn arc* leads from one vertex into another; its cost is what the turn and the junction take,
the same for all vertices of a directed street. With n streets, d = 2n directed streets, v >= d
vertices, a arcs, p shape points, k names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.kernel.units import UNREACHABLE_MS

FORBIDDEN_MS: Final = UNREACHABLE_MS
"""Drive time of a direction that may not be driven."""


@dataclass(frozen=True, slots=True)
class GraphInfo:
    """Where a graph comes from.

    Attributes
    ----------
    area
        Name of the area: ``"liechtenstein"``.
    source, source_sha256
        File that it was built from, and the hash of its bytes.
    profile, country
        Speed profile, and the country whose default limits hold.
    recipe_sha256
        Hash of the recipe and profile as they were; another one asks for a rebuild.
    attribution
        Who must be named wherever the data is shown.
    highways
        OSM highway classes that `RoadGraph.street_highway` points into.
    """

    area: str
    source: str
    source_sha256: str
    profile: str
    country: str
    recipe_sha256: str
    attribution: str
    highways: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class RoadGraph:
    """Streets, turns and shapes of one area.

    Attributes
    ----------
    info
        Where the graph comes from.
    node_ids, node_lonlats
        (m,) int64 OSM ids of the junctions; (m, 2) float64.
    street_from, street_to
        (n,) int32 junctions; equal for a street that is a loop.
    way_start, ways, way_m
        (n + 1,) int64, (w,) int64, (w,) float64: the OSM ids of the ways that each street runs
        along, in order, and metres from its beginning to the beginning of each.
    street_name
        (n,) int32 index into the names; name 0 is empty.
    street_highway
        (n,) uint8 index into ``info.highways``.
    street_m
        (n,) float64 lengths in metres.
    snappable
        (n,) bool; False on streets of small parts that no trip can leave or enter.
    drive_ms
        (d,) int32 milliseconds from end to end; `FORBIDDEN_MS` where not allowed.
    vertex_directed
        (v,) int32 directed street of each vertex; its own index for the first d.
    arc_start, arc_head, arc_ms
        (v + 1,) int64, (a,) int32, (a,) int32: the turns out of vertex e are ``arc_start[e]`` to
        ``arc_start[e + 1]``; ``arc_ms`` is the turn alone.
    shape_start, shape_lonlats, shape_m
        (n + 1,) int64, (p, 2) float64, (p,) float64: the points of each street, and metres from
        its beginning.
    name_start, name_bytes
        (k + 1,) int64, (b,) uint8: UTF-8 street names.
    """

    info: GraphInfo
    node_ids: NDArray[np.int64]
    node_lonlats: NDArray[np.float64]
    street_from: NDArray[np.int32]
    street_to: NDArray[np.int32]
    way_start: NDArray[np.int64]
    ways: NDArray[np.int64]
    way_m: NDArray[np.float64]
    street_name: NDArray[np.int32]
    street_highway: NDArray[np.uint8]
    street_m: NDArray[np.float64]
    snappable: NDArray[np.bool_]
    drive_ms: NDArray[np.int32]
    vertex_directed: NDArray[np.int32]
    arc_start: NDArray[np.int64]
    arc_head: NDArray[np.int32]
    arc_ms: NDArray[np.int32]
    shape_start: NDArray[np.int64]
    shape_lonlats: NDArray[np.float64]
    shape_m: NDArray[np.float64]
    name_start: NDArray[np.int64]
    name_bytes: NDArray[np.uint8]

    @property
    def n_streets(self) -> int:
        """Streets, each counted once whatever its directions."""
        return len(self.street_m)

    @property
    def n_vertices(self) -> int:
        """Vertices of the turn-expanded graph: both directions of all streets, and the copies."""
        return len(self.vertex_directed)

    @property
    def n_arcs(self) -> int:
        """Turns that are allowed."""
        return len(self.arc_head)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north of all streets, degrees."""
        west, south = self.shape_lonlats.min(axis=0)
        east, north = self.shape_lonlats.max(axis=0)
        return float(west), float(south), float(east), float(north)

    def name_of(self, street: int) -> str:
        """The street's name or number as signed; empty when it has none."""
        return self.names_of(np.array([street]))[0]

    def names_of(self, streets: NDArray[np.int64]) -> list[str]:
        """The names of (k,) streets."""
        names = self.street_name[streets]
        starts, ends = self.name_start[names].tolist(), self.name_start[names + 1].tolist()
        return [
            self.name_bytes[start:end].tobytes().decode()
            for start, end in zip(starts, ends, strict=True)
        ]

    def ways_of(self, street: int) -> list[int]:
        """OSM ids of the ways that the street runs along."""
        ways: list[int] = self.ways[self.way_start[street] : self.way_start[street + 1]].tolist()
        return ways

    def highway_of(self, street: int) -> str:
        """The street's OSM highway class."""
        return self.info.highways[int(self.street_highway[street])]

    def shape_of(self, street: int) -> NDArray[np.float64]:
        """The street's points as drawn, (k, 2)."""
        return self.shape_lonlats[self.shape_start[street] : self.shape_start[street + 1]]


ARRAYS: Final[dict[str, str]] = {
    "node_ids": "int64",
    "node_lonlats": "float64",
    "street_from": "int32",
    "street_to": "int32",
    "way_start": "int64",
    "ways": "int64",
    "way_m": "float64",
    "street_name": "int32",
    "street_highway": "uint8",
    "street_m": "float64",
    "snappable": "bool",
    "drive_ms": "int32",
    "vertex_directed": "int32",
    "arc_start": "int64",
    "arc_head": "int32",
    "arc_ms": "int32",
    "shape_start": "int64",
    "shape_lonlats": "float64",
    "shape_m": "float64",
    "name_start": "int64",
    "name_bytes": "uint8",
}
"""Every array of a graph with its dtype, in the order in which files hold them."""


def graph_faults(graph: RoadGraph) -> list[str]:
    """What contradicts itself in a graph; empty for a sound one."""
    n, d, v, p = graph.n_streets, 2 * graph.n_streets, graph.n_vertices, len(graph.shape_m)
    names = len(graph.name_start) - 1
    checks = {
        "arrays of streets differ in length": all(
            len(array) == n
            for array in (
                graph.street_from,
                graph.street_to,
                graph.street_name,
                graph.street_highway,
                graph.snappable,
            )
        ),
        "way offsets do not fit the ways": _offsets_fit(graph.way_start, n, len(graph.ways))
        and len(graph.way_m) == len(graph.ways),
        "a street is of no way": bool((np.diff(graph.way_start) > 0).all()),
        "drive times are not two for each street": len(graph.drive_ms) == d,
        "a drive time is not positive": bool((graph.drive_ms > 0).all()),
        "a directed street is not its own vertex": bool(
            np.array_equal(graph.vertex_directed[:d], np.arange(d))
        ),
        "a vertex stands for no directed street": _within(graph.vertex_directed, d),
        "turn offsets do not fit the turns": _offsets_fit(graph.arc_start, v, graph.n_arcs),
        "a turn leads to no street": _within(graph.arc_head, v),
        "a turn takes less than no time": bool((graph.arc_ms >= 0).all()),
        "shape offsets do not fit the points": _offsets_fit(graph.shape_start, n, p),
        "a street has fewer than two points": bool((np.diff(graph.shape_start) > 1).all()),
        "a street ends at no junction": _within(graph.street_from, len(graph.node_ids))
        and _within(graph.street_to, len(graph.node_ids)),
        "a street's name is not among the names": _within(graph.street_name, names),
        "name offsets do not fit the names": _offsets_fit(
            graph.name_start, names, len(graph.name_bytes)
        ),
        "a highway class is not among the classes": _within(
            graph.street_highway, len(graph.info.highways)
        ),
        "a coordinate is not finite": bool(
            np.isfinite(graph.shape_lonlats).all() and np.isfinite(graph.node_lonlats).all()
        ),
    }
    faults = [fault for fault, holds in checks.items() if not holds]
    return faults or _turn_faults(graph)


def _turn_faults(graph: RoadGraph) -> list[str]:
    """Turns from or into forbidden directions, or between streets that do not meet."""
    tail = graph.vertex_directed.repeat(np.diff(graph.arc_start))
    head = graph.vertex_directed[graph.arc_head]
    ends = np.stack([graph.street_to, graph.street_from], axis=1).ravel()
    begins = np.stack([graph.street_from, graph.street_to], axis=1).ravel()
    allowed = graph.drive_ms < FORBIDDEN_MS
    faults = []
    if not (allowed[tail].all() and allowed[head].all()):
        faults.append("a turn uses a direction that may not be driven")
    if not (ends[tail] == begins[head]).all():
        faults.append("a turn joins streets that do not meet")
    return faults


def _offsets_fit(start: NDArray[np.int64], rows: int, total: int) -> bool:
    return bool(
        len(start) == rows + 1
        and start[0] == 0
        and start[-1] == total
        and (np.diff(start) >= 0).all()
    )


def _within(index: NDArray[np.int32] | NDArray[np.uint8], size: int) -> bool:
    return bool(((index >= 0) & (index < size)).all())
