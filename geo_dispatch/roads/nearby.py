"""The fastest ways to what is close by: searches that end as soon as they know enough.

A *spot* is a place on a directed street, and the share of the street that lies before it in driving
direction. Searches run over the turn-expanded graph and give a way's time and its
length; a way is followed while it keeps within both limits, so a longer one that is a little
slower may be found where the fastest is too long. Kernels: arrays in, arrays out.
"""

from __future__ import annotations

from typing import Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.roads.compiled import compiled
from geo_dispatch.roads.graph import RoadGraph

Scalar = TypeVar("Scalar", bound=np.generic)
_Floats = NDArray[np.float64]
_Ints = NDArray[np.int32]

FARTHEST: Final = np.inf
"""Time and length where there is no way within the limits."""


class Streets(NamedTuple):
    """The arrays of a graph that a search reads; see `RoadGraph`."""

    arc_start: NDArray[np.int64]
    arc_head: _Ints
    arc_ms: _Ints
    vertex_directed: _Ints
    drive_ms: _Ints
    street_m: _Floats


class Spot(NamedTuple):
    """A place on a directed street, and the share of the street before it."""

    vertex: int
    share: float


class Row(NamedTuple):
    """Many spots, (n,) each; -1 for no spot. Only directions that may be driven."""

    vertex: _Ints
    share: _Floats


class Limits(NamedTuple):
    """How far ways are followed; a spot up to ``back_m`` behind its source is the source."""

    back_m: float
    ms: float
    m: float


class Scratch(NamedTuple):
    """What a search writes; not to be shared by threads. Labels count if ``seen`` is the search's.

    Attributes
    ----------
    ms, metres
        (v,) from the source to the beginning of the vertex' street, its turn included.
    before
        (v,) int32 the vertex before it; -1 for the source's.
    seen, settled
        (v,) int32 number of the search that labelled it, settled it.
    wanted, entered
        (d,) int32 number of the search that asks for a directed street, negative once it is
        entered; and the vertex by which it was entered first.
    queue_ms, queue
        (a + 1,) a binary heap.
    search
        (1,) int32 number of the search.
    """

    ms: _Floats
    metres: _Floats
    before: _Ints
    seen: _Ints
    settled: _Ints
    wanted: _Ints
    entered: _Ints
    queue_ms: _Floats
    queue: _Ints
    search: _Ints


def streets_of(graph: RoadGraph) -> Streets:
    """What searches read of a graph; read-only like a mapped one, so that kernels compile once."""
    return Streets(
        _read_only(graph.arc_start),
        _read_only(graph.arc_head),
        _read_only(graph.arc_ms),
        _read_only(graph.vertex_directed),
        _read_only(graph.drive_ms),
        _read_only(graph.street_m),
    )


def scratch_for(graph: RoadGraph) -> Scratch:
    """Room for searches over a graph; the system hands out only what they touch."""
    v, d = graph.n_vertices, 2 * graph.n_streets
    return Scratch(
        np.empty(v),
        np.empty(v),
        np.empty(v, np.int32),
        np.zeros(v, np.int32),
        np.zeros(v, np.int32),
        np.zeros(d, np.int32),
        np.empty(d, np.int32),
        np.empty(graph.n_arcs + 1),
        np.empty(graph.n_arcs + 1, np.int32),
        np.zeros(1, np.int32),
    )


def _read_only(array: NDArray[Scalar]) -> NDArray[Scalar]:
    view = array.view()
    view.flags.writeable = False
    return view


@compiled
def _push(keys: _Floats, items: _Ints, size: int, key: float, item: int) -> int:
    at = size
    while at > 0:
        up = (at - 1) >> 1
        if keys[up] < key or (keys[up] == key and items[up] <= item):
            break
        keys[at], items[at] = keys[up], items[up]
        at = up
    keys[at], items[at] = key, item
    return size + 1


@compiled
def _pop(keys: _Floats, items: _Ints, size: int) -> int:
    """Take the first off: it is what stood at 0 before."""
    size -= 1
    key, item = keys[size], items[size]
    at = 0
    while 2 * at + 1 < size:
        down = 2 * at + 1
        right = down + 1
        if right < size and (
            keys[right] < keys[down] or (keys[right] == keys[down] and items[right] < items[down])
        ):
            down = right
        if key < keys[down] or (key == keys[down] and item <= items[down]):
            break
        keys[at], items[at] = keys[down], items[down]
        at = down
    keys[at], items[at] = key, item
    return size


@compiled
def search_from(
    streets: Streets, scratch: Scratch, source: Spot, targets: _Ints, limits: Limits
) -> None:
    """Label all that can be driven to from a spot until every target street is entered.

    Labels of this search have its number, `Scratch.search`. Negative targets are none.
    """
    scratch.search[0] += 1
    number = scratch.search[0]
    missing = 0
    for target in targets:
        if target >= 0 and scratch.wanted[target] != number:
            scratch.wanted[target] = number
            missing += 1
    size, first, at = 0, True, source.vertex
    at_ms = -source.share * streets.drive_ms[at]
    at_m = -source.share * streets.street_m[at >> 1]
    while missing > 0:
        driven = streets.vertex_directed[at]
        onward_ms = at_ms + streets.drive_ms[driven]
        onward_m = at_m + streets.street_m[driven >> 1]
        for arc in range(streets.arc_start[at], streets.arc_start[at + 1]):
            head = streets.arc_head[arc]
            head_ms = onward_ms + streets.arc_ms[arc]
            known = scratch.seen[head] == number
            if (
                head_ms > limits.ms
                or onward_m > limits.m
                or (known and scratch.ms[head] <= head_ms)
            ):
                continue
            scratch.seen[head] = number
            scratch.ms[head], scratch.metres[head] = head_ms, onward_m
            scratch.before[head] = -1 if first else at
            size = _push(scratch.queue_ms, scratch.queue, size, head_ms, head)
        first, at = False, -1
        while size > 0 and at < 0:
            at = scratch.queue[0]
            size = _pop(scratch.queue_ms, scratch.queue, size)
            if scratch.settled[at] == number:
                at = -1
        if at < 0:
            break
        scratch.settled[at] = number
        at_ms, at_m = scratch.ms[at], scratch.metres[at]
        entered = streets.vertex_directed[at]
        if scratch.wanted[entered] == number:
            scratch.wanted[entered] = -number
            scratch.entered[entered] = at
            missing -= 1


@compiled
def ways_between(
    streets: Streets, scratch: Scratch, sources: Row, targets: Row, limits: Limits
) -> tuple[_Floats, _Floats]:
    """(n, m) times in ms and (n, m) lengths of the fastest ways from n spots to m others.

    `FARTHEST` where there is no way within the limits, and in the rows and columns of spots -1.
    """
    n, m = len(sources.vertex), len(targets.vertex)
    ms, metres = np.full((n, m), FARTHEST), np.full((n, m), FARTHEST)
    for i in range(n):
        source = Spot(sources.vertex[i], sources.share[i])
        if source.vertex < 0:
            continue
        search_from(streets, scratch, source, targets.vertex, limits)
        for j in range(m):
            to = targets.vertex[j]
            if to < 0:
                continue
            whole_ms, whole_m = streets.drive_ms[to], streets.street_m[to >> 1]
            ahead = targets.share[j] - source.share
            if to == source.vertex and ahead * whole_m >= -limits.back_m:
                ms[i, j], metres[i, j] = max(ahead, 0.0) * whole_ms, max(ahead, 0.0) * whole_m
            elif scratch.wanted[to] == -scratch.search[0]:
                entered = scratch.entered[to]
                way_ms = scratch.ms[entered] + targets.share[j] * whole_ms
                way_m = scratch.metres[entered] + targets.share[j] * whole_m
                if way_ms <= limits.ms and way_m <= limits.m:
                    ms[i, j], metres[i, j] = way_ms, way_m
    return ms, metres


@compiled
def way_to(streets: Streets, scratch: Scratch, target: int) -> _Ints:
    """The directed streets behind the source's, up to a target that the last search entered."""
    length, at = 0, scratch.entered[target]
    while at >= 0:
        length += 1
        at = scratch.before[at]
    way = np.empty(length, np.int32)
    at = scratch.entered[target]
    for place in range(length - 1, -1, -1):
        way[place] = streets.vertex_directed[at]
        at = scratch.before[at]
    return way
