"""What a Traccar server forwards: positions of many devices, by one key."""

import json

import pytest

from api.ingest.forms import Unreadable
from api.ingest.traccar_forward import FORM
from geo_dispatch.services.tracking.pings import Ping, PingVerdict
from geo_dispatch.tracking.devices import DeviceStatus
from tests.support.phones import SENT_MS, VAN, names, posted, reading

HERE = (SENT_MS, 9.5209, 47.141)


@pytest.mark.parametrize("name", ["position", "position-ms", "url", "url-own-names", "event-sos"])
def test_a_position_is_of_the_device_that_it_names(name):
    read = reading(FORM, name, technician_id="")
    assert read.items == (Ping(VAN, *HERE, None, pytest.approx(10), 90),)
    assert read.statuses[VAN].app == "traccar"
    assert read.statuses[VAN].sos == (name == "event-sos")


@pytest.mark.parametrize("name", ["position", "url"])
def test_the_battery_is_among_the_attributes(name):
    assert reading(FORM, name).statuses == {VAN: DeviceStatus("traccar", SENT_MS, 0.71)}


@pytest.mark.parametrize("name", ["no-fix", "never-had-a-fix"])
def test_a_device_without_a_fix_tells_only_how_it_is(name):
    read = reading(FORM, name)
    assert read.items == ()
    assert read.statuses[VAN].at_ms == SENT_MS


def test_one_alarm_of_several_may_be_the_call_for_help():
    assert reading(FORM, "never-had-a-fix").statuses[VAN].sos


def test_events_without_a_position_are_left_out():
    read = reading(FORM, "event-offline")
    assert (read.items, read.statuses) == ((), {})


@pytest.mark.parametrize(
    ("name", "why"), [("not-traccar", "no position"), ("cut-short", "no JSON")]
)
def test_what_cannot_be_read_says_why(name, why):
    (item,) = reading(FORM, name).items
    assert isinstance(item, Unreadable)
    assert why in item.message


@pytest.mark.parametrize("name", names("traccar"))
def test_every_body_is_answered_with_an_empty_200(name):
    unknown = PingVerdict("rejected", "unknown_technician", "no technician")
    answer = FORM.accepted(posted(b""), reading(FORM, name), (unknown,))
    assert (answer.status, answer.body) == (200, b"")


def test_one_bad_position_of_several_takes_no_other_with_it():
    device = {"uniqueId": VAN}
    good = {"position": {"latitude": 1, "longitude": 2, "fixTime": SENT_MS}, "device": device}
    bad = {"position": {"latitude": 1, "longitude": None, "fixTime": []}, "device": device}
    body = json.dumps([good, bad, "x", good]).encode()
    kinds = [type(item) for item in FORM.read(posted(body, technician_id="")).items]
    assert kinds == [Ping, Unreadable, Unreadable, Ping]
