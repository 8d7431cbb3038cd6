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
    """The way up from a point, by depth: its time, and the vertex before; -1 for none."""

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
        (k,) vertices on one path to the root, -1 for none, and what each one adds; at the target
        no more may be taken off than its own street takes.
    """
    climbs = _begun(tree, source), _begun(tree, target)
    best, meet = _met(tree, sides, (_lowest(source[0]), _lowest(target[0])), climbs)
    if meet < 0:
        return UNREACHABLE_MS, np.empty(0, np.int32)
    way = np.empty(_ROOM, np.int32)
    packed = _packed(tree, climbs, meet)
    way[0] = packed[0]
    size = min(len(packed), 1)  # for a bare 1, what takes it would be compiled once more
    for at in range(len(packed) - 1):
        way, size = _unpacked(sides, packed[at], packed[at + 1], way, size)
    return best, way[:size]


@compiled
def time_between(tree: Tree, sides: tuple[Side, Side], source: int, target: int) -> int:
    """Milliseconds from the end of one vertex to the end of another."""
    nothing = np.zeros(1, np.int32)
    start, goal = np.array([source], np.int32), np.array([target], np.int32)
    climbs = _begun(tree, (start, nothing)), _begun(tree, (goal, nothing))
    return _met(tree, sides, (_lowest(start), _lowest(goal)), climbs)[0]


@compiled
def _lowest(vertices: _Ints) -> int:
    lowest = -1
    for v in vertices:
        if v >= 0 and (lowest < 0 or v < lowest):
            lowest = v
    return lowest


@compiled
def _begun(tree: Tree, point: tuple[_Ints, _Ints]) -> _Climb:
    """A climb that has not left its point yet."""
    vertices, offset_ms = point
    lowest = _lowest(vertices)
    deep = tree.depth[lowest] + 1 if lowest >= 0 else 0
    climb = _Climb(np.full(deep, UNREACHABLE_MS, np.int32), np.full(deep, -1, np.int32))
    for k in range(len(vertices)):
        if vertices[k] >= 0:
            at = tree.depth[vertices[k]]
            climb.ms[at] = min(climb.ms[at], offset_ms[k])
    return climb


@compiled
def _met(
    tree: Tree, sides: tuple[Side, Side], lowest: tuple[int, int], climbs: tuple[_Climb, _Climb]
) -> tuple[int, int]:
    """Climb from both ends; the least sum and the shared ancestor that has it, -1 for none.

    Whoever stands lower climbs first, until both stand on the same vertex. From there on nothing is
    followed that takes as long as a way that was found.
    """
    up, down = sides
    ahead, behind = climbs
    a, b = lowest
    while a != b:
        if b < 0 or 0 <= a < b:
            _climb(tree, up, a, ahead, UNREACHABLE_MS)
            a = tree.parent[a]
        else:
            _climb(tree, down, b, behind, UNREACHABLE_MS)
            b = tree.parent[b]
    best, meet = UNREACHABLE_MS, -1
    while a >= 0:
        at = tree.depth[a]
        both = ahead.ms[at] + behind.ms[at]
        if ahead.ms[at] < UNREACHABLE_MS and both < best:
            best, meet = both, a
        _climb(tree, up, a, ahead, best)
        _climb(tree, down, a, behind, best)
        a = tree.parent[a]
    return best, meet


@compiled
def _climb(tree: Tree, side: Side, v: int, climb: _Climb, within_ms: int) -> None:
    """Take the arcs up from a vertex that was reached in less than some time."""
    ms = climb.ms[tree.depth[v]]
    if ms >= within_ms:
        return
    for arc in range(side.start[v], side.start[v + 1]):
        above = tree.depth[side.head[arc]]
        if ms + side.ms[arc] < climb.ms[above]:
            climb.ms[above] = ms + side.ms[arc]
            climb.came[above] = v


@compiled
def _packed(tree: Tree, climbs: tuple[_Climb, _Climb], meet: int) -> _Ints:
    """The vertices of the way that the searches found, shortcuts still closed."""
    ahead, behind = climbs
    packed = np.empty(len(ahead.ms) + len(behind.ms), np.int32)
    size, v = 0, meet
    while v >= 0:
        packed[size] = v
        size += 1
        v = ahead.came[tree.depth[v]]
    packed[:size] = packed[:size][::-1].copy()
    v = behind.came[tree.depth[meet]]
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
