"""Cells in front of polygons never change the answer."""

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_dispatch.kernel import cells
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.territory.cover import Assigner
from tests.support.shapes import brute_force, random_territories

RESOLUTIONS = st.integers(5, 9)
SEEDS = st.integers(0, 2**32 - 1)


def _places(seed, territories):
    """Anywhere, on the corners, on the borders, and a hair beside them."""
    rng = np.random.default_rng(seed)
    corners = shapely.get_coordinates([t.area for t in territories])
    borders = [t.area.boundary for t in territories]
    along = shapely.get_coordinates(
        [shapely.line_interpolate_point(b, rng.uniform(0, 1, 15), normalized=True) for b in borders]
    )
    beside = along + rng.uniform(-1e-6, 1e-6, along.shape)
    anywhere = rng.uniform((9.38, 46.98), (9.72, 47.32), (60, 2))
    return np.concatenate([anywhere, rng.permutation(corners)[:40], along, beside])


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, resolution=RESOLUTIONS)
def test_the_assigner_says_what_the_polygons_say(seed, resolution):
    territories = random_territories(seed)
    assigner = Assigner(territories, resolution)
    places = _places(seed, territories)
    expected = brute_force(territories, places)
    assert assigner.territories_of(places) == expected
    assert [assigner.territory_of(LonLat(*place)) for place in places.tolist()] == expected


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, resolution=RESOLUTIONS)
def test_no_place_in_a_territory_is_missed_by_its_cells(seed, resolution):
    for territory in random_territories(seed, count=2):
        cover = cells.overlapping_cells(territory.area.buffer(1e-6), resolution)
        places = _places(seed, [territory])
        held = places[shapely.intersects_xy(territory.area, places)]
        missed = [
            place
            for place in held.tolist()
            if cells.lonlat_to_cell(LonLat(*place), resolution) not in cover
        ]
        assert missed == []
