"""Places: distances, bearings and the borders of the earth."""

import math

import numpy as np
import pytest

from geo_dispatch.kernel import geo
from geo_dispatch.kernel.errors import InvalidPosition
from geo_dispatch.kernel.geo import LonLat


def test_a_degree_of_latitude_is_111_km():
    assert geo.haversine_m(LonLat(9.5, 47.0), LonLat(9.5, 48.0)) == pytest.approx(111_195, abs=1)


def test_distances_of_arrays_equal_distances_of_pairs():
    a = np.array([[9.5, 47.1], [9.6, 47.2]])
    b = np.array([9.55, 47.15])
    assert geo.haversines_m(a, b) == pytest.approx(
        [geo.haversine_m(LonLat(*row), LonLat(*b)) for row in a]
    )


@pytest.mark.parametrize(("to", "bearing"), [((9.5, 48), 0), ((9.6, 47), 90), ((9.4, 47), 270)])
def test_bearings_are_compass_bearings(to, bearing):
    assert geo.bearing_deg(LonLat(9.5, 47), LonLat(*to)) == pytest.approx(bearing, abs=0.1)


def test_local_metres_go_there_and_back():
    origin = LonLat(9.5, 47.1)
    lonlats = np.array([[9.51, 47.12], [9.4, 47.0]])
    local = geo.lonlat_to_local_m(lonlats, origin)
    assert np.hypot(*local[0]) == pytest.approx(geo.haversine_m(origin, LonLat(*lonlats[0])), 1e-3)
    assert geo.local_m_to_lonlat(local, origin) == pytest.approx(lonlats)


@pytest.mark.parametrize(("lon", "lat"), [(181, 0), (0, 91), (math.nan, 0), (0, math.inf)])
def test_a_position_off_the_earth_is_refused_by_name(lon, lat):
    with pytest.raises(InvalidPosition, match="not on the earth") as caught:
        geo.checked_lonlat(lon, lat, "pings[3]")
    assert caught.value.faults[0].where.startswith("pings[3].")


def test_swapped_coordinates_get_a_hint():
    with pytest.raises(InvalidPosition, match="swapped"):
        geo.checked_lonlat(47.1, 99.5)
