"""GPSLogger: URLs and bodies as people put them together, and OpenGTS."""

import pytest

from api.ingest.forms import Unreadable
from api.ingest.gpslogger import FORM
from geo_dispatch.services.tracking.pings import Ping
from geo_dispatch.tracking.devices import DeviceStatus
from tests.support.phones import RECEIVED_MS, SENT_MS, VAN, names, posted, reading

HERE = (SENT_MS, 9.5209, 47.141)


@pytest.mark.parametrize(
    ("name", "charging"), [("custom-url", False), ("profile", True), ("all", False), ("json", None)]
)
def test_placeholders_are_read_by_their_names(name, charging):
    read = reading(FORM, name)
    assert read.items == (Ping(VAN, *HERE, 8, 10, 90),)
    assert read.statuses == {VAN: DeviceStatus("gpslogger", SENT_MS, 0.71, charging)}


def test_the_form_of_home_assistant_has_no_time_and_counts_as_now():
    assert reading(FORM, "home-assistant").items == (
        Ping(VAN, RECEIVED_MS, 9.5209, 47.141, 8, 10, 90),
    )


def test_opengts_is_read_from_its_nmea_sentence():
    (ping,) = reading(FORM, "opengts").items
    assert ping == Ping(
        VAN,
        SENT_MS,
        pytest.approx(9.5209, abs=1e-7),
        pytest.approx(47.141, abs=1e-7),
        None,
        pytest.approx(10, rel=1e-6),
        90,
    )
    assert reading(FORM, "opengts").statuses[VAN].battery == 0.71


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("opengts-checksum", "gprmc: the checksum"),
        ("unfilled", "lat '%LAT' is no number"),
    ],
)
def test_what_cannot_be_read_says_why(name, why):
    (item,) = reading(FORM, name).items
    assert isinstance(item, Unreadable)
    assert why in item.message
    assert item.technician_id == VAN


@pytest.mark.parametrize("name", names("gpslogger"))
def test_every_body_is_answered_with_an_empty_200(name):
    answer = FORM.accepted(posted(b""), reading(FORM, name), ())
    assert (answer.status, answer.body) == (200, b"")


def test_a_body_that_is_something_else_is_not_taken_for_a_heartbeat():
    for body in (b"<gpx/>", b'{"latitud": 47.1}'):
        (item,) = FORM.read(posted(body)).items
        assert "neither JSON nor fields" in item.message


def test_a_key_of_a_fleet_takes_the_device_as_the_app_names_it():
    assert reading(FORM, "home-assistant", "").items[0].technician_id == "9774d56d682e549c"


def test_a_sentence_without_a_fix_is_a_heartbeat():
    read = FORM.read(posted(b"", b"gprmc=$GPRMC,085930,V,,,,,,,020326,,"))
    assert (read.items, read.statuses[VAN].at_ms) == ((), SENT_MS)
