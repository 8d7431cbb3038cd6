"""What apps tell of themselves: the newest word of each technician's."""

import itertools
from dataclasses import replace

import pytest

from geo_dispatch.services.tracking import devices
from geo_dispatch.tracking.devices import DeviceStatus
from tests.support.fixes import START_MS
from tests.support.tracking import open_tracking

FULL = DeviceStatus("owntracks", START_MS, battery=0.9, charging=True)
LOW = DeviceStatus("owntracks", START_MS + 1, battery=0.1, charging=False)
SHUT = DeviceStatus("traccar", START_MS + 2, outage="no_permission")


@pytest.fixture
def office(tmp_path, empty_redis):
    with open_tracking(tmp_path, empty_redis) as office:
        office.later()
        yield office


@pytest.fixture
def van(office):
    return office.office.technician()


@pytest.mark.parametrize("told", list(itertools.permutations([FULL, LOW, SHUT])))
def test_the_newest_word_by_event_time_holds_in_whatever_order_it_comes(office, van, told):
    for status in told:
        devices.note(office.ctx, {van.id: status})
    assert devices.of(office.ctx, [van.id]) == {van.id: SHUT}


def test_of_two_words_at_one_time_the_same_one_holds_in_either_order(office):
    first, second = office.office.technician(), office.office.technician()
    told = [FULL, replace(FULL, battery=0.2)]
    for status in told:
        devices.note(office.ctx, {first.id: status})
    for status in reversed(told):
        devices.note(office.ctx, {second.id: status})
    known = devices.of(office.ctx, [first.id, second.id])
    assert known[first.id] == known[second.id]


def test_a_clock_that_runs_ahead_does_not_freeze_the_status(office, van):
    ahead = replace(FULL, at_ms=START_MS + 10**12)
    devices.note(office.ctx, {van.id: ahead})
    office.office.clock.go_on(minutes=1)
    devices.note(office.ctx, {van.id: replace(SHUT, at_ms=START_MS + 10**12)})
    assert devices.of(office.ctx, [van.id])[van.id].outage == "no_permission"


def test_unknown_technicians_are_left_out(office, van):
    devices.note(office.ctx, {"te_nobody": FULL, van.id: FULL})
    assert devices.of(office.ctx, ["te_nobody", van.id]) == {van.id: FULL}


def test_the_same_word_is_kept_once_a_minute(office, van):
    devices.note(office.ctx, {van.id: FULL})
    devices.note(office.ctx, {van.id: replace(FULL, at_ms=START_MS + 59_999)})
    assert devices.of(office.ctx, [van.id]) == {van.id: FULL}
    later = replace(FULL, at_ms=START_MS + 60_000)
    devices.note(office.ctx, {van.id: later})
    assert devices.of(office.ctx, [van.id]) == {van.id: later}
