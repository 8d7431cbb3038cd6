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
    floor = _floors(down)
    best = np.empty((min(s, _GROUP), t), np.int32)
    for begin in range(0, s, _GROUP):
        end = min(s, begin + _GROUP)
        best[:] = UNREACHABLE_MS
        for first in range(0, t, _BLOCK):
            block = _Block(first, min(t, first + _BLOCK), floor[first // _BLOCK])
            for i in range(begin, end):
                reach = _Reach(ranged.low[i], ranged.high[i], ranged.deepest[i])
                _least(up[i], down, reach, block, best[i - begin])
        for i in range(begin, end):
            row, least = out[at_row[i]], best[i - begin]
            for j in range(t):
                row[at_column[j]] = least[j]


class _Reach(NamedTuple):
    """`Ranges` of one source."""

    low: _Ints
    high: _Ints
    deepest: int


class _Block(NamedTuple):
    """Some targets: from which, to before which, and the least from each depth to any of them."""

    first: int
    last: int
    floor: _Ints


@compiled
def _floors(down: _Ints) -> _Ints:
    """(blocks, d) the least of each block's columns, by depth."""
    d, t = down.shape
    out = np.empty((-(-t // _BLOCK), d), np.int32)
    for k in range(d):
        for first in range(0, t, _BLOCK):
            least = UNREACHABLE_MS
            for ms in down[k, first : min(t, first + _BLOCK)]:
                least = min(least, ms)
            out[first // _BLOCK, k] = least
    return out


@compiled
def _likeliest(up: _Ints, reach: _Reach, block: _Block) -> int:
    """The depth of the ancestor, above all of the block, that may be nearest to some of it."""
    found, bound = -1, 2 * UNREACHABLE_MS
    for k in range(reach.deepest + 1):
        if reach.low[k] > block.first or reach.high[k] < block.last:
            break
        if up[k] + block.floor[k] < bound:
            found, bound = k, up[k] + block.floor[k]
    return found


@compiled
def _least(up: _Ints, down: _Ints, reach: _Reach, block: _Block, best: _Ints) -> None:
    """One source against a block of targets.

    The ancestor that may be the nearest comes first; after that, those that can't better any
    target are left out, which is many of them when the targets are far away.
    """
    first, last, floor = block
    likeliest = _likeliest(up, reach, block)
    worst = UNREACHABLE_MS
    if likeliest >= 0:
        worst = _add(up[likeliest], down[likeliest, first:last], best[first:last])
    low = high = pending = 0
    some = np.empty(4, np.int64)
    for k in range(reach.deepest + 1):
        if up[k] + floor[k] >= worst or k == likeliest:
            continue
        from_, to = max(int(reach.low[k]), first), min(int(reach.high[k]), last)
        if from_ >= to:
            break
        if pending > 0 and (from_ != low or to != high):
            for at in some[:pending]:
                _add(up[at], down[at, low:high], best[low:high])
            pending = 0
        low, high = from_, to
        some[pending] = k
        pending += 1
        if pending == len(some):
            _add_four(up, down, some, (low, high), best[low:high])
            pending = 0
    for at in some[:pending]:
        _add(up[at], down[at, low:high], best[low:high])


@compiled
def _add(ms: int, down: _Ints, best: _Ints) -> int:
    """Through one ancestor; the worst time after that."""
    worst, start = np.int32(0), np.int32(ms)
    for j in range(len(best)):
        best[j] = min(best[j], np.int32(start + down[j]))
        worst = max(worst, best[j])
    return int(worst)


@compiled
def _add_four(
    up: _Ints, down: _Ints, some: NDArray[np.int64], part: tuple[int, int], best: _Ints
) -> None:
    """Through four ancestors at once."""
    low, high = part
    a, b, c, d = up[some[0]], up[some[1]], up[some[2]], up[some[3]]
    p, q = down[some[0], low:high], down[some[1], low:high]
    r, s = down[some[2], low:high], down[some[3], low:high]
    for j in range(len(best)):
        one = min(np.int32(a + p[j]), np.int32(b + q[j]))
        other = min(np.int32(c + r[j]), np.int32(d + s[j]))
        best[j] = min(best[j], min(one, other))  # noqa: PLW3301 - faster nested
