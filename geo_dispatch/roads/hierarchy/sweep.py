"""From one point to many: PHAST (Delling and others, 2011) and its restriction to the targets.

The way up from the point, then one sweep over vertices from the top down, each by its upper arcs.
With the two directions exchanged it runs from many points to one. Kernels.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.kernel.units import UNREACHABLE_MS
from geo_dispatch.roads.compiled import compiled
from geo_dispatch.roads.hierarchy.customisation import Side

_Ints = NDArray[np.int32]


class Spots(NamedTuple):
    """Points by their (n, k) vertices, -1 for none, and what to add there; see `points.Points`."""

    vertex: _Ints
    offset_ms: _Ints
    lowest: _Ints


class Swept(NamedTuple):
    """The elimination tree's parents, and the vertices to sweep over, ancestors of each first."""

    parent: _Ints
    order: _Ints


@compiled
def _climb(parent: _Ints, side: Side, points: Spots, i: int, ms: _Ints) -> None:
    """Write a point's times to its ancestors, and `UNREACHABLE_MS` where no way leads."""
    v = points.lowest[i]
    while v >= 0:
        ms[v] = UNREACHABLE_MS
        v = parent[v]
    for k in range(points.vertex.shape[1]):
        v = points.vertex[i, k]
        if v >= 0:
            ms[v] = min(ms[v], points.offset_ms[i, k])
    v = points.lowest[i]
    while v >= 0:
        if ms[v] < UNREACHABLE_MS:
            for arc in range(side.start[v], side.start[v + 1]):
                head = side.head[arc]
                ms[head] = min(ms[head], ms[v] + side.ms[arc])
        v = parent[v]


@compiled
def sweep(tree: Swept, sides: tuple[Side, Side], points: Spots, i: int, ms: _Ints) -> None:
    """Write the times from one point to all vertices of ``tree.order``.

    Parameters
    ----------
    sides
        Up and down; the other way round for times *to* the point.
    """
    up, down = sides
    for v in tree.order:
        ms[v] = UNREACHABLE_MS
    _climb(tree.parent, up, points, i, ms)
    for v in tree.order:
        best = ms[v]
        for arc in range(down.start[v], down.start[v + 1]):
            best = min(best, ms[down.head[arc]] + down.ms[arc])
        ms[v] = best


@compiled
def swept(tree: Swept, sides: tuple[Side, Side], few: Spots, many: Spots, out: _Ints) -> None:
    """Write the (n, m) times from few points to many, all on streets that the sweep passes."""
    ms = np.empty(len(tree.parent), np.int32)
    for i in range(len(few.lowest)):
        sweep(tree, sides, few, i, ms)
        for j in range(len(many.lowest)):
            best = UNREACHABLE_MS
            for k in range(many.vertex.shape[1]):
                v = many.vertex[j, k]
                if v >= 0 and ms[v] < UNREACHABLE_MS:
                    best = min(best, ms[v] + many.offset_ms[j, k])
            out[i, j] = best
