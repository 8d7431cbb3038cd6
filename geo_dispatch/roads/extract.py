"""What a build needs of an OSM extract, as plain values; `geo_dispatch.adapters.osm` reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class TurnRestriction:
    """A turn restriction relation: from ways over a node, or over ways, into ways.

    Attributes
    ----------
    tags
        The relation's tags; a profile says which of them hold for its vehicle.
    via_node
        OSM id; None for a restriction over ways.
    via_ways
        OSM ids in any order; empty for a restriction over a node.
    """

    tags: Mapping[str, str]
    from_ways: tuple[int, ...]
    via_node: int | None
    via_ways: tuple[int, ...]
    to_ways: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Extract:
    """Ways, nodes and turn restrictions of an area.

    Attributes
    ----------
    way_ids, way_tags
        (w,) int64 and one mapping each.
    way_start, way_nodes
        (w + 1,) int64 offsets into the (r,) int64 OSM node ids of all ways.
    node_ids, node_lonlats
        (m,) int64 ascending, and (m, 2) float64; a node that the extract lacks is not in it.
    node_tags
        By OSM id; only nodes with tags that matter to drivers.
    relations
        Whether there are any, of whatever kind: those of a file come last in it.
    """

    way_ids: NDArray[np.int64]
    way_tags: tuple[Mapping[str, str], ...]
    way_start: NDArray[np.int64]
    way_nodes: NDArray[np.int64]
    node_ids: NDArray[np.int64]
    node_lonlats: NDArray[np.float64]
    node_tags: Mapping[int, Mapping[str, str]]
    restrictions: tuple[TurnRestriction, ...]
    relations: bool
