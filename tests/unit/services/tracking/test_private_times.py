"""The private switch: at once, ended by itself, unlocked only in the open."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from geo_dispatch.dispatch.records.technicians import Shift
from geo_dispatch.kernel.actors import Actor, Role
from geo_dispatch.kernel.errors import Conflict, InvalidInput
from geo_dispatch.kernel.time import ms_to_datetime
from geo_dispatch.services.tracking import private_times
from geo_dispatch.services.tracking.privacy import tracked_times
from tests.support.fixes import START_MS, fix_at
from tests.support.records import DISPATCHER
from tests.support.tracking import open_tracking

VADUZ = ZoneInfo("Europe/Vaduz")
WEEK = tuple(Shift(day, time(8), time(17)) for day in range(5))
HOUR = timedelta(hours=1)


@pytest.fixture
def office(tmp_path, empty_redis):
    with open_tracking(tmp_path, empty_redis) as office:
        office.office.clock.now = datetime(2026, 3, 2, 12, 10, tzinfo=VADUZ)
        yield office


@pytest.fixture
def van(office):
    return office.office.technician(shifts=WEEK)


def phone(van):
    return Actor("token:tok_phone", Role.TECHNICIAN, van.id)


def switch(office, van, *, private, until=None):
    return private_times.switch(office.ctx, van.id, private=private, until=until, actor=phone(van))


def told(office, van):
    with office.ctx.store.read() as unit:
        events = unit.stream(f"technician:{van.id}")
    return [event.type for event in events if not event.type.startswith("record.")]


def local(day, hour):
    return datetime(2026, 3, day, hour, tzinfo=VADUZ)


def test_going_private_removes_the_last_position_and_ends_with_the_next_shift(office, van):
    office.ctx.live.append(0, [fix_at(0, 0, 0, van.id)], 1)
    [position] = office.ctx.live.positions()
    assert office.ctx.live.count_in_cell(position.cell) == 1
    state = switch(office, van, private=True)
    assert not state.tracked
    assert (state.since, state.until) == (office.office.clock.now, local(3, 8))
    assert office.ctx.live.positions() == []
    assert office.ctx.live.count_in_cell(position.cell) == 0


def test_told_again_nothing_changes_but_another_end(office, van):
    switch(office, van, private=True, until=local(2, 14))
    first = private_times.of(office.ctx, van.id)
    office.office.clock.go_on(minutes=5)
    assert switch(office, van, private=True) == first
    later = switch(office, van, private=True, until=local(2, 15))
    assert (later.since, later.until) == (first.since, local(2, 15))
    assert told(office, van) == ["technician.privacy_changed"] * 2


def test_it_is_over_when_told_so_or_by_itself(office, van):
    switch(office, van, private=True, until=local(2, 14))
    office.office.clock.go_on(minutes=5)
    assert switch(office, van, private=False).tracked
    switch(office, van, private=True, until=local(2, 13))
    office.office.clock.go_on(hours=1)
    state = private_times.of(office.ctx, van.id)
    assert (state.tracked, state.since) == (True, None)
    assert switch(office, van, private=False).tracked
    assert told(office, van) == ["technician.privacy_changed"] * 3


def test_switched_on_and_off_and_on_in_one_moment_it_is_on(office, van):
    for private in (True, False, True):
        state = switch(office, van, private=private)
    assert not state.tracked


def test_who_has_no_shift_to_come_is_private_for_half_a_day(office):
    van = office.office.technician()
    state = switch(office, van, private=True)
    assert state.until - state.since == timedelta(hours=12)


@pytest.mark.parametrize("until", [local(2, 12), local(10, 12)])
def test_an_end_that_has_passed_or_is_far_away_is_refused(office, van, until):
    with pytest.raises(InvalidInput, match="cannot end"):
        switch(office, van, private=True, until=until)
    assert private_times.of(office.ctx, van.id).tracked


def test_an_emergency_unlocks_for_a_while_is_logged_and_told_and_ends_no_private_time(office, van):
    switch(office, van, private=True)
    office.office.clock.go_on(minutes=20)
    state = private_times.unlock(office.ctx, van.id, "no answer, gas", HOUR, actor=DISPATCHER)
    assert state.tracked
    assert state.unlocked_until == office.office.clock.now + HOUR
    with office.ctx.store.read() as unit:
        (message,) = unit.messages.search(recipient_id=van.id)
        event = unit.stream(f"technician:{van.id}")[-1]
    assert "no answer, gas" in message.text
    assert (event.type, event.actor) == ("technician.privacy_unlocked", DISPATCHER.label)
    assert event.body["reason"] == "no answer, gas"
    office.office.clock.go_on(minutes=61)
    after = private_times.of(office.ctx, van.id)
    assert not after.tracked
    assert after.since == state.since


def test_who_is_tracked_cannot_be_unlocked_and_an_emergency_has_a_reason(office, van):
    with pytest.raises(Conflict, match="nothing to unlock"):
        private_times.unlock(office.ctx, van.id, "just curious", HOUR, actor=DISPATCHER)
    switch(office, van, private=True)
    with pytest.raises(InvalidInput) as refused:
        private_times.unlock(office.ctx, van.id, " ", 9 * HOUR, actor=DISPATCHER)
    assert [fault.where for fault in refused.value.faults] == ["reason", "minutes"]


def test_the_door_hears_of_private_times(office, van):
    now = office.office.clock.now
    switch(office, van, private=True, until=local(2, 14))
    with office.ctx.store.read() as unit:
        tracked = tracked_times(unit, office.ctx.settings, [van], now)[van.id]
    at = [
        tracked.at(round(moment.timestamp() * 1000))
        for moment in (now - timedelta(seconds=1), now, local(2, 14))
    ]
    assert at == [True, False, True]


def test_what_was_taken_before_the_door_heard_of_it_is_not_kept(office, van):
    office.office.clock.now = ms_to_datetime(START_MS) + timedelta(hours=1)
    early, late = fix_at(0, 0, 3000, van.id), fix_at(50, 0, 3660, van.id)
    switch(office, van, private=True)
    office.ctx.live.append(0, [early, late], 1)
    office.work()
    assert office.history(van.id) == [early]
    assert office.ctx.live.positions() == []
    office.office.clock.go_on(minutes=2)
    switch(office, van, private=False)
    again = fix_at(80, 0, 3600 + 150, van.id)
    office.ctx.live.append(0, [again], 1)
    office.work()
    assert office.history(van.id) == [early, again]
    assert [one.at_ms for one in office.ctx.live.positions()] == [again.at_ms]
