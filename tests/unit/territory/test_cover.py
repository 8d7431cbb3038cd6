"""Where a place lies; random territories are in tests/property/test_cover.py."""

import numpy as np
import shapely

from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.territory.cover import Assigner
from tests.support.shapes import square, territory

NORTH = territory("North", square(0, 1))
SOUTH = territory("South", square(0, 0), square(3, 0))


def test_a_place_in_an_exclave_belongs_to_its_territory():
    assert Assigner([NORTH, SOUTH]).territory_of(LonLat(9.535, 47.105)) == "south"


def test_a_place_outside_all_has_no_territory():
    assert Assigner([NORTH, SOUTH]).territory_of(LonLat(9.525, 47.105)) is None
    assert Assigner([]).territory_of(LonLat(9.525, 47.105)) is None


def test_a_place_on_a_border_belongs_to_the_first_by_id_whatever_the_order():
    on_border = LonLat(9.505, 47.11)
    assert Assigner([NORTH, SOUTH]).territory_of(on_border) == "north"
    assert Assigner([SOUTH, NORTH]).territory_of(on_border) == "north"


def test_many_places_get_the_answers_of_one_at_a_time():
    assigner = Assigner([NORTH, SOUTH])
    lonlats = np.array([[9.505, 47.105], [9.505, 47.115], [9.525, 47.105], [9.505, 47.11]])
    assert assigner.territories_of(lonlats) == ["south", "north", None, "north"]
    assert assigner.territories_of(np.empty((0, 2))) == []


def test_large_territories_get_coarse_cells():
    assert Assigner([territory("Land", shapely.box(5, 45, 15, 55))]).resolution < 7
    assert Assigner([NORTH]).resolution == 9


def test_polygons_judge_only_at_the_border():
    assert Assigner([territory("Wide", square(0, 0, 20, 20))]).border_share < 0.25
