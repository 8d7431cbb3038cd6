"""routingkit-cch: customizable contraction hierarchies, fed with our turn-expanded graph.

Weights run from the end of a vertex' street to the end of another's, as in our own hierarchy. It
has no many-to-many of its own: one source to pinned targets.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.roads.graph import RoadGraph
from geo_dispatch.roads.hierarchy.customisation import arc_weights
from geo_dispatch.roads.snapping import Snaps
from tests.bench.road_peers import peer_module
from tests.support.plain_search import stops


class RoutingKit:
    """The expanded graph as lists, ordered by inertial flow over the middles of the streets."""

    def __init__(self, routingkit: Any, graph: RoadGraph) -> None:
        self._graph = graph
        n = graph.n_vertices
        tail = np.repeat(np.arange(n), np.diff(graph.arc_start)).tolist()
        head = graph.arc_head.tolist()
        first = graph.shape_lonlats[graph.shape_start[graph.vertex_directed >> 1]]
        lon, lat = first.T.tolist()
        order = routingkit.compute_order_inertial(n, tail, head, lat, lon)
        self._cch = routingkit.CCH(order, tail, head, True)
        self._metric = routingkit.CCHMetric(self._cch, arc_weights(graph).tolist())
        self._one_to_many = routingkit.CCHOneToMany(self._metric, [0])

    @classmethod
    def opened(cls, graph: RoadGraph) -> Self | None:
        """The hierarchy, where routingkit-cch is installed."""
        routingkit = peer_module("routingkit_cch", "routingkit-cch")
        return None if routingkit is None else cls(routingkit, graph)

    def pinned(self, targets: Snaps) -> Callable[[], object]:
        """A call that pins the targets."""
        return partial(self._one_to_many.repin_targets, self._arrived(targets))

    def row(self, source: Snaps) -> Callable[[], list[int | None]]:
        """A call for the times from one source to the pinned targets."""
        stop = stops(self._graph, source)
        usable = np.isfinite(stop.after_ms[0])
        begin = stop.vertex[0, usable].tolist(), stop.after_ms[0, usable].astype(int).tolist()
        return partial(self._one_to_many.distances_from_multi, list(zip(*begin, strict=True)))

    def pinned_row(self, source: Snaps, targets: Snaps) -> Callable[[], list[int | None]]:
        """A call for both."""
        pin, ask = self.pinned(targets), self.row(source)

        def both() -> list[int | None]:
            pin()
            return ask()

        return both

    def must_agree(self, source: Snaps, targets: Snaps, ours_ms: NDArray[np.int32]) -> None:
        """Hold our times equal to theirs, for targets that are entered one way only.

        Raises
        ------
        ValueError
            They differ, so that the two were not asked the same.
        """
        stop = stops(self._graph, targets)
        one_way = np.isinf(stop.before_ms).any(axis=1) & (targets.street != source.street[0])
        theirs_ms = np.array(self.pinned_row(source, targets)(), np.float64)
        theirs_ms -= np.where(np.isinf(stop.after_ms), 0, stop.after_ms).sum(axis=1)
        wrong = np.flatnonzero(one_way & (theirs_ms != ours_ms))
        if len(wrong) or not one_way.any():
            raise ValueError(f"routingkit-cch has other times to targets {wrong[:5]}")

    def _arrived(self, targets: Snaps) -> list[int]:
        """One vertex of each target's street, where ours looks at both directions."""
        stop = stops(self._graph, targets)
        side = np.isinf(stop.before_ms[:, 0]).astype(int)
        return stop.vertex[np.arange(len(side)), side].tolist()
