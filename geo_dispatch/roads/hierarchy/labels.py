"""Labels: how far each vertex is from all its ancestors, kept while the weights stand.

The label of a vertex has an entry for each ancestor, by depth from the root down to itself: the
least over its upward arcs of the arc and the upper end's label, which is a prefix of its own. A
vertex that many points share above them is labelled once; what was labelled stays for the next
question, in one block of memory, until that is full.
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


class Pool(NamedTuple):
    """Labels one after another; what a reader found once never changes.

    Attributes
    ----------
    start
        (n,) int64 where the label of a vertex begins; -1 for none.
    ms
        int32 milliseconds.
    """

    start: _Longs
    ms: _Ints


class Labels:
    """Labels in one direction; may be shared by threads."""

    def __init__(self, topology: Topology, side: Side, most_bytes: int = LABEL_BYTES) -> None:
        self._topology = topology
        self._side = side
        self._most = max(most_bytes // 4, int(topology.depth.max(initial=0) + 2) ** 2)
        self._lock = Lock()
        self._pool: Pool | None = None
        self._used = 0

    def missing(self, vertices: _Ints) -> int:
        """How many of the vertices have no label yet."""
        pool = self._pool
        return len(vertices) if pool is None else int((pool.start[vertices] < 0).sum())

    def of(self, vertices: _Ints) -> Pool | None:
        """A pool that has the labels of these vertices; None when they don't fit into one."""
        topology = self._topology
        with self._lock:
            if self._pool is None:
                self._pool = self._fresh()
            due, entries = unlabelled(topology.parent, topology.depth, self._pool.start, vertices)
            if self._used + entries > self._most:
                if self._used:
                    self._pool, self._used = self._fresh(), 0
                    due, entries = unlabelled(
                        topology.parent, topology.depth, self._pool.start, vertices
                    )
                if entries > self._most:
                    return None
            label(topology.depth, self._side, np.sort(due)[::-1].copy(), self._pool, self._used)
            self._used += entries
            return self._pool

    def _fresh(self) -> Pool:
        # the system hands out only what is written to
        return Pool(np.full(self._topology.n, -1, np.int64), np.empty(self._most, np.int32))


@compiled
def unlabelled(parent: _Ints, depth: _Ints, start: _Longs, vertices: _Ints) -> tuple[_Ints, int]:
    """The vertices and their ancestors that have no label, and how many entries those take."""
    found = np.empty(64, np.int32)
    size = entries = 0
    for vertex in vertices:
        v = vertex
        while v >= 0 and start[v] == -1:
            if size == len(found):
                larger = np.empty(2 * size, np.int32)
                larger[:size] = found
                found = larger
            found[size] = v
            size += 1
            entries += depth[v] + 1
            start[v] = -2
            v = parent[v]
    for v in found[:size]:
        start[v] = -1
    return found[:size], entries


@compiled
def label(depth: _Ints, side: Side, due: _Ints, pool: Pool, used: int) -> None:
    """Label vertices from the top down, and write that behind what is used of the pool."""
    ends = used
    for v in due:
        length = depth[v] + 1
        row = pool.ms[ends : ends + length]
        row[:] = UNREACHABLE_MS
        for arc in range(side.start[v], side.start[v + 1]):
            head, ms = side.head[arc], side.ms[arc]
            above = pool.ms[pool.start[head] : pool.start[head] + depth[head] + 1]
            prefix = row[: len(above)]
            for k in range(len(above)):
                prefix[k] = min(prefix[k], np.int32(above[k] + ms))
        row[depth[v]] = 0
        pool.start[v] = ends
        ends += length
