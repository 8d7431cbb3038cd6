"""Silence of a technician at work is told once, and once that they are heard again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.kernel.time import datetime_to_ms
from geo_dispatch.services.tracking import devices, silence
from geo_dispatch.tracking.devices import DeviceStatus
from tests.support.upset import ROAD, given, van

STREET = ROAD


@pytest.fixture
def desk(live_desk):
    return live_desk


def said(desk, technician):
    """What was told of the technician, by type."""
    with desk.ctx.store.read() as unit:
        logged = unit.events(
            streams=[f"technician:{technician.id}"], types=["technician.silent", "technician.heard"]
        )
    return [(one.type.partition(".")[2], one.body) for one in logged]


def kinds(desk, technician):
    return [kind for kind, _ in said(desk, technician)]


def watch(desk, minutes=0):
    desk.clock.go_on(minutes=minutes)
    silence.watch(desk.ctx)


def test_silence_is_told_once_and_once_that_it_is_over(desk):
    technician = van(desk, "Van 01", "A")
    last = desk.clock.now
    order = given(desk, technician, "C")
    watch(desk, minutes=15)
    assert said(desk, technician) == []
    for _ in range(3):
        watch(desk, minutes=1)
    ((kind, told),) = said(desk, technician)
    assert (kind, told["order_id"], told["reasons"]) == ("silent", order.id, ["app_silent"])
    assert told["since"].startswith(last.strftime("%Y-%m-%dT%H:%M:%S"))
    desk.ping(technician, "B")
    for _ in range(3):
        watch(desk)
    assert kinds(desk, technician) == ["silent", "heard"]
    watch(desk, minutes=16)
    assert kinds(desk, technician) == ["silent", "heard", "silent"]


def test_the_reason_is_the_apps_own_word_where_it_has_one(desk):
    technician = van(desk, "Van 01", "A")
    given(desk, technician, "C")
    desk.clock.go_on(minutes=16)
    at_ms = datetime_to_ms(desk.clock.now)
    told = DeviceStatus("owntracks", at_ms, battery=0.1, outage="location_off")
    devices.note(desk.ctx, {technician.id: told})
    watch(desk)
    assert said(desk, technician)[0][1]["reasons"] == ["location_off", "low_battery"]


def test_who_has_nothing_in_hand_may_be_silent(desk):
    technician = van(desk, "Van 01", "A")
    watch(desk, minutes=60)
    order = given(desk, technician, "C")
    desk.office.apply(order.id, c.Cancel(reason="called off"))
    watch(desk)
    assert said(desk, technician) == []


def test_who_never_sent_a_position_cannot_fall_silent(desk):
    technician = desk.technician("Van 01", "A")
    given(desk, technician, "C")
    watch(desk, minutes=60)
    assert said(desk, technician) == []


def test_off_shift_nobody_is_silent_and_a_shift_begins_with_a_clean_slate(desk):
    technician = van(desk, "Van 01", "A")
    given(desk, technician, "C")
    evening = desk.clock.now.replace(hour=20, minute=0)
    desk.clock.now = evening
    watch(desk)
    assert said(desk, technician) == []
    desk.clock.now = evening + timedelta(hours=11, minutes=10)  # the shift began ten minutes ago
    watch(desk)
    assert said(desk, technician) == []
    watch(desk, minutes=6)
    assert kinds(desk, technician) == ["silent"]
    watch(desk, minutes=24 * 60)
    assert kinds(desk, technician) == ["silent", "silent"]


def test_an_endpoint_hears_of_it_with_the_order_in_hand(desk):
    technician = van(desk, "Van 01", "A")
    order = given(desk, technician, "C")
    watch(desk, minutes=16)
    with desk.ctx.store.read() as unit:
        told = unit.messages.search(order_id=order.id)[0]
    assert told.type == "technician.silent"
    assert (told.to, told.data["order"]["number"]) == ("client", order.number)
    assert told.data["technician"]["call_sign"] == "Van 01"
    assert told.text == "Van 01 is silent for 16 min: app silent"


def test_two_workers_tell_it_once(desk):
    technician = van(desk, "Van 01", "A")
    given(desk, technician, "C")
    desk.clock.go_on(minutes=16)
    other = replace(desk.ctx, clock=lambda: desk.clock.now)
    silence.watch(desk.ctx)
    silence.watch(other)
    assert kinds(desk, technician) == ["silent"]
