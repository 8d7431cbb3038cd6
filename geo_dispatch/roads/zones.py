"""Streets that are slower than usual, or closed, within an area: for what-if questions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_dispatch.roads.graph import FORBIDDEN_MS, RoadGraph


def slowed(
    graph: RoadGraph, area: shapely.Polygon | shapely.MultiPolygon, factor: float | None
) -> RoadGraph:
    """The graph with other drive times inside the area; all else is shared with the original.

    Parameters
    ----------
    area
        Polygon, lon, lat.
    factor
        Driving inside takes so many times as long; a street that lies in it by half is slowed by
        half. None closes every street that touches the area, in both directions: nobody drives
        through, and who goes to a place on one stops at the nearest street that is open.

    Raises
    ------
    ValueError
        The factor is not above 0.
    """
    if factor is not None and not factor > 0:
        raise ValueError(f"a factor of {factor} makes driving take no time; give one above 0")
    street_of = np.repeat(np.arange(graph.n_streets), np.diff(graph.shape_start))
    lines: NDArray[np.object_] = np.asarray(
        shapely.linestrings(graph.shape_lonlats, indices=street_of)
    )
    shapely.prepare(area)
    touched = np.flatnonzero(shapely.intersects(lines, area))
    drive_ms = graph.drive_ms.copy()
    both = np.concatenate([2 * touched, 2 * touched + 1])
    snappable = graph.snappable.copy()
    if factor is None:
        drive_ms[both] = FORBIDDEN_MS
        snappable[touched] = False
    else:
        share = np.ones(len(touched))
        across = ~shapely.covers(area, lines[touched])  # few, and only they have to be cut
        cut = lines[touched[across]]
        inside = shapely.length(shapely.intersection(cut, area))
        share[across] = inside / np.maximum(shapely.length(cut), _TINY_DEG)
        open_ms = drive_ms[both]
        longer = np.rint(open_ms * np.tile(1.0 + (factor - 1.0) * share, 2))
        slow_ms = np.minimum(longer, FORBIDDEN_MS - 1).astype(np.int32)
        drive_ms[both] = np.where(open_ms >= FORBIDDEN_MS, FORBIDDEN_MS, slow_ms)
    return replace(graph, drive_ms=drive_ms, snappable=snappable)


_TINY_DEG = 1e-12
