"""Symbolic contraction: the elimination tree of an order, and the arcs that it leaves.

Contracting a vertex joins all its higher neighbours to each other. What a vertex has above it in
the end is what it had, and what its children in the tree had but themselves. Kernels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.roads.compiled import compiled

_Ints = NDArray[np.int32]
_Longs = NDArray[np.int64]


@compiled
def elimination_tree(n: int, low: _Ints, high: _Ints) -> _Ints:
    """(n,) parents, -1 for roots, by Liu's algorithm with path compression.

    Parameters
    ----------
    low, high
        Joined vertices, the lower of each two first; doubles don't matter.
    """
    start, tails = _rows(n, high, low)
    parent, root = np.full(n, -1, np.int32), np.full(n, -1, np.int32)
    for v in range(n):
        for at in range(start[v], start[v + 1]):
            u = tails[at]
            while root[u] >= 0 and root[u] != v:
                above = root[u]
                root[u] = v
                u = above
            if root[u] < 0:
                root[u] = parent[u] = v
    return parent


@compiled
def postorder(parent: _Ints) -> _Ints:
    """(n,) new numbers, by which all that is below a vertex comes right before it."""
    n = len(parent)
    size = np.ones(n, np.int32)
    for v in range(n):
        if parent[v] >= 0:
            size[parent[v]] += size[v]
    number, free = np.empty(n, np.int32), np.empty(n, np.int32)
    end = n
    for v in range(n - 1, -1, -1):
        if parent[v] < 0:
            last = end
            end -= size[v]
        else:
            last = free[parent[v]]
            free[parent[v]] -= size[v]
        number[v] = last - 1
        free[v] = last - 1
    return number


@compiled
def depths(parent: _Ints) -> tuple[_Ints, _Ints]:
    """(n,) how far below the root, and (n,) the lowest number below; vertices in postorder."""
    n = len(parent)
    depth, first = np.zeros(n, np.int32), np.arange(n).astype(np.int32)
    for v in range(n):
        if parent[v] >= 0:
            first[parent[v]] = min(first[parent[v]], first[v])
    for v in range(n - 1, -1, -1):
        if parent[v] >= 0:
            depth[v] = depth[parent[v]] + 1
    return depth, first


@compiled
def contracted(n: int, low: _Ints, high: _Ints) -> tuple[_Longs, _Ints]:
    """(n + 1,) and (m,): what each vertex is joined to above it in the end, ascending."""
    start, heads = _rows(n, low, high)
    child, sibling = np.full(n, -1, np.int32), np.full(n, -1, np.int32)
    seen = np.full(n, -1, np.int32)
    up_start = np.zeros(n + 1, np.int64)
    up_head = np.empty(4 * len(low) + 1, np.int32)
    size = 0
    for v in range(n):
        need = start[v + 1] - start[v]
        below = child[v]
        while below >= 0:
            need += up_start[below + 1] - up_start[below]
            below = sibling[below]
        if size + need > len(up_head):
            larger = np.empty(2 * len(up_head) + need, np.int32)
            larger[:size] = up_head[:size]
            up_head = larger
        for at in range(start[v], start[v + 1]):
            head = heads[at]
            if seen[head] != v:
                seen[head] = v
                up_head[size] = head
                size += 1
        below = child[v]
        while below >= 0:
            for at in range(up_start[below], up_start[below + 1]):
                head = up_head[at]
                if head != v and seen[head] != v:
                    seen[head] = v
                    up_head[size] = head
                    size += 1
            below = sibling[below]
        row = up_head[up_start[v] : size]
        row.sort()
        up_start[v + 1] = size
        if len(row):
            sibling[v] = child[row[0]]
            child[row[0]] = v
    return up_start, up_head[:size].copy()


@compiled
def downward(up_start: _Longs, up_head: _Ints) -> tuple[_Longs, _Ints, _Ints]:
    """The arcs by their heads: (n + 1,), and (m,) tails ascending and numbers."""
    n, m = len(up_start) - 1, len(up_head)
    start = np.zeros(n + 1, np.int64)
    for head in up_head:
        start[head + 1] += 1
    start = np.cumsum(start)
    put = start.copy()
    tails, arcs = np.empty(m, np.int32), np.empty(m, np.int32)
    for v in range(n):
        for arc in range(up_start[v], up_start[v + 1]):
            head = up_head[arc]
            tails[put[head]], arcs[put[head]] = v, arc
            put[head] += 1
    return start, tails, arcs


@compiled
def arc_slots(up_start: _Longs, up_head: _Ints, tail: _Ints, head: _Ints) -> _Ints:
    """(a,) the arc's number if it leads up, m more if it leads down, -1 if it leads nowhere."""
    slots = np.empty(len(tail), np.int32)
    for at in range(len(tail)):
        low, high = min(tail[at], head[at]), max(tail[at], head[at])
        if low == high or low < 0:
            slots[at] = -1
            continue
        row = up_head[up_start[low] : up_start[low + 1]]
        slot = up_start[low] + np.searchsorted(row, high)
        slots[at] = slot if tail[at] < head[at] else slot + len(up_head)
    return slots


@compiled
def _rows(n: int, key: _Ints, value: _Ints) -> tuple[_Longs, _Ints]:
    """Values row by row of their keys: (n + 1,) and as many values."""
    start = np.zeros(n + 1, np.int64)
    for k in key:
        start[k + 1] += 1
    start = np.cumsum(start)
    put = start.copy()
    values = np.empty(len(key), np.int32)
    for at in range(len(key)):
        values[put[key[at]]] = value[at]
        put[key[at]] += 1
    return start, values
