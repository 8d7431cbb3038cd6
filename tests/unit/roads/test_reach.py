from __future__ import annotations

import numpy as np
import pytest
import shapely

from geo_dispatch.kernel.geo import METRES_PER_DEGREE

GRID = "A----B----C\n|    |    |\nD----E----F\n|    |    |\nG----H----J"


@pytest.mark.parametrize("within_s", [0.0, 10.0, 30.0, 60.0])
def test_what_can_be_reached_in_time_is_inside_and_what_takes_long_is_not(within_s, town) -> None:
    streets = town(GRID, ways={"AB": {"oneway": "yes"}, "EF": {"oneway": "-1"}})
    source = streets.at("AB")
    area = streets.engine.reach(source, within_s)
    assert area.is_valid
    shapely.prepare(area)
    rng = np.random.default_rng(5)
    west, south, east, north = streets.engine.bounds
    snaps = streets.engine.snap(rng.uniform((west, south), (east, north), (300, 2)))
    start = streets.engine.snap(np.array([source]))
    times = streets.engine.matrix(start, snaps)[0] / 1000
    for place, seconds in zip(snaps.lonlats, times, strict=True):
        if seconds <= within_s:
            assert area.contains(shapely.Point(place))
        # Three cells of 60 m beyond, at the speed of the slowest way there.
        if not area.contains(shapely.Point(place)):
            assert seconds > within_s
    reached = snaps.lonlats[times <= within_s]
    if len(reached):
        near = shapely.MultiPoint(reached).buffer(260 / METRES_PER_DEGREE / 0.68)
        assert near.covers(area)


def test_more_time_reaches_no_less(town) -> None:
    streets = town(GRID)
    near, far = (streets.engine.reach(streets.at("A"), s) for s in (10, 30))
    assert far.buffer(1e-4).covers(near)
    assert far.area > near.area


def test_a_one_way_street_is_not_reached_against_its_direction(town) -> None:
    streets = town("A--------------------B--------------------C", ways={"AB": {"oneway": "yes"}})
    area = streets.engine.reach(streets.at("AB"), 20)
    assert area.contains(shapely.Point(streets.at("AB.7")))
    assert not area.contains(shapely.Point(streets.at("AB.1")))
