"""Labels: how far each vertex is from all its ancestors, kept while the weights stand.

The label of a vertex has an entry for each ancestor, by depth from the root down to itself: the
least over its upward arcs of the arc and the upper end's label, which is a prefix of its own.
Vertices are labelled from the top down, in an order in which those above the one at hand are
always the path to its root, so one label of each depth is all that has to be at hand. Those of
the vertices asked for stay for the next question, in one block of memory, until that is full.
"""

from __future__ import annotations

from threading import Lock
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.kernel.units import UNREACHABLE_MS
from geo_dispatch.roads.compiled import compiled
from geo_dispatch.roads.hierarchy.customisation import Side
from geo_dispatch.roads.hierarchy.topology import Topology

_Ints = NDArray[np.int32]
_Longs = NDArray[np.int64]

LABEL_BYTES: Final = 64 << 20
"""Most memory that the labels of one direction take, unless a single point needs more."""

_LANES: Final = 32
"""Labels are worked off in multiples of so many entries, which leaves no rest to do one by one."""


class Pool(NamedTuple):
    """Labels one after another; what a reader found once never changes.

    Attributes
    ----------
    start
        (n,) int64 where the label of a vertex begins; 0 for none.
    ms
        int32 milliseconds, from entry 1 on.
    """

    start: _Longs
    ms: _Ints


class Labels:
    """Labels in one direction; may be shared by threads."""

    def __init__(self, topology: Topology, side: Side, most_bytes: int = LABEL_BYTES) -> None:
        self._topology = topology
        self._side = side
        self._most_bytes = most_bytes
        self._deep = int(topology.depth.max(initial=-1)) + 1
        self._lock = Lock()
        self._pool: Pool | None = None
        self._used = 1
        self._path_ms = np.empty((0, 0), np.int32)

    def missing(self, vertices: _Ints) -> int:
        """How many of (n, k) vertices, -1 for none, have no label yet."""
        there = vertices >= 0
        pool = self._pool
        if pool is not None:
            there &= pool.start[vertices] == 0
        return int(np.count_nonzero(there))

    def of(self, vertices: _Ints) -> Pool | None:
        """A pool that has the labels of (n, k) vertices; None when they don't fit into one."""
        with self._lock:
            if self._pool is None or not self._extended(self._pool, vertices):
                # the system hands out only what is written to
                most = max(self._most_bytes // 4, vertices.shape[1] * self._deep) + 1
                start = np.zeros(self._topology.n, np.int64)
                self._pool, self._used = Pool(start, np.empty(most, np.int32)), 1
                if not self._extended(self._pool, vertices):
                    return None
            return self._pool

    def _extended(self, pool: Pool, vertices: _Ints) -> bool:
        """Whether the pool has room for what it lacks of the vertices' labels; then it has them."""
        topology = self._topology
        asked, entries = unlabelled(topology.depth, pool.start, vertices)
        if self._used + entries > len(pool.ms):
            return False
        if len(asked):
            if not len(self._path_ms):
                wide = -(-self._deep // _LANES) * _LANES
                self._path_ms = np.full((self._deep, wide), UNREACHABLE_MS, np.int32)
            due = with_ancestors(topology.parent, asked), _from_the_top(asked)
            label((topology.depth, self._side), due, self._path_ms, pool, self._used)
            self._used += entries
        return True


def with_ancestors(parent: _Ints, vertices: _Ints) -> _Ints:
    """The vertices and all their ancestors, each once, from the top down."""
    return _from_the_top(_with_ancestors(parent, vertices))


def _from_the_top(vertices: _Ints) -> _Ints:
    return np.sort(vertices)[::-1].copy()


@compiled
def unlabelled(depth: _Ints, start: _Longs, vertices: _Ints) -> tuple[_Ints, int]:
    """Those of (n, k) vertices that have no label, and how many entries those take."""
    found = np.empty(vertices.size, np.int32)
    size = entries = 0
    for i in range(len(vertices)):
        for v in vertices[i]:
            if v >= 0 and start[v] == 0:
                start[v] = -1  # not twice
                found[size] = v
                size += 1
                entries += depth[v] + 1
    for v in found[:size]:
        start[v] = 0
    return found[:size], entries


@compiled
def _with_ancestors(parent: _Ints, vertices: _Ints) -> _Ints:
    seen = np.zeros(len(parent), np.bool_)
    found = np.empty(64, np.int32)
    size = 0
    for vertex in vertices:
        v = vertex
        while v >= 0 and not seen[v]:
            seen[v] = True
            if size == len(found):
                larger = np.empty(2 * size, np.int32)
                larger[:size] = found
                found = larger
            found[size] = v
            size += 1
            v = parent[v]
    return found[:size]


@compiled
def label(
    arcs: tuple[_Ints, Side], vertices: tuple[_Ints, _Ints], path_ms: _Ints, pool: Pool, used: int
) -> None:
    """Write the labels of vertices behind what is used of the pool.

    Parameters
    ----------
    arcs
        Depths of all vertices, and the arcs up.
    vertices
        All that have to be labelled, with all their ancestors, and those whose labels stay; both
        from the top down.
    path_ms
        (d, w) scratch: the label of the vertex at each depth of the path to the root, and
        `UNREACHABLE_MS` behind it.
    """
    (depth, side), (due, asked) = arcs, vertices
    ends, kept = used, 0
    for v in due:
        length = depth[v] + 1
        row = path_ms[depth[v]]
        row[: _whole_lanes(length)] = UNREACHABLE_MS
        for arc in range(side.start[v], side.start[v + 1]):
            head, ms = depth[side.head[arc]], side.ms[arc]
            above = path_ms[head, : _whole_lanes(head + 1)]
            prefix = row[: len(above)]
            for k in range(len(above)):
                prefix[k] = min(prefix[k], np.int32(above[k] + ms))
        row[depth[v]] = 0
        if kept < len(asked) and asked[kept] == v:
            pool.ms[ends : ends + length] = row[:length]
            pool.start[v] = ends
            ends += length
            kept += 1


@compiled
def _whole_lanes(length: int) -> int:
    return (length + _LANES - 1) // _LANES * _LANES
