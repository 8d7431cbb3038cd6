"""OwnTracks: positions and measured transitions are kept, everything is answered with an array."""

import json

import pytest

from api.ingest.forms import Unreadable
from api.ingest.owntracks import FORM
from geo_dispatch.services.tracking.pings import Ping
from geo_dispatch.tracking.devices import DeviceStatus
from geo_dispatch.tracking.phone_fences import FenceNews, PhoneFence
from tests.support.phones import RECEIVED_MS, SENT_MS, VAN, incoming, names, posted, reading, sent


def test_a_location_is_a_ping_in_our_units():
    read = reading(FORM, "location-android")
    assert read.items == (Ping(VAN, SENT_MS, 9.5209, 47.141, 8, pytest.approx(10), 90),)
    assert read.statuses == {
        VAN: DeviceStatus("owntracks", SENT_MS + 2000, battery=0.71, charging=False)
    }


def test_minus_one_says_that_it_is_not_known():
    read = reading(FORM, "location-ios")
    assert read.items == (Ping(VAN, SENT_MS, 9.5209, 47.141, 12, None, None),)
    assert read.statuses[VAN].charging is True


def test_an_app_in_quiet_or_manual_mode_says_that_it_is_paused():
    assert reading(FORM, "location-quiet").statuses[VAN].outage == "paused"
    assert reading(FORM, "location-ios").statuses[VAN].outage is None


def test_an_iphone_says_that_it_may_not_know_where_it_is():
    read = reading(FORM, "status-ios-denied")
    assert read.items == ()
    assert read.statuses == {VAN: DeviceStatus("owntracks", RECEIVED_MS, outage="no_permission")}


def test_a_measured_transition_is_a_fix_and_one_at_the_middle_of_its_region_is_not():
    assert reading(FORM, "transition-measured").items == (Ping(VAN, SENT_MS, 9.5209, 47.141, 21),)
    assert reading(FORM, "transition-of-a-region").items == ()


@pytest.mark.parametrize(
    "name", ["waypoint", "waypoints", "lwt", "card", "steps", "cmd", "unknown-type", "empty"]
)
def test_what_is_no_position_is_left_out(name):
    assert reading(FORM, name).items == ()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("encrypted", "clear the encryption key"),
        ("location-without-time", "tst None is no time"),
        ("cut-short", "no JSON"),
    ],
)
def test_what_cannot_be_read_says_why_and_whose_it_is(name, why):
    (item,) = reading(FORM, name).items
    assert isinstance(item, Unreadable)
    assert why in item.message
    assert item.technician_id == VAN


@pytest.mark.parametrize("name", names("owntracks"))
def test_every_body_is_answered_with_an_array(name):
    request = reading(FORM, name)
    answer = FORM.accepted(posted(b""), request, ())
    assert (answer.status, json.loads(answer.body)) == (200, [])


def test_a_key_of_a_fleet_takes_the_device_from_the_header_or_the_topic():
    assert reading(FORM, "location-android", "").items[0].technician_id == "phone"
    body = json.dumps({"_type": "location", "topic": "owntracks/jo/Van 07", "lat": 1}).encode()
    assert FORM.read(posted(body, technician_id="")).items[0].technician_id == "Van 07"


def test_one_bad_message_of_several_takes_no_other_with_it():
    good = {"_type": "location", "lat": 47.141, "lon": 9.5209, "tst": SENT_MS // 1000}
    body = json.dumps([good, {"_type": "location"}, 3, good]).encode()
    kinds = [type(item) for item in FORM.read(posted(body)).items]
    assert kinds == [Ping, Unreadable, Unreadable, Ping]


TOLD = PhoneFence("wo_4f9c", "WO-1042", 1.5218, 42.5063, 120)
DONE = PhoneFence("wo_1a2b", "WO-1041", 1.53, 42.51, 100)
WAYPOINT = {
    "_type": "waypoint",
    "desc": "WO-1042",
    "lat": 42.5063,
    "lon": 1.5218,
    "rad": 120,
    "tst": 1789000042,
    "rid": "wo_4f9c",
}


def commands(name, news):
    answer = FORM.fences.accepted(incoming(sent("owntracks", name)), news)
    assert answer.status == 200
    return json.loads(answer.body)


def set_waypoints(*waypoints):
    told = {"_type": "waypoints", "waypoints": list(waypoints)}
    return {"_type": "cmd", "action": "setWaypoints", "waypoints": told}


@pytest.mark.parametrize("name", ["location-android", "location-ios"])
def test_fences_of_the_day_go_to_the_phone_as_waypoints(name):
    assert commands(name, FenceNews((TOLD,))) == [set_waypoints(WAYPOINT)]


def test_android_forgets_all_and_is_told_anew_what_is_left():
    clear = {"_type": "cmd", "action": "clearWaypoints"}
    left = commands("location-android", FenceNews((TOLD,), (DONE,)))
    assert left == [clear, set_waypoints(WAYPOINT)]
    assert commands("location-android", FenceNews((), (DONE,))) == [clear]


def test_an_iphone_forgets_one_by_one_what_is_moved_off_the_earth():
    (command,) = commands("location-ios", FenceNews((TOLD,), (DONE,)))
    kept, gone = command["waypoints"]["waypoints"]
    assert kept == WAYPOINT
    assert (gone["rid"], gone["tst"]) == ("wo_1a2b", 1789000041)
    assert abs(gone["lat"]) > 90
    assert abs(gone["lon"]) > 180


def test_phones_are_told_apart_by_the_device_that_they_name():
    assert FORM.fences.device(incoming(sent("owntracks", "location-ios"))) == "phone"
    assert FORM.fences.device(posted(b"", b"u=jo&d=tablet")) == "tablet"
    assert FORM.fences.device(posted(b"")) == ""
