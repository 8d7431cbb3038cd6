"""Traccar Client and OsmAnd: three forms on one URL, each in its units."""

import json

import pytest

from api.ingest.forms import Unreadable
from api.ingest.osmand import FORM
from geo_dispatch.services.tracking.pings import Ping, PingVerdict
from geo_dispatch.tracking.devices import DeviceStatus
from tests.support.phones import RECEIVED_MS, SENT_MS, VAN, names, posted, reading

HERE = (SENT_MS, 9.5209, 47.141)


@pytest.mark.parametrize(
    ("name", "battery", "charging"),
    [
        ("traccar-client-8", 0.71, True),
        ("traccar-client-9", 0.71, False),
        ("traccar-client-10", 0.71, False),
    ],
)
def test_each_version_is_read_in_its_own_units(name, battery, charging):
    read = reading(FORM, name)
    assert read.items == (Ping(VAN, *HERE, 8, pytest.approx(10, rel=1e-4), 90),)
    assert read.statuses == {VAN: DeviceStatus("osmand", SENT_MS, battery, charging)}


def test_osmand_tells_metres_per_second_and_milliseconds():
    read = reading(FORM, "osmand")
    assert read.items == (Ping(VAN, *HERE, speed_mps=10, heading_deg=90),)
    assert read.statuses == {VAN: DeviceStatus("osmand", SENT_MS)}


def test_other_names_of_the_same_fields_are_read():
    assert reading(FORM, "other-names").items == (Ping(VAN, *HERE, heading_deg=90),)


@pytest.mark.parametrize(
    "name", ["traccar-client-10-heartbeat", "traccar-client-9-heartbeat", "not-valid"]
)
def test_a_request_without_a_place_is_a_heartbeat(name):
    read = reading(FORM, name)
    assert read.items == ()
    assert read.statuses[VAN].at_ms == SENT_MS


def test_a_body_that_is_something_else_is_not_taken_for_a_heartbeat():
    (item,) = FORM.read(posted(b"<gpx/>")).items
    assert "neither JSON nor fields" in item.message


def test_an_empty_request_says_only_that_the_app_is_there():
    assert reading(FORM, "empty").statuses == {VAN: DeviceStatus("osmand", RECEIVED_MS)}


@pytest.mark.parametrize(
    "name", ["traccar-client-8-sos", "traccar-client-9-unknown", "traccar-client-10-sos"]
)
def test_a_call_for_help_is_told_in_every_version(name):
    assert reading(FORM, name).statuses[VAN].sos
    assert not reading(FORM, "traccar-client-8").statuses[VAN].sos


def test_minus_one_says_that_it_is_not_known_and_mock_that_it_is_made_up():
    read = reading(FORM, "traccar-client-9-unknown")
    assert read.items == (Ping(VAN, *HERE, mock=True),)
    assert read.statuses[VAN].battery is None
    assert reading(FORM, "traccar-client-8-mock").items[0].mock


@pytest.mark.parametrize(
    ("query", "at_ms"),
    [
        (b"timestamp=1772441970", SENT_MS),
        (b"timestamp=1772441970.5", SENT_MS + 500),
        (b"timestamp=1772441970000", SENT_MS),
        (b"timestamp=2026-03-02T08:59:30Z", SENT_MS),
        (b"timestamp=2026-03-02T09:59:30%2B0100", SENT_MS),
        (b"timestamp=2026-03-02+08:59:30", SENT_MS),
        (b"", RECEIVED_MS),
    ],
)
def test_times_come_in_seconds_milliseconds_and_iso(query, at_ms):
    (item,) = FORM.read(posted(b"", b"lat=47.141&lon=9.5209&" + query)).items
    assert item.at_ms == at_ms


@pytest.mark.parametrize(
    ("name", "why"), [("not-a-number", "lat 'NaN' is no number"), ("cut-short", "no JSON")]
)
def test_what_cannot_be_read_says_why(name, why):
    (item,) = reading(FORM, name).items
    assert isinstance(item, Unreadable)
    assert why in item.message


@pytest.mark.parametrize("name", names("osmand"))
def test_every_body_is_answered_with_an_empty_200(name):
    answer = FORM.accepted(posted(b""), reading(FORM, name), ())
    assert (answer.status, answer.body) == (200, b"")


def test_a_device_that_nobody_has_is_answered_with_400():
    read = reading(FORM, "traccar-client-8", technician_id="")
    assert read.items[0].technician_id == "748320"
    verdict = PingVerdict("rejected", "unknown_technician", "no technician '748320'")
    assert FORM.accepted(posted(b""), read, (verdict,)).status == 400


def test_one_bad_location_of_several_takes_no_other_with_it():
    good = {"timestamp": "2026-03-02T08:59:30Z", "coords": {"latitude": 47.1, "longitude": 9.5}}
    bad = {"timestamp": "yesterday", "coords": {"latitude": "x", "longitude": 9.5}}
    body = json.dumps({"device_id": "1", "location": [good, bad, 7, good]}).encode()
    kinds = [type(item) for item in FORM.read(posted(body)).items]
    assert kinds == [Ping, Unreadable, Unreadable, Ping]
