"""From labels to drive times: the least sum over the ancestors that two points share.

Points stand in the order of their lowest vertices, so that the targets below any one ancestor of
a source are a range of them. Kernels.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.kernel.units import UNREACHABLE_MS
from geo_dispatch.roads.compiled import compiled
from geo_dispatch.roads.hierarchy.labels import Pool

_Ints = NDArray[np.int32]

_BLOCK: Final = 256
"""Targets at a time: their labels stay in the processor's cache while a group of sources passes."""

_GROUP: Final = 64
"""Sources at a time: their rows stay there until they are put in the order asked for."""


_NOWHERE: Final = 2 * UNREACHABLE_MS - 1
"""Less what may be taken off at a target it is still no way; and twice it fits into int32."""


class Ranges(NamedTuple):
    """Which targets lie below the ancestors of s sources.

    Attributes
    ----------
    low, high
        (s, d) first and behind the last, by the ancestor's depth.
    deepest
        (s,) depth of the lowest ancestor that has any; -1 for none.
    """

    low: _Ints
    high: _Ints
    deepest: _Ints


@compiled
def rows(pool: Pool, depth: _Ints, vertex: _Ints, offset_ms: _Ints, deep: int) -> _Ints:
    """(n, deep) ms between points and their ancestors, by depth; `_NOWHERE` without a way.

    Parameters
    ----------
    vertex, offset_ms
        (n, k) vertices of each point, -1 for none, and what to add to their labels.
    """
    out = np.full((len(vertex), deep), _NOWHERE, np.int32)
    for i in range(len(vertex)):
        for k in range(vertex.shape[1]):
            v, add = vertex[i, k], offset_ms[i, k]
            if v < 0:
                continue
            known = pool.ms[pool.start[v] : pool.start[v] + depth[v] + 1]
            row = out[i, : len(known)]
            for at in range(len(known)):
                if known[at] < UNREACHABLE_MS:
                    row[at] = min(row[at], np.int32(known[at] + add))
    return out


@compiled
def columns(pool: Pool, depth: _Ints, vertex: _Ints, offset_ms: _Ints, deep: int) -> _Ints:
    """(deep, n): `rows` turned round, some at a time."""
    n, some = len(vertex), 64
    out = np.empty((deep, n), np.int32)
    for first in range(0, n, some):
        last = min(n, first + some)
        part = rows(pool, depth, vertex[first:last], offset_ms[first:last], deep)
        for k in range(deep):
            line = out[k, first:last]
            for i in range(last - first):
                line[i] = part[i, k]
    return out


@compiled
def ranges(tree: tuple[_Ints, _Ints, _Ints], sources: _Ints, targets: _Ints, deep: int) -> Ranges:
    """Targets by the ancestors of sources; both given by their lowest vertices, ascending.

    Parameters
    ----------
    tree
        Parent, depth and first of `Topology`.
    """
    parent, depth, first = tree
    s, t = len(sources), len(targets)
    low, high = np.zeros((s, deep), np.int32), np.zeros((s, deep), np.int32)
    deepest = np.full(s, -1, np.int32)
    for i in range(s):
        v = sources[i]
        begin = np.searchsorted(targets, first[v])
        end = begin
        while v >= 0:
            while begin > 0 and targets[begin - 1] >= first[v]:
                begin -= 1
            while end < t and targets[end] <= v:
                end += 1
            low[i, depth[v]], high[i, depth[v]] = begin, end
            if end > begin and deepest[i] < 0:
                deepest[i] = depth[v]
            if end - begin == t:
                high[i, : depth[v]] = t
                break
            v = parent[v]
    return Ranges(low, high, deepest)


@compiled
def min_plus(
    up: _Ints,
    down: _Ints,
    ranged: Ranges,
    places: tuple[NDArray[np.intp], NDArray[np.intp]],
    out: _Ints,
) -> None:
    """Write the least sums into (s, t) cells of ``out``, `UNREACHABLE_MS` where there is none.

    Parameters
    ----------
    up, down
        (s, d) and (d, t) from `rows` and `columns`.
    places
        Rows of the sources and columns of the targets in ``out``.
    """
    s, t = len(up), down.shape[1]
    at_row, at_column = places
    best = np.empty((min(s, _GROUP), t), np.int32)
    for begin in range(0, s, _GROUP):
        end = min(s, begin + _GROUP)
        best[:] = UNREACHABLE_MS
        for first in range(0, t, _BLOCK):
            last = min(t, first + _BLOCK)
            for i in range(begin, end):
                _least(up[i], down, ranged, i, (first, last, best[i - begin]))
        for i in range(begin, end):
            row, least = out[at_row[i]], best[i - begin]
            for j in range(t):
                row[at_column[j]] = least[j]


@compiled
def _least(up: _Ints, down: _Ints, ranged: Ranges, i: int, block: tuple[int, int, _Ints]) -> None:
    """One source against a block of targets: from which, to before which, and their best times."""
    first, last, best = block
    deepest = ranged.deepest[i]
    k = 0  # four ancestors at once where the same targets lie below them
    while k <= deepest:
        low = max(int(ranged.low[i, k]), first)
        high = min(int(ranged.high[i, k]), last)
        if low >= high:
            break
        some = best[low:high]
        if (
            k + 3 <= deepest
            and max(int(ranged.low[i, k + 3]), first) == low
            and min(int(ranged.high[i, k + 3]), last) == high
        ):
            a, b, c, d = up[k], up[k + 1], up[k + 2], up[k + 3]
            if min(min(a, b), min(c, d)) < UNREACHABLE_MS:  # noqa: PLW3301 - faster nested
                p, q = down[k, low:high], down[k + 1, low:high]
                r, u = down[k + 2, low:high], down[k + 3, low:high]
                for j in range(len(some)):
                    one = min(np.int32(a + p[j]), np.int32(b + q[j]))
                    other = min(np.int32(c + r[j]), np.int32(d + u[j]))
                    some[j] = min(some[j], min(one, other))  # noqa: PLW3301
            k += 4
        else:
            a = up[k]
            if a < UNREACHABLE_MS:
                p = down[k, low:high]
                for j in range(len(some)):
                    some[j] = min(some[j], np.int32(a + p[j]))
            k += 1
