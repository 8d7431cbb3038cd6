"""The nearest technicians come first, and nobody is missed."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from geo_dispatch.kernel.cells import lonlat_to_cell
from geo_dispatch.kernel.geo import LonLat, haversine_m
from geo_dispatch.tracking.nearest import PositionIndex
from geo_dispatch.tracking.positions import Position


def position(name, lon, lat, at_ms=0):
    place = LonLat(lon, lat)
    return Position(name, at_ms, place, lonlat_to_cell(place))


@pytest.mark.parametrize("middle", [(9.5, 47.1), (24.9, 60.2), (-71.0, -33.4), (103.8, 1.3)])
@pytest.mark.parametrize("spread_deg", [0.02, 0.3, 3.0])
def test_rings_give_everybody_by_non_decreasing_sound_bounds(middle, spread_deg):
    draw = random.Random(11)

    def anywhere():
        return (
            middle[0] + draw.uniform(-spread_deg, spread_deg),
            middle[1] + draw.uniform(-spread_deg, spread_deg),
        )

    positions = [position(f"te_{n}", *anywhere()) for n in range(300)]
    index = PositionIndex(positions)
    for _ in range(10):
        place = LonLat(*anywhere())
        found = list(index.rings(place))
        bounds = [bound_m for _, _, bound_m in found]
        assert sorted(name for name, _, _ in found) == sorted(p.technician_id for p in positions)
        assert bounds == sorted(bounds)
        assert all(bound_m <= haversine_m(place, one.place) + 1e-6 for _, one, bound_m in found)
        nearest = min(positions, key=lambda one: haversine_m(place, one.place))
        assert found[0][0] == nearest.technician_id


def test_the_newest_fix_by_event_time_counts():
    index = PositionIndex([position("te_1", 9.5, 47.1, at_ms=10)])
    assert not index.update(position("te_1", 9.9, 47.1, at_ms=5))
    assert index.update(position("te_1", 9.6, 47.1, at_ms=20))
    assert index.get("te_1").place.lon == 9.6
    assert len(index) == 1


def test_who_is_removed_is_not_found():
    index = PositionIndex([position("te_1", 9.5, 47.1), position("te_2", 9.5, 47.1)])
    index.remove("te_1")
    index.remove("te_3")
    assert [name for name, _, _ in index.rings(LonLat(9.5, 47.1))] == ["te_2"]


def test_a_search_sees_everybody_once_while_another_thread_moves_them():
    index = PositionIndex([position(f"te_{n}", 9.5, 47.1) for n in range(50)])
    searched = threading.Event()

    def drive():
        at_ms = 1
        while not searched.is_set():
            for number in range(50):
                index.update(position(f"te_{number}", 9.5 + (at_ms % 7) / 10, 47.1, at_ms))
            at_ms += 1

    with ThreadPoolExecutor(1) as pool:
        moving = pool.submit(drive)
        try:
            for _ in range(200):
                names = [name for name, _, _ in index.rings(LonLat(9.5, 47.1))]
                assert sorted(names) == sorted(f"te_{n}" for n in range(50))
        finally:
            searched.set()
        moving.result(timeout=10)
