"""Cells: the 52-bit score keeps every coarser cell one range."""

import h3.api.basic_int as h3i
import pytest
import shapely

from geo_dispatch.kernel import cells
from geo_dispatch.kernel.geo import LonLat

VADUZ = LonLat(9.5215, 47.1410)


@pytest.mark.parametrize("resolution", [9, 8, 7, 5])
def test_all_descendants_of_a_cell_and_no_others_lie_in_its_score_range(resolution):
    cell = cells.lonlat_to_cell(VADUZ, resolution)
    low, high = cells.score_range(cell)
    inside = [cells.cell_to_score(c) for c in h3i.cell_to_children(cell, cells.INDEX_RESOLUTION)]
    outside = [
        cells.cell_to_score(c)
        for neighbour in cells.ring(cell, 1)
        for c in h3i.cell_to_children(neighbour, cells.INDEX_RESOLUTION)
    ]
    assert low <= min(inside)
    assert max(inside) <= high
    assert not any(low <= score <= high for score in outside)


def test_a_score_is_exact_in_a_double():
    score = cells.cell_to_score(cells.lonlat_to_cell(VADUZ))
    assert int(float(score)) == score


def test_longitude_comes_first():
    assert cells.cell_to_lonlat(cells.lonlat_to_cell(VADUZ)) == pytest.approx(VADUZ, abs=0.003)


def test_cells_of_an_area_cover_every_point_of_it_holes_left_out():
    square = shapely.box(9.50, 47.10, 9.54, 47.14)
    hole = shapely.box(9.51, 47.11, 9.53, 47.13)
    cover = cells.overlapping_cells(square.difference(hole), 9)
    assert cells.lonlat_to_cell(LonLat(9.5001, 47.1001)) in cover
    assert cells.lonlat_to_cell(LonLat(9.52, 47.12)) not in cover


def test_text_that_is_no_cell_is_refused():
    with pytest.raises(ValueError, match="not an H3 cell"):
        cells.str_to_cell("123")


def test_a_cell_around_a_small_hole_still_overlaps():
    cell = cells.lonlat_to_cell(LonLat(9.5, 47.1), 7)
    lon, lat = cells.cell_to_lonlat(cell)
    hole = shapely.Point(lon, lat).buffer(0.001)
    area = shapely.box(lon - 0.1, lat - 0.1, lon + 0.1, lat + 0.1).difference(hole)
    assert cell in cells.overlapping_cells(area, 7)
    assert cell not in cells.overlapping_cells(
        area.difference(cells.cell_to_polygon(cell).buffer(0.001)), 7
    )
