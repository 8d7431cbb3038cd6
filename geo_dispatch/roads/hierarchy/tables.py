"""Drive times of many points to many: labels of both sides, tile by tile.

Tiles bound the memory whatever the size of the matrix, and are what threads share. A cell depends
on its two points alone, so neither changes what comes out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.roads.hierarchy.customisation import Metric
from geo_dispatch.roads.hierarchy.labels import LABEL_BYTES, Labels, Pool
from geo_dispatch.roads.hierarchy.minplus import columns, min_plus, ranges, rows
from geo_dispatch.roads.hierarchy.points import Points
from geo_dispatch.roads.hierarchy.topology import Topology
from geo_dispatch.roads.workers import Workers

_Ints = NDArray[np.int32]
_Rows = NDArray[np.intp]
_Tile = tuple[slice, Pool]

_TARGETS: Final = 4096
_SOURCES: Final = 1024
"""Most points of either side that are laid out at a time."""

_PARTS: Final = 3
"""Parts of the sources for each thread: some take longer than others."""


@dataclass(frozen=True, slots=True, eq=False)
class _Below:
    """A tile of t targets: lowest vertices, columns in the table, (d, t) ms from ancestors."""

    lowest: _Ints
    at_column: _Rows
    ms: _Ints


class Tables:
    """Tables over one metric; may be shared by threads.

    Parameters
    ----------
    workers
        Who works on one table.
    label_bytes
        Most memory that the labels of either direction take.
    """

    def __init__(
        self,
        topology: Topology,
        metric: Metric,
        workers: Workers,
        label_bytes: int = LABEL_BYTES,
    ) -> None:
        self._topology = topology
        self._up = Labels(topology, metric.up, label_bytes)
        self._down = Labels(topology, metric.down, label_bytes)
        self._workers = workers

    def missing(self, sources: Points, targets: Points) -> int:
        """How many vertices of the points have to be labelled first."""
        return self._up.missing(sources.own) + self._down.missing(targets.vertex)

    def fill(
        self, sources: Points, targets: Points, places: tuple[_Rows, _Rows], out: _Ints
    ) -> None:
        """Write the drive times of points that are all on streets.

        Parameters
        ----------
        places
            Rows of the sources and columns of the targets in ``out``.
        """
        by_row, by_column = np.argsort(sources.lowest), np.argsort(targets.lowest)
        sources, targets = sources.take(by_row), targets.take(by_column)
        at_row, at_column = places[0][by_row], places[1][by_column]
        threads = self._workers.threads
        parts = 1 if threads == 1 else _PARTS * threads
        most, leaving = min(_SOURCES, -(-len(sources) // parts)), np.ascontiguousarray(sources.own)
        # the targets' labels are one thread's work; meanwhile another begins with the sources'
        self._workers.beside(partial(self._up.of, leaving[:_SOURCES]))
        for tile in _tiles(self._down, targets.vertex, _TARGETS):
            below = _Below(
                targets.lowest[tile[0]], at_column[tile[0]], self._columns(targets, tile)
            )
            work = partial(self._part, sources, at_row, below, out)
            self._workers.share(_tiles(self._up, leaving, most), work)

    def _columns(self, targets: Points, tile: _Tile) -> _Ints:
        depth, (at, pool) = self._topology.depth, tile
        offset_ms = -targets.after_ms[at]
        return columns(pool, depth, targets.vertex[at], offset_ms, _deep(depth, targets.lowest[at]))

    def _part(self, sources: Points, at_row: _Rows, below: _Below, out: _Ints, tile: _Tile) -> None:
        topology, (at, pool) = self._topology, tile
        lowest = sources.lowest[at]
        deep = _deep(topology.depth, lowest)
        leaving = np.ascontiguousarray(sources.own[at])
        left_ms = np.ascontiguousarray(sources.after_ms[at, :2])
        up = rows(pool, topology.depth, leaving, left_ms, deep)
        tree = topology.parent, topology.depth, topology.first
        ranged = ranges(tree, lowest, below.lowest, deep)
        min_plus(up, below.ms, ranged, (at_row[at], below.at_column), out)


def _tiles(labels: Labels, vertices: _Ints, most: int) -> Iterator[_Tile]:
    """Points by their vertices, some at a time, each time with a pool that has their labels."""
    starts = range(0, len(vertices), most)
    waiting = [slice(at, min(at + most, len(vertices))) for at in reversed(starts)]
    while waiting:
        at = waiting.pop()
        pool = labels.of(vertices[at])
        if pool is not None:
            yield at, pool
        else:
            middle = (at.start + at.stop) // 2
            waiting += [slice(middle, at.stop), slice(at.start, middle)]


def _deep(depth: _Ints, lowest: _Ints) -> int:
    return int(depth[lowest].max()) + 1
