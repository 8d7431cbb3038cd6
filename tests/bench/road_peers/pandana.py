"""Pandana: contraction hierarchies over junctions, without turns; fed with our drive times."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Self

import numpy as np
import pandas as pd

from geo_dispatch.roads.graph import FORBIDDEN_MS, RoadGraph
from geo_dispatch.roads.snapping import Snaps
from tests.bench.road_peers import peer_module


class Pandana:
    """A network of junctions, each street's drive time an edge."""

    def __init__(self, pandana: Any, graph: RoadGraph) -> None:
        ends = np.stack([graph.street_from, graph.street_to])
        begin, end = np.stack([ends, ends[::-1]], axis=2).reshape(2, -1)
        driven = np.flatnonzero(graph.drive_ms < FORBIDDEN_MS)
        self._graph = graph
        lon, lat = graph.node_lonlats.T
        seconds = pd.DataFrame({"s": graph.drive_ms[driven] / 1000})
        self._network = pandana.Network(lon, lat, begin[driven], end[driven], seconds, twoway=False)

    @classmethod
    def opened(cls, graph: RoadGraph) -> Self | None:
        """The network, where Pandana is installed."""
        pandana = peer_module("pandana", "pandana")
        return None if pandana is None else cls(pandana, graph)

    def table(self, sources: Snaps, targets: Snaps) -> Callable[[], object]:
        """A call for the matrix, from the first junction of each place's street."""
        begin, end = (self._graph.street_from[snaps.street] for snaps in (sources, targets))
        pairs = np.repeat(begin, len(end)), np.tile(end, len(begin))
        return partial(self._network.shortest_path_lengths, *pairs, imp_name="s")
