"""The parts of the network that one can drive about in: strongly connected, by allowed turns."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from geo_dispatch.roads.over_ways import Expanded

SMALL_PART: Final = 0.1
"""A part of the graph with less than this share of the largest part's vertices is small: a parking
deck, a stub of a way cut by the border. Islands that matter are larger."""


def large_parts(expanded: Expanded, allowed: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], int]:
    """Which directed streets belong to a large part, and how many such parts there are.

    One that is entered at any vertex of a part belongs to it: from its own vertex, where trips
    start, no less can be reached.

    Parameters
    ----------
    allowed
        (2n,) whether the direction may be driven.
    """
    directed = expanded.vertex_directed
    v = len(directed)
    arcs = np.ones(len(expanded.arcs.head), np.int8), expanded.arcs.head, expanded.arc_start
    count, part = connected_components(csr_array(arcs, shape=(v, v)), connection="strong")
    size = np.bincount(part[allowed[directed]], minlength=count)
    large = size >= max(1.0, SMALL_PART * size.max())
    belongs = np.zeros(len(allowed), bool)
    belongs[directed[large[part]]] = True
    return allowed & belongs, int(large.sum())
