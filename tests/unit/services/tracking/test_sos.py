"""An alarm is in the log before the phone hears that it was taken, and open until answered."""

from contextlib import closing
from dataclasses import replace

import pytest

from geo_dispatch.adapters.live_redis import Live
from geo_dispatch.kernel.actors import Actor, Role
from geo_dispatch.kernel.errors import Conflict, RedisUnavailable
from geo_dispatch.services.history import audit, erasure
from geo_dispatch.services.tracking import devices, sos
from geo_dispatch.tracking.devices import DeviceStatus
from tests.support.dispatch_office import NO_REDIS
from tests.support.fixes import START_MS, fix_at
from tests.support.tracking import open_tracking

PRESSED = DeviceStatus("traccar", START_MS, sos=True)
DESK = Actor("token:tok_desk", Role.DISPATCHER)


@pytest.fixture
def office(tmp_path, empty_redis):
    with open_tracking(tmp_path, empty_redis) as office:
        office.later()
        yield office


@pytest.fixture
def van(office):
    return office.office.technician()


def alarms(office, van):
    with office.ctx.store.read() as unit:
        logged = unit.events(streams=[f"technician:{van.id}"], types=["technician.sos"])
    return [one.body for one in logged]


def press(office, van, after_s=0):
    status = replace(PRESSED, at_ms=PRESSED.at_ms + after_s * 1000)
    devices.note(office.ctx, {van.id: status})


def test_an_alarm_is_open_with_its_place_until_somebody_answers(office, van):
    office.send([fix_at(0, 0, 0, technician_id=van.id)])
    press(office, van)
    ((call, whose),) = sos.open_calls(office.ctx)
    assert (call.technician_id, whose.call_sign) == (van.id, van.call_sign)
    (told,) = alarms(office, van)
    assert (round(told["lon"], 4), told["app"]) == (9.5209, "traccar")
    sos.answer(office.ctx, van.id, note="on the phone", actor=DESK)
    assert sos.open_calls(office.ctx) == []
    with pytest.raises(Conflict, match="no alarm"):
        sos.answer(office.ctx, van.id, note="", actor=DESK)


def test_a_phone_that_sends_it_again_calls_once(office, van):
    for after_s in (0, 0, 5, 59):
        press(office, van, after_s)
    assert len(alarms(office, van)) == 1
    press(office, van, 61)
    assert len(alarms(office, van)) == 2


def test_what_is_sent_again_after_the_answer_opens_nothing(office, van):
    press(office, van)
    sos.answer(office.ctx, van.id, note="", actor=DESK)
    press(office, van)
    assert sos.open_calls(office.ctx) == []


def test_an_alarm_without_position_or_order_goes_out_all_the_same(office, van):
    press(office, van)
    with office.ctx.store.read() as unit:
        (told,) = unit.messages.search()
    assert (told.type, told.order_id, told.data["order"]) == ("technician.sos", None, None)
    assert told.data["technician"]["call_sign"] == van.call_sign


def test_an_alarm_names_the_order_in_hand(office):
    order = office.assigned()
    devices.note(office.ctx, {order.technician_id: PRESSED})
    ((call, _),) = sos.open_calls(office.ctx)
    assert call.order_id == order.id


def test_an_alarm_is_taken_though_redis_is_away_and_all_else_is_to_be_told_again(office, van):
    other = office.office.technician("Van 08")
    with closing(Live(NO_REDIS)) as away:
        ctx = replace(office.ctx, live=away)
        devices.note(ctx, {van.id: PRESSED})
        with pytest.raises(RedisUnavailable):
            devices.note(ctx, {other.id: replace(PRESSED, sos=False)})
        with pytest.raises(RedisUnavailable):
            devices.note(ctx, {other.id: replace(PRESSED, sos=False), van.id: PRESSED})
    assert len(alarms(office, van)) == 1


def test_erasure_ends_an_alarm_and_takes_its_place_out_of_the_log(office, van):
    office.send([fix_at(0, 0, 0, technician_id=van.id)])
    press(office, van)
    erasure.erase(office.ctx, van.id, confirm=van.call_sign, reason="asked for it", actor=DESK)
    assert sos.open_calls(office.ctx) == []
    (told,) = alarms(office, van)
    assert (told["lon"], told["lat"], told["position_at"]) == (None, None, None)
    assert audit.verify(office.ctx).finding is None
