"""Risks and delays in the records: told once, before the limit, and cleared."""

from datetime import timedelta

import pytest
import redis

from geo_dispatch.adapters.redis_server import RedisServer
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.kernel.time import Window
from geo_dispatch.services.dispatching import eta
from geo_dispatch.services.sla import risks
from tests.support.ascii_map import AsciiMap, Town
from tests.support.dispatch_office import open_dispatch_office
from tests.support.policies import publish

ROAD = "A" + "-" * 79 + "B" + "-" * 79 + "C" + "-" * 79 + "D"
RISKS = ("order.at_risk", "order.risk_cleared")
EMERGENCIES = """
[[sla]]
name = "emergency"
priorities = [1]
response_s = 3600
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return Town(AsciiMap(ROAD), tmp_path_factory.mktemp("road"))


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory):
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server.url


@pytest.fixture
def desk(tmp_path, town, redis_url):
    with open_dispatch_office(tmp_path, town, redis_url) as office:
        with redis.Redis.from_url(redis_url) as server:
            server.flushall()
        yield office


@pytest.fixture
def van(desk):
    technician = desk.technician("Van 01", "A")
    desk.ping(technician, "A")
    return technician


def wait(desk, van, place="A", **delta):
    """Time goes on, and the van is there then."""
    desk.clock.go_on(**delta)
    desk.ping(van, place)
    eta.refresh(desk.ctx, [van.id])


def given(desk, order, van):
    """The order in the van's hands, whatever speaks against it."""
    command = c.Assign(
        assignment_id=desk.ctx.new_id("as"), technician_id=van.id, sequence=1, source="manual"
    )
    return desk.office.apply(order.id, command)


def logged(desk, order, *types):
    with desk.ctx.store.read() as unit:
        return unit.events(streams=[f"order:{order.id}"], types=types)


@pytest.mark.capability("FA-064")
def test_a_van_that_stands_still_puts_its_order_at_risk_once_and_before_the_window_ends(desk, van):
    drive_s = desk.town.seconds("A", "D")
    window = desk.window(0, drive_s / 60 + 10)
    order = given(desk, desk.order("D", window=window), van)
    for _ in range(14):
        wait(desk, van, minutes=1)
    (told,) = logged(desk, order, *RISKS)
    assert told.body["limit"] == "window"
    assert told.at == window.end - timedelta(seconds=drive_s) + timedelta(
        seconds=desk.read(order).risk.late_by_s
    )
    assert told.at < window.end
    assert 0 < told.body["late_by_s"] <= 60


def test_a_risk_clears_when_the_van_is_quicker_than_feared(desk, van):
    drive_s = desk.town.seconds("A", "D")
    order = given(desk, desk.order("D", window=desk.window(0, drive_s / 60 + 1)), van)
    wait(desk, van, minutes=2)
    assert desk.read(order).risk.limit == "window"
    wait(desk, van, "C", minutes=1)
    assert desk.read(order).risk is None
    assert [one.type for one in logged(desk, order, *RISKS)] == list(RISKS)


@pytest.mark.capability("FA-040")
def test_a_breach_of_the_response_is_predicted_from_the_eta(desk, van):
    publish(desk.ctx, EMERGENCIES)
    order = given(desk, desk.order("D", priority=1), van)
    due_at = order.sla.response.due_at
    left = due_at - desk.clock.now - timedelta(seconds=desk.town.seconds("A", "D"))
    wait(desk, van, seconds=left.total_seconds() + 30)
    (told,) = logged(desk, order, *RISKS)
    assert told.body["limit"] == "sla_response"
    assert told.at < due_at


def test_what_nobody_has_is_at_risk_while_somebody_could_still_be_sent(desk):
    publish(desk.ctx, EMERGENCIES)
    order = desk.order("D", priority=1)
    assert risks.watch_waiting(desk.ctx) == []
    desk.clock.go_on(minutes=46)
    (told,) = risks.watch_waiting(desk.ctx)
    assert (told.id, told.risk.limit) == (order.id, "sla_response")
    desk.clock.go_on(minutes=5)
    assert risks.watch_waiting(desk.ctx) == []


def test_a_delay_is_told_each_time_the_arrival_is_later_than_told_by_the_policys_measure(desk, van):
    order = given(desk, desk.order("D"), van)
    wait(desk, van, seconds=20)
    announced = eta.eta_of(desk.ctx, order.id).eta
    for _ in range(40):
        wait(desk, van, minutes=1)
    told = logged(desk, order, "order.delayed")
    assert [one.body["by_s"] for one in told] == pytest.approx([960, 960], abs=60.1)
    assert told[0].event.eta_before == announced
    assert told[1].event.eta_before == told[0].event.eta


def test_a_delay_that_another_technician_makes_up_for_is_measured_anew(desk, van):
    order = given(desk, desk.order("D"), van)
    wait(desk, van, seconds=20)
    desk.office.apply(order.id, c.Unassign())
    for _ in range(20):
        desk.clock.go_on(minutes=1)
    given(desk, order, van)
    wait(desk, van, seconds=20)
    assert logged(desk, order, "order.delayed") == []


def test_a_window_in_the_past_is_told_as_missed_when_it_is_first_looked_at(desk, van):
    ended = Window(desk.clock.now - timedelta(hours=2), desk.clock.now - timedelta(hours=1))
    order = given(desk, desk.order("D", window=ended), van)
    wait(desk, van, seconds=20)
    assert desk.read(order).risk.late_by_s > 3600
