"""ETAs are worked out for who moved and whose plan changed, and for everybody now and then."""

from dataclasses import replace
from datetime import timedelta

import pytest
import shapely

from geo_dispatch.adapters.redis_server import RedisServer
from geo_dispatch.kernel.errors import Unavailable
from geo_dispatch.roads.changes import speed_factor
from geo_dispatch.services.areas import road_changes
from geo_dispatch.services.areas.live_roads import LiveRoads
from geo_dispatch.services.areas.road_keeper import RoadKeeper
from geo_dispatch.services.dispatching import eta_keeper
from geo_dispatch.services.dispatching.eta_keeper import EtaKeeper
from tests.support.dispatch_office import open_dispatch_office
from tests.support.records import DISPATCHER
from tests.support.upset import ROAD

STREET = ROAD


@pytest.fixture
def desk(live_desk):
    return live_desk


@pytest.fixture
def van(desk):
    technician = desk.technician("Van 01", "A")
    desk.ping(technician, "A")
    return technician


def told(desk, order):
    return len(desk.events(order, "order.eta"))


def test_who_moved_is_worked_out_and_nobody_else(desk, van):
    other = desk.technician("Van 02", "B")
    desk.ping(other, "B")
    orders = [desk.assign(desk.order("C"), one) for one in (van, other)]
    keeper = EtaKeeper(desk.ctx, lambda: False)
    keeper.note([van.id])
    keeper.follow()
    assert [told(desk, order) for order in orders] == [1, 0]


def test_a_changed_plan_is_noticed_in_the_log(desk, van):
    order = desk.assign(desk.order("C"), van)
    EtaKeeper(desk.ctx, lambda: True).follow()
    assert told(desk, order) == 1


def test_everybody_with_an_order_in_hand_is_looked_at_in_turn(desk):
    orders = []
    for number in range(eta_keeper.AT_ONCE + 1):
        technician = desk.technician(f"Van {number:02}", "A")
        orders.append(desk.assign(desk.order("C"), technician))
    keeper = EtaKeeper(desk.ctx, lambda: True)
    keeper.look()
    keeper.follow()
    assert all(told(desk, order) == 1 for order in orders)


def test_who_could_not_be_worked_out_is_not_forgotten(tmp_path, town):
    with RedisServer(tmp_path) as server, open_dispatch_office(tmp_path, town, server.url) as desk:
        van = desk.technician("Van 01", "A")
        desk.ping(van, "A")
        order = desk.assign(desk.order("C"), van)
        keeper = EtaKeeper(desk.ctx, lambda: False)
        keeper.note([van.id])
        server.stop()
        with pytest.raises(Unavailable):
            keeper.follow()
        server.start()
        keeper.follow()
        assert told(desk, order) == 1


def test_a_change_on_the_road_has_everybodys_worked_out_at_once(desk, van):
    order = desk.assign(desk.order("C"), van)
    keeper = EtaKeeper(desk.ctx, lambda: True)
    keeper.follow()
    (before,) = desk.events(order, "order.eta")
    slow = speed_factor(shapely.box(9.0, 46.0, 10.0, 48.0), 50.0)
    road_changes.enter(desk.ctx, slow, road_changes.Note("black ice"), actor=DISPATCHER)
    keeper.follow()
    _, after = desk.events(order, "order.eta")
    assert after["drive_s"] > 10 * before["drive_s"]


def test_a_worker_that_hears_of_no_change_doesnt_put_an_eta_of_old_roads_in_its_place(desk, van):
    order = desk.assign(desk.order("C"), van)
    EtaKeeper(desk.ctx, lambda: True).follow()
    slow = speed_factor(shapely.box(9.0, 46.0, 10.0, 48.0), 50.0)
    road_changes.enter(desk.ctx, slow, road_changes.Note("black ice"), actor=DISPATCHER)
    EtaKeeper(desk.ctx, lambda: True).follow()
    other = EtaKeeper(
        replace(desk.ctx, live_roads=LiveRoads(desk.town.engine)), follows_the_log=lambda: False
    )
    desk.clock.go_on(minutes=1)
    desk.ping(van, "A")
    other.note([van.id])
    other.follow()
    before, *later = (one["drive_s"] for one in desk.events(order, "order.eta"))
    assert later
    assert all(one > 10 * before for one in later)


def test_where_a_change_begins_after_the_log_told_of_it_etas_are_worked_out_then(desk, van):
    order = desk.assign(desk.order("C"), van)
    begins = desk.clock.now + timedelta(seconds=5)
    slow = speed_factor(shapely.box(9.0, 46.0, 10.0, 48.0), 50.0)
    note = road_changes.Note("black ice", starts_at=begins)
    road_changes.enter(desk.ctx, slow, note, actor=DISPATCHER)
    behind = replace(
        desk.ctx,
        live_roads=LiveRoads(desk.town.engine),
        clock=lambda: desk.clock.now - timedelta(seconds=2),
    )
    keeper = EtaKeeper(behind, lambda: True)
    desk.clock.now = begins
    RoadKeeper(desk.ctx).turn()  # tells the log
    keeper.follow()
    desk.clock.now += timedelta(seconds=2)
    RoadKeeper(behind).turn()
    keeper.follow()
    before, after = desk.events(order, "order.eta")
    assert after["drive_s"] > 10 * before["drive_s"]
