"""The visits that planners weigh territories with."""

import numpy as np
import pytest

from geo_dispatch.adapters.osm_features import read_features
from geo_dispatch.config import Settings
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.kernel.errors import InvalidFile, NotFound
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.units import UNREACHABLE_MS
from geo_dispatch.services.areas import workload
from tests.support.extract import LIECHTENSTEIN
from tests.support.records import open_office
from tests.support.shapes import square, territory


@pytest.fixture
def settings(workspace):
    return Settings(workspace=workspace)


def test_the_visits_of_all_orders_but_cancelled_ones_count(tmp_path):
    with open_office(tmp_path) as office:
        assert workload.recorded(office.desk.store) is None
        office.order(office.site("A", LonLat(9.51, 47.11)), duration_s=1800.0)
        cancelled = office.order(office.site("B", LonLat(9.52, 47.12)))
        office.apply(cancelled.id, c.Cancel(reason="closed"))
        found = workload.recorded(office.desk.store)
    assert found.origin == "visits of the work orders on record"
    assert found.lonlats.tolist() == [[9.51, 47.11]]
    assert found.work_min.tolist() == [30.0]


def test_made_up_visits_are_at_real_buildings_and_the_same_for_each_seed(settings):
    first = workload.synthetic(settings, visits=50, seed=1)
    again = workload.synthetic(settings, visits=50, seed=1)
    other = workload.synthetic(settings, visits=50, seed=2)
    buildings = [f.geometry for f in read_features(LIECHTENSTEIN) if f.kind == "building"]
    points = {b.representative_point().coords[0] for b in buildings}
    assert set(map(tuple, first.lonlats.tolist())) <= points
    assert np.array_equal(first.lonlats, again.lonlats)
    assert np.array_equal(first.work_min, again.work_min)
    assert not np.array_equal(first.lonlats, other.lonlats)


def test_more_visits_than_buildings_are_refused(settings):
    with pytest.raises(InvalidFile, match="has 3723 buildings, fewer than 5000 visits"):
        workload.synthetic(settings, visits=5000, seed=1)


def test_an_area_without_recipe_is_told_the_remedy(tmp_path):
    with pytest.raises(NotFound, match="roads build"):
        workload.synthetic(Settings(workspace=tmp_path), visits=5, seed=1)


def test_each_territory_weighs_its_own_visits():
    west, east = territory("West", square(0, 0)), territory("East", square(1, 0))
    visits = workload.Workload(
        "3", np.array([[9.502, 47.105], [9.505, 47.105], [9.515, 47.105]]), np.array([30.0, 60, 90])
    )
    minute = 60_000
    matrix = np.array(
        [[0, minute, 0], [2 * minute, 0, UNREACHABLE_MS], [0, UNREACHABLE_MS, 0]], dtype=np.int32
    )
    owners, (west_load, east_load) = workload.weigh([west, east], visits, matrix)
    assert owners == ["west", "west", "east"]
    assert (west_load.visits, west_load.work_min, west_load.drive_min) == (2, 90.0, 1.0)
    assert (east_load.visits, east_load.work_min, east_load.drive_min) == (1, 90.0, 0.0)
