"""Values as phones tell them are read with patience, and never guessed."""

import math

import pytest

from api.ingest import told
from geo_dispatch.tracking.devices import DeviceStatus


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, 3),
        ("3.5", 3.5),
        (" 9,5209 ", 9.5209),
        ("-1e2", -100),
        ("1,234.5", None),
        ("1_0", None),
        ("", None),
        ("NaN", None),
        (math.inf, None),
        (10**400, None),
        (True, None),
        (None, None),
        ([1], None),
    ],
)
def test_a_number_is_one_that_is_finite(value, number):
    assert told.number(value) == number


@pytest.mark.parametrize(("value", "positive", "not_negative"), [(0, None, 0), (-1, None, None)])
def test_zero_is_a_speed_but_no_accuracy_and_minus_one_neither(value, positive, not_negative):
    assert told.positive(value) == positive
    assert told.not_negative(value) == not_negative


@pytest.mark.parametrize(
    ("value", "share"), [(71, 0.71), (0, 0), (100, 1), (101, None), (-1, None)]
)
def test_a_battery_is_part_of_a_whole(value, share):
    assert told.share(value, told.PERCENT) == share


@pytest.mark.parametrize(
    ("value", "flag"),
    [(True, True), ("TRUE", True), (1, True), ("0", False), ("no", False), ("", None), (2, None)],
)
def test_yes_and_no_come_in_many_words(value, flag):
    assert told.flag(value) is flag


@pytest.mark.parametrize(
    ("value", "at_ms"),
    [
        (1772441970, 1772441970000),
        ("1772441970000", 1772441970000),
        (1772441970.25, 1772441970250),
        (99_999_999_999, 99_999_999_999_000),
        (100_000_000_000, 100_000_000_000),
        ("2026-03-02T08:59:30.5+01:00", 1772438370500),
        ("2026-03-02T08:59:30", 1772441970000),
        ("0001-01-01T00:00:00+14:00", -62135647200000),
        (1e15, None),
        ("yesterday", None),
        (None, None),
    ],
)
def test_a_time_is_seconds_milliseconds_or_iso(value, at_ms):
    assert told.moment_ms(value) == at_ms


@pytest.mark.parametrize("value", [None, "soon", -5, 0, "1969-12-31T23:59:59Z"])
def test_a_phone_that_lost_its_clock_says_how_it_is_when_it_is_heard(value):
    assert told.since(value, 7000) == 7000
    assert told.since(6, 7000) == 6000


def test_json_that_strict_readers_refuse_is_read():
    assert told.json_of(b' {"a": "caf\xe9\n"}') == {"a": "caf\ufffd\n"}
    assert math.isnan(told.json_of(b'{"a": NaN}')["a"])
    assert told.json_of("\ufeff[1]".encode()) == [1]
    assert told.json_of(b" \n") is None


@pytest.mark.parametrize("body", [b"{", b"[" * 100_000, b"x"])
def test_what_is_no_json_is_a_value_error(body):
    with pytest.raises(ValueError):
        told.json_of(body)


def test_the_newest_status_counts_and_a_call_for_help_is_not_forgotten():
    help_ = DeviceStatus("osmand", 1000, sos=True)
    later = DeviceStatus("osmand", 2000, battery=0.5)
    assert told.newest([("a", later), ("a", help_), ("", help_)]) == {
        "a": DeviceStatus("osmand", 2000, battery=0.5, sos=True)
    }


def test_what_is_shown_of_a_value_is_short():
    assert len(told.shown("x" * 1000)) < 100
    assert told.shown(10**5000)
