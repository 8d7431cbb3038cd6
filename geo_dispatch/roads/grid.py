"""The street segments around a place: a grid of cells, each with the segments that cross it.

Kernels, and the arrays that they read. Cells are squares of metres in the middle of the area;
distances are measured around each place itself.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.kernel.geo import METRES_PER_DEGREE
from geo_dispatch.roads.compiled import compiled
from geo_dispatch.roads.readonly import read_only

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int32]

_CELL_M: Final = 100.0
_CELLS_PER_SEGMENT: Final = 2.0
"""Where segments are few and far between, cells are larger, so that there aren't more of them."""


class Grid(NamedTuple):
    """Segments by cell, rows of cells from south to north.

    Attributes
    ----------
    corner, step
        (2,) lon, lat of the south-western corner; (2,) degrees from cell to cell.
    size
        (2,) int64 columns, rows.
    start, segment
        (cells + 1,) int64, (k,) int32: which of the segments cross a cell, ascending.
    begin, end
        (s, 2) lon, lat of the ends of segments.
    """

    corner: _Floats
    step: _Floats
    size: NDArray[np.int64]
    start: NDArray[np.int64]
    segment: _Ints
    begin: _Floats
    end: _Floats


def grid_of(begin: _Floats, end: _Floats) -> Grid:
    """The grid over segments between (s, 2) and (s, 2) lon, lat; at least one."""
    low = np.minimum(begin.min(axis=0), end.min(axis=0))
    high = np.maximum(begin.max(axis=0), end.max(axis=0))
    scale = METRES_PER_DEGREE * np.array([math.cos(math.radians((low[1] + high[1]) / 2)), 1.0])
    wide_m, high_m = (high - low) * scale
    cell_m = max(_CELL_M, math.sqrt(wide_m * high_m / (_CELLS_PER_SEGMENT * len(begin))))
    step = cell_m / scale
    size = ((high - low) / step).astype(np.int64) + 1
    begin, end = read_only(np.ascontiguousarray(begin)), read_only(np.ascontiguousarray(end))
    start, segment = _filled(low, step, size, begin, end)
    return Grid(low, step, size, start, segment, begin, end)


@compiled
def _filled(
    corner: _Floats, step: _Floats, size: NDArray[np.int64], begin: _Floats, end: _Floats
) -> tuple[NDArray[np.int64], _Ints]:
    """Cells that each segment crosses, column by column; counted first, then written."""
    start = np.zeros(size[0] * size[1] + 1, np.int64)
    put = np.zeros(1, np.int64)
    segment = np.empty(0, np.int32)
    for writing in (False, True):
        if writing:
            start = np.cumsum(start)
            put, segment = start.copy(), np.empty(start[-1], np.int32)
        for s in range(len(begin)):
            ax, ay = (begin[s, 0] - corner[0]) / step[0], (begin[s, 1] - corner[1]) / step[1]
            bx, by = (end[s, 0] - corner[0]) / step[0], (end[s, 1] - corner[1]) / step[1]
            if ax > bx:
                ax, ay, bx, by = bx, by, ax, ay
            slope = (by - ay) / (bx - ax) if bx > ax else 0.0
            for column in range(int(ax), min(int(bx), size[0] - 1) + 1):
                # one end of the segment's piece in this column, and the other
                one = ay + slope * (max(ax, float(column)) - ax)
                other = ay + slope * (min(bx, column + 1.0) - ax) if bx > ax else by
                low, high = min(one, other) - _ROUNDING, max(one, other) + _ROUNDING
                for row in range(max(int(low), 0), min(int(high), size[1] - 1) + 1):
                    cell = column * size[1] + row
                    if writing:
                        segment[put[cell]] = s
                        put[cell] += 1
                    else:
                        start[cell + 1] += 1
    return start, segment


_ROUNDING: Final = 1e-6
"""Shares of a cell by which the crossing of a segment with a column may be off."""


@compiled
def nearest(grid: Grid, lonlats: _Floats, within_m: float) -> tuple[_Ints, _Floats]:
    """(n,) the nearest segment to each point, -1 for none within reach, and (n,) how far it is.

    Cells are looked at in rings around the point, until no other ring can hold anything nearer.
    Of segments equally near, the first counts.
    """
    found, far_m = np.full(len(lonlats), -1, np.int32), np.full(len(lonlats), np.inf)
    for i in range(len(lonlats)):
        lon, lat = lonlats[i, 0], lonlats[i, 1]
        if not (np.isfinite(lon) and np.isfinite(lat)):
            continue
        east_m, north_m = METRES_PER_DEGREE * math.cos(math.radians(lat)), METRES_PER_DEGREE
        x, y = (lon - grid.corner[0]) / grid.step[0], (lat - grid.corner[1]) / grid.step[1]
        cell_m = min(grid.step[0] * east_m, grid.step[1] * north_m)
        # rings of a point outside begin where the grid does
        out_x = max(-x, x - grid.size[0], 0.0) * grid.step[0] * east_m
        out_y = max(-y, y - grid.size[1], 0.0) * grid.step[1] * north_m
        if max(out_x, out_y) > within_m:
            continue
        column, row = math.floor(x), math.floor(y)
        ring = max(-column, column - grid.size[0] + 1, -row, row - grid.size[1] + 1, 0)
        last = max(column, grid.size[0] - 1 - column, row, grid.size[1] - 1 - row)
        best = within_m * within_m
        while ring <= last:
            inside = min(x - column, column + 1 - x, y - row, row + 1 - y)
            clear_m = (ring - 1 + inside) * cell_m
            if ring > 0 and clear_m > 0 and clear_m * clear_m > best:
                break
            for at_column in range(max(column - ring, 0), min(column + ring, grid.size[0] - 1) + 1):
                whole = abs(at_column - column) == ring
                stride = 1 if whole or ring == 0 else 2 * ring
                for at_row in range(row - ring, row + ring + 1, stride):
                    if at_row < 0 or at_row >= grid.size[1]:
                        continue
                    cell = at_column * grid.size[1] + at_row
                    place = lon, lat, east_m, north_m
                    found[i], best = _nearer(grid, cell, place, found[i], best)
            ring += 1
        if found[i] >= 0:
            far_m[i] = math.sqrt(best)
    return found, far_m


@compiled
def _nearer(
    grid: Grid, cell: int, place: tuple[float, float, float, float], found: int, best: float
) -> tuple[int, float]:
    """The nearest of what was found and a cell's segments, and its distance squared."""
    lon, lat, east_m, north_m = place
    for at in range(grid.start[cell], grid.start[cell + 1]):
        s = grid.segment[at]
        ax, ay = (grid.begin[s, 0] - lon) * east_m, (grid.begin[s, 1] - lat) * north_m
        dx = (grid.end[s, 0] - grid.begin[s, 0]) * east_m
        dy = (grid.end[s, 1] - grid.begin[s, 1]) * north_m
        squared = max(dx * dx + dy * dy, 1e-12)
        share = min(max(-(ax * dx + ay * dy) / squared, 0.0), 1.0)
        px, py = ax + share * dx, ay + share * dy
        apart = px * px + py * py
        if apart < best or (apart == best and (s < found or found < 0)):
            best, found = apart, s
    return found, best


@compiled
def around(grid: Grid, lonlats: _Floats, radius_m: _Floats) -> tuple[_Ints, _Ints]:
    """Rows of points and segments of all cells that may hold something within each one's radius.

    A segment comes once for each of the cells that it crosses.
    """
    rows, found = np.empty(256, np.int32), np.empty(256, np.int32)
    size = 0
    for i in range(len(lonlats)):
        lon, lat = lonlats[i, 0], lonlats[i, 1]
        if not (np.isfinite(lon) and np.isfinite(lat)):
            continue
        reach_x = radius_m[i] / (METRES_PER_DEGREE * math.cos(math.radians(lat)) * grid.step[0])
        reach_y = radius_m[i] / (METRES_PER_DEGREE * grid.step[1])
        x, y = (lon - grid.corner[0]) / grid.step[0], (lat - grid.corner[1]) / grid.step[1]
        for column in range(
            max(math.floor(x - reach_x), 0), min(math.floor(x + reach_x), grid.size[0] - 1) + 1
        ):
            low = max(math.floor(y - reach_y), 0)
            high = min(math.floor(y + reach_y), grid.size[1] - 1)
            if low > high:
                continue
            first = grid.start[column * grid.size[1] + low]
            behind = grid.start[column * grid.size[1] + high + 1]
            if size + behind - first > len(rows):
                more = np.empty(2 * len(rows) + behind - first, np.int32)
                more[:size] = rows[:size]
                rows = more
                more = np.empty(len(rows), np.int32)
                more[:size] = found[:size]
                found = more
            rows[size : size + behind - first] = i
            found[size : size + behind - first] = grid.segment[first:behind]
            size += behind - first
    return rows[:size], found[:size]
