"""Ways between two points: the searches up the elimination tree, and shortcuts unpacked. Kernels.

All vertices that a search reaches lie on one path to the root, so it keeps them by their depth.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.kernel.units import UNREACHABLE_MS
from geo_dispatch.roads.compiled import compiled
from geo_dispatch.roads.hierarchy.customisation import Side

_Ints = NDArray[np.int32]

_ROOM: Final = 256


class Tree(NamedTuple):
    """Parent and depth of `Topology`."""

    parent: _Ints
    depth: _Ints


class _Climb(NamedTuple):
    """The way up from a point, by depth: which vertex, its time, and the one before; -1: none."""

    vertex: _Ints
    ms: _Ints
    came: _Ints


@compiled
def fastest(
    tree: Tree, sides: tuple[Side, Side], source: tuple[_Ints, _Ints], target: tuple[_Ints, _Ints]
) -> tuple[int, _Ints]:
    """Milliseconds of the fastest way, and its vertices; `UNREACHABLE_MS` and none without a way.

    Parameters
    ----------
    source, target
        (k,) vertices on one path to the root, -1 for none, and what each one adds.
    """
    up, down = sides
    ahead = _climbed(tree, up, source)
    behind = _climbed(tree, down, target)
    best, meet = _least(ahead, behind)
    if meet < 0:
        return UNREACHABLE_MS, np.empty(0, np.int32)
    way = np.empty(_ROOM, np.int32)
    packed = _packed(tree, ahead, behind, meet)
    way[0] = packed[0]
    size = 1
    for at in range(len(packed) - 1):
        way, size = _unpacked(sides, packed[at], packed[at + 1], way, size)
    return best, way[:size]


@compiled
def times_between(tree: Tree, sides: tuple[Side, Side], sources: _Ints, targets: _Ints) -> _Ints:
    """(n,) milliseconds from each vertex to the other."""
    up, down = sides
    out = np.empty(len(sources), np.int32)
    nothing = np.zeros(1, np.int32)
    for i in range(len(sources)):
        ahead = _climbed(tree, up, (sources[i : i + 1], nothing))
        behind = _climbed(tree, down, (targets[i : i + 1], nothing))
        out[i] = _least(ahead, behind)[0]
    return out


@compiled
def _climbed(tree: Tree, side: Side, point: tuple[_Ints, _Ints]) -> _Climb:
    vertices, offset_ms = point
    lowest = -1
    for v in vertices:
        if v >= 0 and (lowest < 0 or v < lowest):
            lowest = v
    deep = tree.depth[lowest] + 1 if lowest >= 0 else 0
    found = _Climb(
        np.empty(deep, np.int32),
        np.full(deep, UNREACHABLE_MS, np.int32),
        np.full(deep, -1, np.int32),
    )
    for k in range(len(vertices)):
        if vertices[k] >= 0:
            at = tree.depth[vertices[k]]
            found.ms[at] = min(found.ms[at], offset_ms[k])
    v = lowest
    for at in range(deep - 1, -1, -1):
        found.vertex[at] = v
        ms = found.ms[at]
        if ms < UNREACHABLE_MS:
            for arc in range(side.start[v], side.start[v + 1]):
                above = tree.depth[side.head[arc]]
                if ms + side.ms[arc] < found.ms[above]:
                    found.ms[above] = ms + side.ms[arc]
                    found.came[above] = v
        v = tree.parent[v]
    return found


@compiled
def _least(ahead: _Climb, behind: _Climb) -> tuple[int, int]:
    """The least sum over shared ancestors and its depth; -1 where there is none."""
    best, meet = UNREACHABLE_MS, -1
    for at in range(min(len(ahead.vertex), len(behind.vertex))):
        if ahead.vertex[at] != behind.vertex[at]:
            break
        if ahead.ms[at] < UNREACHABLE_MS and behind.ms[at] < UNREACHABLE_MS:
            both = ahead.ms[at] + behind.ms[at]
            if both < best:
                best, meet = both, at
    return best, meet


@compiled
def _packed(tree: Tree, ahead: _Climb, behind: _Climb, meet: int) -> _Ints:
    """The vertices of the way that the searches found, shortcuts still closed."""
    packed = np.empty(len(ahead.vertex) + len(behind.vertex), np.int32)
    size = 0
    v = ahead.vertex[meet]
    while v >= 0:
        packed[size] = v
        size += 1
        v = ahead.came[tree.depth[v]]
    packed[:size] = packed[:size][::-1].copy()
    v = behind.came[meet]
    while v >= 0:
        packed[size] = v
        size += 1
        v = behind.came[tree.depth[v]]
    return packed[:size]


@compiled
def _unpacked(
    sides: tuple[Side, Side], tail: int, head: int, way: _Ints, size: int
) -> tuple[_Ints, int]:
    """Write what comes behind ``tail`` up to ``head`` into ``way``, a larger one if need be."""
    up, down = sides
    waiting = np.empty((_ROOM, 2), np.int32)
    waiting[0, 0], waiting[0, 1] = tail, head
    open_arcs = 1
    while open_arcs > 0:
        open_arcs -= 1
        a, b = waiting[open_arcs, 0], waiting[open_arcs, 1]
        over = _over(up, a, b) if a < b else _over(down, b, a)
        if over < 0:
            if size == len(way):
                larger = np.empty(2 * size, np.int32)
                larger[:size] = way
                way = larger
            way[size] = b
            size += 1
            continue
        if open_arcs + 2 > len(waiting):
            more = np.empty((2 * len(waiting), 2), np.int32)
            more[: len(waiting)] = waiting
            waiting = more
        waiting[open_arcs, 0], waiting[open_arcs, 1] = over, b
        waiting[open_arcs + 1, 0], waiting[open_arcs + 1, 1] = a, over
        open_arcs += 2
    return way, size


@compiled
def _over(side: Side, low: int, high: int) -> int:
    """The vertex that an arc passes over, -1 for an arc of the graph."""
    begin, end = side.start[low], side.start[low + 1]
    while begin < end:
        middle = (begin + end) >> 1
        if side.head[middle] < high:
            begin = middle + 1
        else:
            end = middle
    return int(side.via[begin])
