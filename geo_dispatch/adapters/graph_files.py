"""Compiled road graphs on disk, mapped read-only by all processes."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from geo_dispatch.adapters.flat_files import Kind, open_arrays, read_header, write_arrays
from geo_dispatch.roads.graph import ARRAYS, GraphInfo, RoadGraph

FORMAT_VERSION: Final = 3

_KIND: Final = Kind("road graph", b"GDROADS\n", FORMAT_VERSION, GraphInfo)


def write_graph(path: Path, graph: RoadGraph) -> None:
    """Write the graph, whole or not at all."""
    arrays = {name: getattr(graph, name) for name in ARRAYS}
    write_arrays(path, _KIND, graph.info, arrays, ARRAYS)


def open_graph(path: Path) -> RoadGraph:
    """Map a compiled graph.

    Raises
    ------
    GraphUnavailable
        There is no such file, it is no road graph, of another version, or cut short.
    """
    info, arrays = open_arrays(path, _KIND, ARRAYS)
    return RoadGraph(info=info, **arrays)


def read_info(path: Path) -> GraphInfo:
    """Where a compiled graph comes from.

    Raises
    ------
    GraphUnavailable
        As for `open_graph`.
    """
    return read_header(path, _KIND)
