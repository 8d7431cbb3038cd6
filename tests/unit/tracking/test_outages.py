"""Why no positions come: the app's own word first, then what follows from its silence."""

from dataclasses import replace

import pytest

from geo_dispatch.tracking.devices import DeviceStatus
from geo_dispatch.tracking.freshness import Freshness, freshness
from geo_dispatch.tracking.outages import ClockAhead, outages

MINUTE_MS = 60_000
NOW_MS = 1_772_438_400_000
WELL = DeviceStatus("owntracks", NOW_MS, battery=0.8, charging=False)


def codes(status, seen_ms, clock=None):
    return [one.code for one in outages(status, seen_ms, NOW_MS, silent_s=900, clock=clock)]


@pytest.mark.parametrize(
    ("age_s", "worth"),
    [
        (-30, Freshness.LIVE),
        (120, Freshness.LIVE),
        (120.1, Freshness.STALE),
        (900, Freshness.STALE),
        (900.1, Freshness.SILENT),
    ],
)
def test_a_position_is_live_then_stale_then_its_sender_is_silent(age_s, worth):
    assert freshness(age_s, stale_s=120, silent_s=900) is worth


def test_an_app_that_works_has_no_outage():
    assert codes(WELL, NOW_MS) == []
    assert codes(None, NOW_MS) == []
    assert codes(None, None) == []


@pytest.mark.parametrize("reason", ["no_permission", "location_off", "paused"])
def test_what_the_app_says_holds_until_the_next_position(reason):
    said = replace(WELL, at_ms=NOW_MS - MINUTE_MS, outage=reason)
    assert codes(said, NOW_MS - 2 * MINUTE_MS) == [reason]
    assert codes(said, NOW_MS) == []


def test_who_sends_heartbeats_without_positions_is_not_silent():
    assert codes(replace(WELL, outage="location_off"), NOW_MS - 60 * MINUTE_MS) == ["location_off"]


def test_silence_is_measured_from_the_last_sign_of_life():
    gone_ms = NOW_MS - 16 * MINUTE_MS
    assert codes(None, gone_ms) == ["app_silent"]
    (outage,) = outages(replace(WELL, at_ms=gone_ms), gone_ms - 1, NOW_MS, silent_s=900)
    assert outage.since_ms == gone_ms


@pytest.mark.parametrize(
    ("battery", "charging", "low"),
    [(0.15, False, True), (0.15, None, True), (0.15, True, False), (0.16, False, False)],
)
def test_a_battery_is_low_unless_it_charges(battery, charging, low):
    status = replace(WELL, battery=battery, charging=charging)
    assert codes(status, NOW_MS) == ["low_battery"] * low


def test_a_low_battery_explains_the_silence_after_it():
    status = replace(WELL, at_ms=NOW_MS - 30 * MINUTE_MS, battery=0.04)
    assert codes(status, status.at_ms) == ["low_battery", "app_silent"]


def test_a_wrong_clock_is_the_reason_until_a_fix_is_taken_again():
    clock = ClockAhead(NOW_MS - MINUTE_MS, 10 * MINUTE_MS)
    (outage,) = outages(WELL, NOW_MS - 5 * MINUTE_MS, NOW_MS, silent_s=900, clock=clock)
    assert (outage.code, "10 min ahead" in outage.text) == ("clock_wrong", True)
    assert codes(WELL, NOW_MS, clock) == []
