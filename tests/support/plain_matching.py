"""A slow honest twin of map matching: all sequences of spots, judged one by one."""

from __future__ import annotations

import heapq
from itertools import pairwise, product

from geo_dispatch.roads.graph import RoadGraph
from geo_dispatch.roads.likeliest import Spots, Steps
from geo_dispatch.roads.nearby import Limits

Spot = tuple[int, float]


def plain_way(graph: RoadGraph, source: Spot, target: Spot, limits: Limits) -> tuple[float, float]:
    """Milliseconds and metres of the fastest way within the limits, by a heap; inf without one."""
    (start, share), (goal, goal_share) = source, target
    length, whole = float(graph.street_m[goal >> 1]), int(graph.drive_ms[goal])
    ahead = goal_share - share
    if start == goal and ahead * length >= -limits.back_m:
        return max(ahead, 0.0) * whole, max(ahead, 0.0) * length
    left = 1.0 - share
    queue = [(left * int(graph.drive_ms[start]), left * float(graph.street_m[start >> 1]), start)]
    directed = graph.vertex_directed.tolist()
    entered: dict[int, tuple[float, float]] = {}
    done: set[int] = set()
    first = True
    while queue:
        ms, metres, at = heapq.heappop(queue)
        if at in done and not first:
            continue
        if not first:
            done.add(at)
        first = False
        for arc in range(int(graph.arc_start[at]), int(graph.arc_start[at + 1])):
            head, entry = int(graph.arc_head[arc]), ms + int(graph.arc_ms[arc])
            if entry > limits.ms or metres > limits.m:
                continue
            if head not in entered or entry < entered[head][0]:
                entered[head] = (entry, metres)
                drive_ms, street_m = (
                    int(graph.drive_ms[directed[head]]),
                    float(graph.street_m[directed[head] >> 1]),
                )
                ends = entry + drive_ms, metres + street_m
                heapq.heappush(queue, (*ends, head))
    nowhere = float("inf"), float("inf")
    ms, metres = min((entered[v] for v in entered if directed[v] == goal), default=nowhere)
    ms, metres = ms + goal_share * whole, metres + goal_share * length
    return (ms, metres) if ms <= limits.ms and metres <= limits.m else (float("inf"),) * 2


def plain_score(
    graph: RoadGraph, spots: Spots, steps: Steps, late_s: float, chosen: tuple[int, ...]
) -> float:
    """The log likelihood of one sequence of spots, by columns; -inf for one that can't be."""
    score = float(spots.log_likelihood[0, chosen[0]])
    for t, (i, j) in enumerate(pairwise(chosen)):
        source = int(spots.vertex[t, i]), float(spots.share[t, i])
        target = int(spots.vertex[t + 1, j]), float(spots.share[t + 1, j])
        if min(source[0], target[0]) < 0:
            return float("-inf")
        limits = Limits(steps.back_m[t], steps.limit_ms[t], steps.limit_m[t])
        ms, metres = plain_way(graph, source, target, limits)
        late = max(0.0, ms / 1000 - steps.allowed_s[t])
        score -= abs(metres - steps.crow_m[t]) / steps.detour_m[t] + late / late_s
        score += float(spots.log_likelihood[t + 1, j])
    return score


def best_score(graph: RoadGraph, spots: Spots, steps: Steps, late_s: float) -> float:
    """The highest of all sequences' scores."""
    n, k = spots.vertex.shape
    return max(
        plain_score(graph, spots, steps, late_s, chosen) for chosen in product(range(k), repeat=n)
    )
