"""Hierarchies on disk: the topology once for a graph, and a small file for each set of weights.

All processes map both read-only. A new metric takes the place of the old one by a rename, and has
a higher version: who has the old one open goes on with it until it looks again.
"""

from __future__ import annotations

import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.adapters.flat_files import (
    Kind,
    open_arrays,
    read_header,
    unavailable,
    write_arrays,
)
from geo_dispatch.roads.graph import RoadGraph
from geo_dispatch.roads.hierarchy.customisation import Metric, Side
from geo_dispatch.roads.hierarchy.topology import TOPOLOGY_ARRAYS, Topology


@dataclass(frozen=True, slots=True)
class _Of:
    """The graph that a topology belongs to, and its size, which tells others apart."""

    source_sha256: str
    recipe_sha256: str
    vertices: int
    arcs: int


@dataclass(frozen=True, slots=True)
class _Weights:
    """The topology that a metric belongs to, by size and order, and which metric it is."""

    version: int
    vertices: int
    arcs: int
    order: int


_TOPOLOGY: Final = Kind("road hierarchy", b"GDHIERA\n", 1, _Of)
_METRIC: Final = Kind("road metric", b"GDMETRI\n", 2, _Weights)

_SIDE_ARRAYS: Final = ("start", "head", "ms", "via")
_METRIC_ARRAYS: Final = {
    "weights": "int32",
    **{f"{side}_{name}": "int32" for side in ("up", "down") for name in _SIDE_ARRAYS},
}


def write_topology(path: Path, topology: Topology, graph: RoadGraph) -> None:
    """Write the hierarchy of a graph, whole or not at all."""
    arrays = {name: getattr(topology, name) for name in TOPOLOGY_ARRAYS}
    write_arrays(path, _TOPOLOGY, _of(graph), arrays, TOPOLOGY_ARRAYS)


def open_topology(path: Path, graph: RoadGraph) -> Topology:
    """Map the hierarchy of a graph.

    Raises
    ------
    GraphUnavailable
        There is no such file, it is none, of another version, cut short, or of another graph.
    """
    of, arrays = open_arrays(path, _TOPOLOGY, TOPOLOGY_ARRAYS)
    if of != _of(graph):
        what = f"belongs to another graph, or to an older build of it ({asdict(of)})"
        raise unavailable(path, _TOPOLOGY, what)
    return Topology(**arrays)


def write_metric(path: Path, metric: Metric, topology: Topology, version: int) -> None:
    """Put a metric in the place of the one before, whole or not at all."""
    arrays: dict[str, Any] = {"weights": metric.weights}
    for side, arcs in (("up", metric.up), ("down", metric.down)):
        arrays |= {f"{side}_{name}": getattr(arcs, name) for name in _SIDE_ARRAYS}
    write_arrays(path, _METRIC, _weights_of(topology, version), arrays, _METRIC_ARRAYS)


def open_metric(
    path: Path, topology: Topology, weights: NDArray[np.int32] | None = None
) -> tuple[int, Metric]:
    """Map a metric; its version comes first.

    Parameters
    ----------
    weights
        (a,) that it has to be of, if not of any.

    Raises
    ------
    GraphUnavailable
        There is no such file, it is none, of another version of the format, cut short, of
        another hierarchy, or of other weights.
    """
    info, arrays = open_arrays(path, _METRIC, _METRIC_ARRAYS)
    if info != _weights_of(topology, info.version):
        raise unavailable(path, _METRIC, f"belongs to another hierarchy ({asdict(info)})")
    if weights is not None and not np.array_equal(weights, arrays["weights"]):
        raise unavailable(path, _METRIC, "is of other drive times than the graph beside it")
    up, down = (
        Side(*(arrays[f"{side}_{name}"] for name in _SIDE_ARRAYS)) for side in ("up", "down")
    )
    return info.version, Metric(arrays["weights"], up, down)


def metric_version(path: Path) -> int:
    """Which metric is there now; cheap enough to ask before each question.

    Raises
    ------
    GraphUnavailable
        As for `open_metric`.
    """
    return read_header(path, _METRIC).version


def _weights_of(topology: Topology, version: int) -> _Weights:
    return _Weights(version, topology.n, len(topology.slot), zlib.crc32(topology.place.data))


def _of(graph: RoadGraph) -> _Of:
    info = graph.info
    return _Of(info.source_sha256, info.recipe_sha256, graph.n_vertices, graph.n_arcs)
