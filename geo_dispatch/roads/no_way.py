"""Why no street leads from one to another."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from geo_dispatch.roads.graph import FORBIDDEN_MS, RoadGraph


def why_no_way(graph: RoadGraph, start: int, goal: int) -> str:
    """Why there is no way from one street to another, when there is none."""
    if _joined(graph, start, goal):
        return (
            "the streets are joined, but what is one-way, closed or not to be turned into lets "
            "nobody through in this direction"
        )
    return "they lie on parts of the street network that are not joined"


def _joined(graph: RoadGraph, start: int, goal: int) -> bool:
    """Whether there is a way between two streets that breaks no rule but those of direction."""
    open_ = graph.drive_ms < FORBIDDEN_MS
    tail = graph.vertex_directed.repeat(np.diff(graph.arc_start))
    head = graph.vertex_directed[graph.arc_head]
    driven = open_[tail] & open_[head]
    ends = tail[driven] >> 1, head[driven] >> 1
    n = graph.n_streets
    meetings = csr_array((np.ones(len(ends[0]), np.int8), ends), shape=(n, n))
    part = connected_components(meetings, directed=False)[1]
    return bool(part[start] == part[goal])
