"""In which order streets are contracted: nested dissection by cuts of the junction graph.

A set of streets whose removal splits the junctions in two splits the turn-expanded graph as well,
so the streets of each cut come last, after both sides. Cuts are found by inertial flow (Schild and
Sommer, "On Balanced Separators in Road Networks", 2015): the outermost junctions in one direction
of the compass are a source, the opposite ones a sink, and the least cut between them is the
narrowest place of the network on that axis; the best of four axes is taken.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.roads.compiled import compiled

_Ints = NDArray[np.int32]
_Floats = NDArray[np.float64]

_OUTERMOST = 0.25
"""Share of a cell's junctions on either side that a cut must leave there."""


class _Junctions(NamedTuple):
    """The junction graph; loops are left out.

    Attributes
    ----------
    start
        (m + 1,) where each junction's streets begin in the others.
    street, other
        Which street, and the junction at its other end.
    away
        1 where the street is drawn away from this junction, -1 where it is drawn towards it.
    """

    start: NDArray[np.int64]
    street: _Ints
    other: _Ints
    away: NDArray[np.int8]


class _Flow(NamedTuple):
    """What a cut of one cell writes.

    Attributes
    ----------
    cell
        (m,) number of the cell that the junction is in; only those of one cell are looked at.
    flow
        (n,) int8 of each street, from its first end to its last.
    role
        (m,) int8: 1 for a source, 2 for a sink.
    seen, stamp
        (m,), (1,): a junction was reached if ``seen`` is the number of the search.
    queue, before, came
        (m,) junctions in the order in which they were reached, the one that each was reached
        from, and by which of that one's places in `_Junctions`; -1 for seeds.
    """

    cell: _Ints
    flow: NDArray[np.int8]
    role: NDArray[np.int8]
    seen: _Ints
    stamp: _Ints
    queue: _Ints
    before: _Ints
    came: _Ints


def street_ranks(street_from: _Ints, street_to: _Ints, node_lonlats: _Floats) -> _Ints:
    """(n,) the place of each street in the order of contraction, first to last.

    Parameters
    ----------
    street_from, street_to
        (n,) junctions.
    node_lonlats
        (m, 2) of the junctions.
    """
    middle = np.radians(node_lonlats[:, 1].mean()) if len(node_lonlats) else 0.0
    flat = node_lonlats * np.array([np.cos(middle), 1.0])
    axes = np.stack([flat[:, 0], flat[:, 1], flat.sum(axis=1), flat[:, 0] - flat[:, 1]])
    return _dissected(street_from.copy(), street_to.copy(), axes, _OUTERMOST)


@compiled
def _dissected(street_from: _Ints, street_to: _Ints, axes: _Floats, outermost: float) -> _Ints:
    """Ranks from the top down: the cut of the whole, then that of each side, and so on."""
    n, m = len(street_from), axes.shape[1]
    graph = _adjacent(street_from, street_to, m)
    work = _Flow(
        np.zeros(m, np.int32),
        np.zeros(n, np.int8),
        np.zeros(m, np.int8),
        np.zeros(m, np.int32),
        np.zeros(1, np.int32),
        np.empty(m, np.int32),
        np.empty(m, np.int32),
        np.empty(m, np.int32),
    )
    rank = np.full(n, -1, np.int32)
    free = n - 1
    nodes = np.arange(m).astype(np.int32)  # each cell is a slice of it
    cells = np.empty((m + 1, 2), np.int64)
    cells[0, 0], cells[0, 1] = 0, m
    waiting, number = 1, 0
    while waiting > 0:
        waiting -= 1
        low, high = cells[waiting, 0], cells[waiting, 1]
        if high - low < 2:  # noqa: PLR2004 - nothing to cut
            continue
        number += 1
        work.cell[nodes[low:high]] = number
        parts = _put_by_part(graph, work, nodes[low:high], number, cells[waiting:])
        if parts > 1:
            cells[waiting : waiting + parts] += low
            waiting += parts
            continue
        middle = low + _bisected(graph, work, nodes[low:high], number, (axes, outermost))
        work.cell[nodes[low:middle]] = -number
        for node in nodes[low:middle]:
            for at in range(graph.start[node], graph.start[node + 1]):
                street = graph.street[at]
                if rank[street] < 0 and work.cell[graph.other[at]] == number:
                    rank[street] = free
                    free -= 1
        cells[waiting, 0], cells[waiting, 1] = low, middle
        cells[waiting + 1, 0], cells[waiting + 1, 1] = middle, high
        waiting += 2
    for street in range(n):  # loops: no cut passes them
        if rank[street] < 0:
            rank[street] = free
            free -= 1
    return rank


@compiled
def _adjacent(street_from: _Ints, street_to: _Ints, m: int) -> _Junctions:
    start = np.zeros(m + 1, np.int64)
    for street in range(len(street_from)):
        if street_from[street] != street_to[street]:
            start[street_from[street] + 1] += 1
            start[street_to[street] + 1] += 1
    start = np.cumsum(start)
    put = start.copy()
    streets, other = np.empty(start[m], np.int32), np.empty(start[m], np.int32)
    away = np.empty(start[m], np.int8)
    for street in range(len(street_from)):
        a, b = street_from[street], street_to[street]
        if a != b:
            streets[put[a]], other[put[a]], away[put[a]] = street, b, 1
            streets[put[b]], other[put[b]], away[put[b]] = street, a, -1
            put[a] += 1
            put[b] += 1
    return _Junctions(start, streets, other, away)


@compiled
def _put_by_part(
    graph: _Junctions, work: _Flow, nodes: _Ints, number: int, parts: NDArray[np.int64]
) -> int:
    """Put the junctions of each connected part side by side; how many parts, and their slices."""
    work.stamp[0] += 1
    stamp = work.stamp[0]
    begin = end = count = 0
    for seed in nodes:
        if work.seen[seed] == stamp:
            continue
        work.seen[seed] = stamp
        work.queue[end] = seed
        begin, end = end, end + 1
        at = begin
        while at < end:
            node = work.queue[at]
            at += 1
            for place in range(graph.start[node], graph.start[node + 1]):
                other = graph.other[place]
                if work.cell[other] == number and work.seen[other] != stamp:
                    work.seen[other] = stamp
                    work.queue[end] = other
                    end += 1
        parts[count, 0], parts[count, 1] = begin, end
        count += 1
    nodes[:] = work.queue[:end]
    return count


@compiled
def _bisected(
    graph: _Junctions, work: _Flow, nodes: _Ints, number: int, axes_outermost: tuple[_Floats, float]
) -> int:
    """Put one side of the best cut first; how many junctions that is."""
    axes, outermost = axes_outermost
    k = len(nodes)
    outer = max(1, int(k * outermost))
    best, best_side = np.inf, np.zeros(k, np.bool_)
    for axis in range(len(axes)):
        along = nodes[np.argsort(axes[axis][nodes])]
        work.role[nodes] = 0
        work.role[along[:outer]] = 1
        work.role[along[k - outer :]] = 2
        for node in nodes:
            work.flow[graph.street[graph.start[node] : graph.start[node + 1]]] = 0
        # Even half and half, a cut of as many streets is no better than the best so far.
        too_many = best * 0.5 * k
        cut = 0
        sink = _pushed(graph, work, along[:outer], number, 1)
        while sink >= 0 and cut + 1 < too_many:
            cut += 1
            _augment(graph, work, sink)
            sink = _pushed(graph, work, along[:outer], number, 1)
        if sink >= 0:
            continue
        for seeds, onward in ((along[:outer], 1), (along[k - outer :], -1)):
            _pushed(graph, work, seeds, number, onward)
            stamp, size = work.stamp[0], 0
            for node in nodes:
                size += work.seen[node] == stamp
            if cut / min(size, k - size) < best:
                best = cut / min(size, k - size)
                for at in range(k):
                    best_side[at] = work.seen[nodes[at]] == stamp
    one, other = nodes[best_side], nodes[~best_side]
    nodes[: len(one)] = one
    nodes[len(one) :] = other
    return len(one)


@compiled
def _pushed(graph: _Junctions, work: _Flow, seeds: _Ints, number: int, onward: int) -> int:
    """Follow what capacity is left from the seeds, or towards them; a sink that was reached, or -1.

    Parameters
    ----------
    onward
        1 from sources until the first sink; -1 from sinks back, to see how far they are reached.
    """
    work.stamp[0] += 1
    stamp = work.stamp[0]
    size = 0
    for node in seeds:
        work.queue[size] = node
        work.seen[node] = stamp
        work.came[node] = -1
        size += 1
    at = 0
    while at < size:
        node = work.queue[at]
        at += 1
        for place in range(graph.start[node], graph.start[node + 1]):
            other = graph.other[place]
            if work.cell[other] != number or work.seen[other] == stamp:
                continue
            if work.flow[graph.street[place]] * graph.away[place] * onward >= 1:
                continue
            work.seen[other] = stamp
            work.before[other] = node
            work.came[other] = place
            if onward == 1 and work.role[other] == 2:  # noqa: PLR2004 - a sink
                return int(other)
            work.queue[size] = other
            size += 1
    return -1


@compiled
def _augment(graph: _Junctions, work: _Flow, sink: int) -> None:
    """One unit more along the streets by which the sink was reached."""
    node = sink
    while work.came[node] >= 0:
        place = work.came[node]
        work.flow[graph.street[place]] += graph.away[place]
        node = work.before[node]
