"""Slow honest twins of the engine's search: a heap in plain Python, and networkx.

Both read the graph's arrays one by one, build their own picture of it, and share no code with
`tests.support.plain_search`.
"""

from __future__ import annotations

import heapq

import networkx as nx

from geo_dispatch.kernel.units import UNREACHABLE_MS
from geo_dispatch.roads.graph import FORBIDDEN_MS, RoadGraph
from geo_dispatch.roads.snapping import Snaps


def heap_matrix(graph: RoadGraph, sources: Snaps, targets: Snaps) -> list[list[int]]:
    """Milliseconds between every two points by Dijkstra's algorithm with a heap."""
    return [
        [_heap_time(graph, sources, i, targets, j) for j in range(len(targets))]
        for i in range(len(sources))
    ]


def _heap_time(graph: RoadGraph, sources: Snaps, i: int, targets: Snaps, j: int) -> int:
    best = _ahead(graph, sources, i, targets, j)
    queue = [(left, edge) for edge, _, left in _sides(graph, sources, i)]
    goals = {edge: before for edge, before, _ in _sides(graph, targets, j)}
    directed = graph.vertex_directed.tolist()
    heapq.heapify(queue)
    done: set[int] = set()
    while queue:
        time, edge = heapq.heappop(queue)
        if edge in done:
            continue
        done.add(edge)
        for arc in range(int(graph.arc_start[edge]), int(graph.arc_start[edge + 1])):
            head, entered = int(graph.arc_head[arc]), time + int(graph.arc_ms[arc])
            if directed[head] in goals:
                best = min(best, entered + goals[directed[head]])
            heapq.heappush(queue, (entered + int(graph.drive_ms[directed[head]]), head))
    return best


def networkx_matrix(graph: RoadGraph, sources: Snaps, targets: Snaps) -> list[list[int]]:
    """The same by networkx, on a graph with a node at each end of each directed street."""
    streets = nx.DiGraph()
    vertices: dict[int, list[int]] = {}
    for edge, directed in enumerate(graph.vertex_directed.tolist()):
        vertices.setdefault(directed, []).append(edge)
        if graph.drive_ms[directed] < FORBIDDEN_MS:
            streets.add_edge(("in", edge), ("out", edge), weight=int(graph.drive_ms[directed]))
        for arc in range(int(graph.arc_start[edge]), int(graph.arc_start[edge + 1])):
            turn = int(graph.arc_ms[arc])
            streets.add_edge(("out", edge), ("in", int(graph.arc_head[arc])), weight=turn)
    for i in range(len(sources)):
        streets.add_node(("source", i))
        for edge, _, left in _sides(graph, sources, i):
            streets.add_edge(("source", i), ("out", edge), weight=left)
    for j in range(len(targets)):
        streets.add_node(("target", j))
        for edge, before, _ in _sides(graph, targets, j):
            for vertex in vertices[edge]:
                streets.add_edge(("in", vertex), ("target", j), weight=before)
    rows = []
    for i in range(len(sources)):
        times = nx.single_source_dijkstra_path_length(streets, ("source", i))
        rows.append(
            [
                min(
                    times.get(("target", j), UNREACHABLE_MS),
                    _ahead(graph, sources, i, targets, j),
                )
                for j in range(len(targets))
            ]
        )
    return rows


def _sides(graph: RoadGraph, snaps: Snaps, i: int) -> list[tuple[int, int, int]]:
    """Directed streets of a point that may be driven: which, time up to it, time after it."""
    street, along = int(snaps.street[i]), float(snaps.along[i])
    if street < 0:
        return []
    sides = []
    for edge, share in ((2 * street, along), (2 * street + 1, 1.0 - along)):
        whole = int(graph.drive_ms[edge])
        if whole < FORBIDDEN_MS:
            sides.append((edge, round(share * whole), whole - round(share * whole)))
    return sides


def _ahead(graph: RoadGraph, sources: Snaps, i: int, targets: Snaps, j: int) -> int:
    """Straight along the street that both are on."""
    starts = {edge: before for edge, before, _ in _sides(graph, sources, i)}
    gaps = [
        before - starts[edge]
        for edge, before, _ in _sides(graph, targets, j)
        if edge in starts and before >= starts[edge]
    ]
    return min(gaps, default=UNREACHABLE_MS)
