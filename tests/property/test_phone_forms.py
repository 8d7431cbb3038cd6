"""Whatever a phone sends, its form reads it without failing, and takes nothing for a place.

The form sees to it that a place is two numbers and a time is one; whether the place is on the earth
is judged at the door, `geo_dispatch.tracking.plausibility`, alike for all forms.
"""

import json
import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.ingest import gpslogger, osmand, overland, owntracks, traccar_forward
from api.ingest.forms import Incoming, Reading, Reply
from api.ingest.registry import FORMS
from geo_dispatch.kernel.errors import InvalidPosition
from geo_dispatch.services.tracking.pings import Ping, PingVerdict, Unreadable
from geo_dispatch.tracking.plausibility import refusal
from tests.support.phones import RECEIVED_MS, SENT_MS, VAN, incoming, names, posted, sent

each_form = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)

NUMBERS = st.integers() | st.floats() | st.sampled_from([10**400, -1, 0, 1e308, 2**53, 2**63])
WORDS = st.text(max_size=20) | st.sampled_from(
    ["NaN", "Infinity", "1e999", "9,5", "-1", "true", "2026-03-02T08:59:30Z", "location", "0,0"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)

GOOD = [sent(form.name, name) for form in FORMS for name in names(form.name)]
NASTY = [
    *(math.nan, math.inf, -math.inf, 1e308, -1e308, 10**30, -1, 0, 91, 181, 1e-320),
    *("NaN", "Infinity", "1e999", "9" * 400, "-1", "9,5", "", " ", "0x1f", "1_0", "\0"),
    *(None, True, False, [], {}, [[]], {"a": 1}, "2026-13-45", "0001-01-01T00:00:00+14:00"),
]
_NAMES = sorted(
    {name for one in GOOD for name in re.findall(r'[?&"](\w+)(?:=|":)', f"{one.target}{one.body}")}
)
LIKE = st.recursive(
    VALUES,
    lambda inner: (
        st.dictionaries(st.sampled_from(_NAMES), inner, max_size=8) | st.lists(inner, max_size=4)
    ),
    max_leaves=20,
)
"""JSON by the names that apps use."""


def read(form, request: Incoming) -> Reading:
    """What the form reads, having seen that all of it can be dealt with."""
    reading = form.read(request)
    for item in reading.items:
        if isinstance(item, Unreadable):
            assert item.message
            assert len(item.message) < 1000
        else:
            _can_be_judged(item)
    for status in reading.statuses.values():
        assert status.battery is None or 0 <= status.battery <= 1
        assert isinstance(status.at_ms, int)
        assert status.at_ms > 0
    verdicts = tuple(PingVerdict("accepted") for _ in reading.items)
    answer = form.accepted(request, reading, verdicts)
    assert isinstance(answer, Reply)
    assert answer.status == 200
    return reading


def _can_be_judged(ping: Ping) -> None:
    assert isinstance(ping.at_ms, int)
    assert math.isfinite(ping.lon)
    assert math.isfinite(ping.lat)
    for told in (ping.accuracy_m, ping.speed_mps, ping.heading_deg):
        assert told is None or told >= 0
    if abs(ping.lon) > 180 or abs(ping.lat) > 90:
        with pytest.raises(InvalidPosition):
            refusal(ping.lon, ping.lat, ping.at_ms, RECEIVED_MS)
    else:
        refusal(ping.lon, ping.lat, ping.at_ms, RECEIVED_MS)


@each_form
@settings(max_examples=100, deadline=None)
@given(body=st.binary(max_size=200), query=st.binary(max_size=80), key=st.sampled_from([VAN, ""]))
def test_any_bytes_are_read(form, body, query, key):
    read(form, posted(body, query, key))


@each_form
@settings(max_examples=120, deadline=None)
@given(value=LIKE)
def test_any_json_is_read(form, value):
    read(form, posted(json.dumps(value).encode()))


@each_form
@settings(max_examples=100, deadline=None)
@given(fields=st.dictionaries(st.sampled_from(_NAMES), WORDS | NUMBERS.map(str), max_size=8))
def test_any_query_is_read(form, fields):
    pairs = "&".join(f"{name}={value}" for name, value in fields.items())
    query = pairs.encode("utf-8", "surrogatepass")
    read(form, posted(b"", query))
    read(form, posted(query))


@settings(max_examples=300, deadline=None)
@given(data=st.data(), request=st.sampled_from(GOOD), form=st.sampled_from(FORMS))
def test_what_apps_send_is_read_however_it_was_damaged(data, request, form):
    """Also by the form of another app: people mix up URLs."""
    good = incoming(request)
    body, query = bytearray(good.body), bytearray(good.query_string)
    for part in (body, query):
        for _ in range(data.draw(st.integers(0, 3))):
            if part:
                at = data.draw(st.integers(0, len(part) - 1))
                part[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    read(form, posted(bytes(body), bytes(query)))


def _leaves(node, path=()):
    """The ways to all single values of a body."""
    inner = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in inner:
        if isinstance(value, dict | list) and value:
            yield from _leaves(value, (*path, key))
        yield (*path, key)


def _with(body, path, value):
    """The body with that value in one place."""
    changed = json.loads(json.dumps(body))
    node = changed
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return json.dumps(changed).encode()


JSON_BODIES = [one for one in GOOD if one.body.rstrip()[-1:] == b"}"]
"""All but those that were cut short on purpose."""


@pytest.mark.parametrize("request_", GOOD, ids=lambda one: one.target.split("?")[0])
def test_a_value_of_another_kind_anywhere_in_a_request_is_dealt_with(request_):
    form = next(one for one in FORMS if request_.target.startswith(one.path))
    good = incoming(request_)
    for nasty in NASTY:
        for pairs in (good.query_string, b"" if good.body[:1] == b"{" else good.body):
            fields = pairs.decode().split("&")
            for number, field in enumerate(fields):
                changed = [*fields]
                changed[number] = f"{field.split('=')[0]}={nasty}"
                damaged = "&".join(changed).encode("utf-8", "replace")
                is_query = pairs is good.query_string
                read(form, posted(b"", damaged) if is_query else posted(damaged))
    if request_ in JSON_BODIES:
        body = json.loads(good.body)
        for path in _leaves(body):
            for nasty in NASTY:
                read(form, posted(_with(body, path, nasty)))


@settings(max_examples=200, deadline=None)
@given(data=st.data(), request_=st.sampled_from(JSON_BODIES))
def test_any_value_anywhere_in_a_body_is_dealt_with(data, request_):
    form = next(one for one in FORMS if request_.target.startswith(one.path))
    body = json.loads(request_.body)
    path = data.draw(st.sampled_from([*_leaves(body)]))
    read(form, posted(_with(body, path, data.draw(VALUES))))


def _owntracks(at_ms, lon, lat):
    return {"_type": "location", "tst": at_ms / 1000, "lon": lon, "lat": lat}


def _overland(at_ms, lon, lat):
    return {"geometry": {"coordinates": [lon, lat]}, "properties": {"timestamp": at_ms}}


def _traccar(at_ms, lon, lat):
    position = {"fixTime": at_ms, "longitude": lon, "latitude": lat}
    return {"position": position, "device": {"uniqueId": VAN}}


def _nine(at_ms, lon, lat):
    return {"timestamp": at_ms, "coords": {"longitude": lon, "latitude": lat}}


@pytest.mark.parametrize(
    ("form", "item", "whole"),
    [
        (owntracks.FORM, _owntracks, lambda items: items),
        (overland.FORM, _overland, lambda items: {"locations": items}),
        (osmand.FORM, _nine, lambda items: {"device_id": "1", "location": items}),
        (traccar_forward.FORM, _traccar, lambda items: items),
    ],
    ids=["owntracks", "overland", "osmand", "traccar"],
)
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_no_bad_item_takes_another_with_it(form, item, whole, data):
    places = data.draw(
        st.lists(st.tuples(st.floats(-180, 180), st.floats(1, 90)), min_size=1, max_size=4)
    )
    good = [(SENT_MS + 1000 * number, *place) for number, place in enumerate(places)]
    items = [item(*one) for one in good]
    for _ in range(data.draw(st.integers(1, 3))):
        items.insert(data.draw(st.integers(0, len(items))), data.draw(VALUES))
    found = read(form, posted(json.dumps(whole(items)).encode())).items
    pings = [(one.at_ms, one.lon, one.lat) for one in found if isinstance(one, Ping)]
    assert pings == good


@settings(max_examples=100, deadline=None)
@given(lon=st.floats(-180, 180), lat=st.floats(-90, 90))
def test_a_place_is_read_as_it_was_written(lon, lat):
    """Text keeps every digit of a number, in a query as in JSON."""
    query = f"lat={lat!r}&lon={lon!r}&timestamp={SENT_MS}".encode()
    (ping,) = gpslogger.FORM.read(posted(b"", query)).items
    assert (ping.lon, ping.lat, ping.at_ms) == (lon, lat, SENT_MS)
