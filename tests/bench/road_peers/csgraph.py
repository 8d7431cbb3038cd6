"""scipy.sparse.csgraph on our turn-expanded graph: the plain search that our tests compare with."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from geo_dispatch.roads.graph import RoadGraph
from geo_dispatch.roads.snapping import Snaps
from tests.support.plain_search import Search, stops


class Csgraph:
    """Dijkstra's algorithm from each source; same weights, same answers."""

    def __init__(self, graph: RoadGraph) -> None:
        self._graph = graph
        self._search = Search(graph)

    def table(self, sources: Snaps, targets: Snaps) -> Callable[[], object]:
        """A call for the matrix."""
        ends = stops(self._graph, sources), stops(self._graph, targets)
        return partial(self._search.matrix, *ends)
