"""Customisation: the weights of all shortcuts, from those of the graph's arcs.

An arc between two vertices is as short as the way down from one to any lower vertex that both are
joined to and up again to the other. Vertices are worked off upwards, so that the lower arcs of
each triangle are known. `Metric` keeps the arcs that lead somewhere, and over which lower vertex.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.kernel.units import UNREACHABLE_MS
from geo_dispatch.roads.compiled import compiled
from geo_dispatch.roads.graph import RoadGraph
from geo_dispatch.roads.hierarchy.topology import Topology
from geo_dispatch.roads.readonly import read_only

_Ints = NDArray[np.int32]
_Longs = NDArray[np.int64]


class Side(NamedTuple):
    """Arcs in one direction by their lower ends, those of each by their upper ends ascending.

    Attributes
    ----------
    start
        (n + 1,) int32 where each vertex' arcs begin.
    head, ms, via
        (k,) int32: the upper end; milliseconds; the lower vertex that a shortcut passes over,
        -1 for an arc of the graph.
    """

    start: _Ints
    head: _Ints
    ms: _Ints
    via: _Ints


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """Weights of a topology.

    A weight runs from the end of one vertex' street to the end of another's: the turn, and the
    drive.

    Attributes
    ----------
    weights
        (a,) int32 of the graph's arcs.
    up, down
        Arcs from the lower to the upper end, and from the upper to the lower.
    """

    weights: _Ints
    up: Side
    down: Side


def arc_weights(graph: RoadGraph) -> _Ints:
    """(a,) milliseconds from the end of each arc's tail to the end of its head."""
    entered = graph.vertex_directed[graph.arc_head]
    weights = graph.arc_ms.astype(np.int64) + graph.drive_ms[entered]
    return np.asarray(np.minimum(weights, UNREACHABLE_MS), np.int32)


def customised(topology: Topology, weights: _Ints) -> Metric:
    """The metric of (a,) weights, at least 1 and at most `UNREACHABLE_MS` each: that is closed."""
    ms = np.full((2, topology.n_arcs), UNREACHABLE_MS, np.int32)
    via = np.full((2, topology.n_arcs), -1, np.int32)
    weights = read_only(weights)
    _lower(ms.reshape(-1), topology.slot, weights)
    _close_triangles(
        (topology.up_start, topology.up_head),
        (topology.low_start, topology.low_tail, topology.low_arc),
        ms,
        via,
    )
    sides = [_led(topology.up_start, topology.up_head, ms[i], via[i]) for i in (0, 1)]
    up, down = (Side(*(read_only(array) for array in side)) for side in sides)
    return Metric(weights, up, down)


@compiled
def _lower(ms: _Ints, slot: _Ints, weights: _Ints) -> None:
    for arc in range(len(slot)):
        if slot[arc] >= 0:
            ms[slot[arc]] = min(ms[slot[arc]], weights[arc])


@compiled
def _close_triangles(
    up: tuple[_Longs, _Ints], low: tuple[_Longs, _Ints, _Ints], ms: _Ints, via: _Ints
) -> None:
    up_start, up_head = up
    low_start, low_tail, low_arc = low
    up_ms, down_ms, up_via, down_via = ms[0], ms[1], via[0], via[1]
    arc_to = np.zeros(len(up_start), np.int32)
    for x in range(len(up_start) - 1):
        for arc in range(up_start[x], up_start[x + 1]):
            arc_to[up_head[arc]] = arc
        for at in range(low_start[x], low_start[x + 1]):
            v, arc = low_tail[at], low_arc[at]
            to_v, from_v = down_ms[arc], up_ms[arc]
            if to_v >= UNREACHABLE_MS and from_v >= UNREACHABLE_MS:
                continue
            for other in range(arc + 1, up_start[v + 1]):
                across = arc_to[up_head[other]]
                onward = to_v + up_ms[other]
                if onward < up_ms[across]:
                    up_ms[across], up_via[across] = onward, v
                back = from_v + down_ms[other]
                if back < down_ms[across]:
                    down_ms[across], down_via[across] = back, v


@compiled
def _led(
    up_start: _Longs, up_head: _Ints, ms: _Ints, via: _Ints
) -> tuple[_Ints, _Ints, _Ints, _Ints]:
    """Only the arcs that lead somewhere."""
    n = len(up_start) - 1
    size = 0
    for weight in ms:
        size += weight < UNREACHABLE_MS
    start = np.zeros(n + 1, np.int32)
    head, kept, over = np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size, np.int32)
    size = 0
    for v in range(n):
        for arc in range(up_start[v], up_start[v + 1]):
            if ms[arc] < UNREACHABLE_MS:
                head[size], kept[size], over[size] = up_head[arc], ms[arc], via[arc]
                size += 1
        start[v + 1] = size
    return start, head, kept, over
