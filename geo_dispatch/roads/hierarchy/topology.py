"""The hierarchy's arcs: which shortcuts any weights could need, found once for a graph.

Vertices are numbered by their place in the order of contraction, so that each one's *parent* in
the elimination tree, the lowest vertex that its upward arcs lead to, has a higher number, and all
that lies below a vertex is one range of numbers that ends with it. Every way that is fastest goes
up from its source along ancestors and down to its target along ancestors of that.

The vertices of one street follow each other in the order and are joined, so that all of them are
ancestors of the lowest: a place on a street is one path to the root, whichever way one drives off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.roads.graph import FORBIDDEN_MS, RoadGraph
from geo_dispatch.roads.hierarchy.contraction import (
    arc_slots,
    contracted,
    depths,
    downward,
    elimination_tree,
    postorder,
)
from geo_dispatch.roads.hierarchy.order import street_ranks
from geo_dispatch.roads.readonly import read_only

_Ints = NDArray[np.int32]
_Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Topology:
    """What holds whatever the weights; n vertices, m arcs, for a graph of v vertices and a arcs.

    Attributes
    ----------
    place
        (v,) the vertex' number here; -1 for one that is never driven.
    vertex
        (n,) the vertex of the graph.
    parent, depth, first
        (n,) parent in the elimination tree, -1 for a root; how far below the root; the lowest
        number below the vertex.
    up_start, up_head
        (n + 1,), (m,): the arcs up from each vertex, by head ascending. Each stands for both
        directions, up and down.
    low_start, low_tail, low_arc
        (n + 1,), (m,), (m,): the same arcs by their heads, by tail ascending, and their numbers.
    slot
        (a,) which of 2m weights an arc of the graph goes into: the arc's number if it leads up,
        m more if it leads down; -1 for one back to its own beginning, or from or to a vertex that
        is never driven.
    """

    place: _Ints
    vertex: _Ints
    parent: _Ints
    depth: _Ints
    first: _Ints
    up_start: _Longs
    up_head: _Ints
    low_start: _Longs
    low_tail: _Ints
    low_arc: _Ints
    slot: _Ints

    @property
    def n(self) -> int:
        """Vertices."""
        return len(self.vertex)

    @property
    def n_arcs(self) -> int:
        """Arcs, each in both directions."""
        return len(self.up_head)


TOPOLOGY_ARRAYS: Final[dict[str, str]] = {
    "place": "int32",
    "vertex": "int32",
    "parent": "int32",
    "depth": "int32",
    "first": "int32",
    "up_start": "int64",
    "up_head": "int32",
    "low_start": "int64",
    "low_tail": "int32",
    "low_arc": "int32",
    "slot": "int32",
}
"""Every array of a topology with its dtype."""


def build_topology(graph: RoadGraph) -> Topology:
    """The hierarchy of a graph: order, elimination tree, shortcuts."""
    driven = np.flatnonzero(graph.drive_ms[graph.vertex_directed] < FORBIDDEN_MS)
    street = graph.vertex_directed[driven] >> 1
    rank = street_ranks(graph.street_from, graph.street_to, graph.node_lonlats)[street]
    n = len(driven)
    by_rank = np.lexsort((driven, rank))
    vertex = driven[by_rank].astype(np.int32)
    place = np.full(graph.n_vertices, -1, np.int32)
    place[vertex] = np.arange(n, dtype=np.int32)
    tail = np.repeat(np.arange(graph.n_vertices), np.diff(graph.arc_start))
    same = np.flatnonzero(np.diff(rank[by_rank]) == 0).astype(np.int32)
    arcs = (place[tail] >= 0) & (place[graph.arc_head] >= 0)
    a = np.concatenate([place[tail[arcs]], same])
    b = np.concatenate([place[graph.arc_head[arcs]], same + 1])
    after = postorder(elimination_tree(n, *_pairs(a, b)))
    place[vertex] = after
    vertex[after] = vertex.copy()
    up_start, up_head = contracted(n, *_pairs(after[a], after[b]))
    parent = np.full(n, -1, np.int32)
    has_arcs = np.diff(up_start) > 0
    parent[has_arcs] = up_head[up_start[:-1][has_arcs]]
    depth, first = depths(parent)
    low_start, low_tail, low_arc = downward(up_start, up_head)
    return Topology(
        place=read_only(place),
        vertex=read_only(vertex),
        parent=read_only(parent),
        depth=read_only(depth),
        first=read_only(first),
        up_start=read_only(up_start),
        up_head=read_only(up_head),
        low_start=read_only(low_start),
        low_tail=read_only(low_tail),
        low_arc=read_only(low_arc),
        slot=read_only(arc_slots(up_start, up_head, place[tail], place[graph.arc_head])),
    )


def _pairs(a: _Ints, b: _Ints) -> tuple[_Ints, _Ints]:
    """Joined vertices, the lower of each two first; none to itself."""
    apart = a != b
    return np.minimum(a, b)[apart], np.maximum(a, b)[apart]
