"""Territories: ids from names, areas in square metres, and what is only rounding."""

import pytest
import shapely

from geo_dispatch.territory.model import area_m2, is_sliver, name_to_id, polygonal, without_slivers
from tests.support.shapes import square


@pytest.mark.parametrize(
    ("name", "id_"),
    [("Triesenberg", "triesenberg"), ("Région Nord 2", "region-nord-2"), ("Αθήνα", "αθηνα")],
)
def test_an_id_is_made_from_a_name_in_any_script(name, id_):
    assert name_to_id(name) == id_


def test_areas_are_square_metres():
    assert area_m2(square(0, 0)) == pytest.approx(1111.95 * 756.9, rel=1e-3)
    assert area_m2(shapely.MultiPolygon()) == 0


def test_a_strip_of_a_centimetre_is_a_sliver_and_a_strip_of_a_metre_is_not():
    assert is_sliver(shapely.box(9.5, 47.1, 9.6, 47.1 + 1e-7))
    assert not is_sliver(shapely.box(9.5, 47.1, 9.6, 47.1 + 1e-5))


def test_slivers_go_from_parts_and_from_holes():
    strip = shapely.box(9.502, 47.105, 9.508, 47.105 + 1e-7)
    shape = shapely.union_all([square(0, 0).difference(strip), square(3, 0, 1, 1e-5)])
    assert without_slivers(shape).equals(square(0, 0))


def test_only_what_has_an_area_is_polygonal():
    mixed = shapely.GeometryCollection([square(0, 0), shapely.Point(1, 1), square(3, 0)])
    assert len(polygonal(mixed).geoms) == 2
    assert polygonal(shapely.Point(1, 1)).is_empty
