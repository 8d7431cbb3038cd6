"""Overland: whole batches, and its OwnTracks mode that counts from 2001."""

import json

import pytest

from api.ingest.forms import Unreadable
from api.ingest.overland import FORM
from geo_dispatch.services.tracking.pings import Ping, PingVerdict
from geo_dispatch.tracking.devices import DeviceStatus
from tests.support.phones import SENT_MS, VAN, names, posted, reading

HERE = (SENT_MS, 9.5209, 47.141)


def test_a_batch_is_read_whole_and_the_newest_tells_how_the_phone_is():
    read = reading(FORM, "batch")
    assert read.items == (
        Ping(VAN, SENT_MS - 10_000, 9.52, 47.14, 8, 10, 90),
        Ping(VAN, *HERE, 8, 10, 90),
    )
    assert read.statuses == {VAN: DeviceStatus("overland", SENT_MS, 0.71, charging=True)}


def test_minus_one_says_that_it_is_not_known_and_offsets_count():
    read = reading(FORM, "with-offset")
    assert read.items == (Ping(VAN, *HERE),)
    assert read.statuses == {VAN: DeviceStatus("overland", SENT_MS)}


def test_trips_and_actions_are_no_positions():
    assert reading(FORM, "trip-and-action").items == (Ping(VAN, *HERE, 8, 10, 90),)


def test_one_bad_feature_takes_no_other_with_it():
    first, bad, last = reading(FORM, "one-bad-of-three").items
    assert isinstance(first, Ping)
    assert isinstance(last, Ping)
    assert isinstance(bad, Unreadable)
    assert "coordinates[0] 'east' is no number" in bad.message


def test_nan_and_broken_text_in_one_feature_take_no_other_with_them():
    body = (
        b'{"locations":[{"geometry":{"coordinates":[NaN,47.1]},'
        b'"properties":{"timestamp":"2026-03-02T08:59:30Z","wifi":"caf\xe9\n"}},'
        b'{"geometry":{"coordinates":[9.5,47.1]},'
        b'"properties":{"timestamp":"2026-03-02T08:59:30Z"}}]}'
    )
    bad, good = FORM.read(posted(body)).items
    assert isinstance(bad, Unreadable)
    assert good == Ping(VAN, SENT_MS, 9.5, 47.1)


def test_in_its_owntracks_mode_seconds_count_from_2001():
    assert reading(FORM, "owntracks-mode").items == (Ping(VAN, *HERE, 8, pytest.approx(10), 90),)


def test_in_its_owntracks_mode_seconds_from_1970_are_taken_as_such():
    body = {"_type": "location", "lat": 47.141, "lon": 9.5209, "tst": SENT_MS // 1000}
    assert FORM.read(posted(json.dumps(body).encode())).items == (Ping(VAN, *HERE),)


@pytest.mark.parametrize("name", ["empty", "no-points"])
def test_an_empty_batch_holds_nothing(name):
    assert reading(FORM, name).items == ()


def test_a_body_that_is_no_batch_says_so():
    (item,) = FORM.read(posted(b'{"locations": 3}')).items
    assert "locations is not a list" in item.message
    assert "no JSON" in reading(FORM, "cut-short").items[0].message


@pytest.mark.parametrize("name", names("overland"))
def test_every_body_is_answered_with_ok(name):
    answer = FORM.accepted(posted(b""), reading(FORM, name), ())
    assert (answer.status, json.loads(answer.body)) == (200, {"result": "ok"})


def test_a_device_that_nobody_has_hears_of_it():
    read = reading(FORM, "batch", technician_id="")
    assert {item.technician_id for item in read.items} == {"van07"}
    verdict = PingVerdict("rejected", "unknown_technician", "no technician 'van07'")
    answer = FORM.accepted(posted(b""), read, (verdict, verdict))
    assert answer.status == 401
    assert "key" in json.loads(answer.body)["error"]
