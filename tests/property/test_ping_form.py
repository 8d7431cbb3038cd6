"""Our own form of pings: the decoder takes what the documented model takes, and never fails."""

import json
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from api.app import create_app
from api.ingest import native
from api.schemas.positions import PingIn
from geo_dispatch.config import Settings
from geo_dispatch.kernel.errors import InvalidInput
from geo_dispatch.kernel.time import datetime_to_ms
from geo_dispatch.services.tracking.pings import Ping, Unreadable

WHOSE = "tc_key"

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
numbers = st.floats(-200, 200) | st.integers(-200, 200) | st.just("9.5") | scalars
zones = st.builds(lambda m: timezone(timedelta(minutes=m)), st.integers(-14 * 60, 14 * 60))
moments = st.datetimes(timezones=zones).map(datetime.isoformat)
times = (
    moments
    | moments.map(lambda text: text.replace("T", " "))
    | st.datetimes().map(datetime.isoformat)
    | st.sampled_from(
        ["2026-03-02T09:00Z", "2026-03-02t09:00:00z", "2026-03-02T24:00:00Z", "1772442000", ""]
    )
    | scalars
)
FIELDS = {
    "technician_id": st.just("tc_1") | scalars,
    "at": times,
    "lon": numbers,
    "lat": numbers,
    "accuracy_m": numbers,
    "speed_mps": numbers,
    "heading_deg": numbers,
    "mock": st.booleans() | scalars,
    "battery": anything,
}
likely = st.fixed_dictionaries(
    {"at": moments, "lon": st.floats(-180, 180), "lat": st.floats(-90, 90)},
    optional={name: each for name, each in FIELDS.items() if name not in {"at", "lon", "lat"}},
)
items = likely | st.fixed_dictionaries({}, optional=FIELDS) | anything
UTF16_HALVES = b'{"at": "2026-03-02T09:00:00Z", "lon": 1, "lat": 1, "technician_id": "\\ud800"}'


def documented(item):
    """The ping by the model of the OpenAPI document; None when it refuses."""
    try:
        told = PingIn.model_validate(item)
    except ValidationError:
        return None
    return Ping(
        told.technician_id or WHOSE,
        datetime_to_ms(told.at),
        told.lon,
        told.lat,
        told.accuracy_m,
        told.speed_mps,
        told.heading_deg,
        told.mock,
    )


def as_decoded(item):
    """What JSON makes of it; some numbers are no numbers of ours."""
    return json.loads(json.dumps(item))


def body_of(value):
    return json.dumps(value, ensure_ascii=False).encode()


def read(body):
    try:
        return native.read(body, WHOSE)
    except native.NotJson:
        return None


@settings(max_examples=400)
@given(item=items.filter(lambda item: isinstance(item, dict) and "pings" not in item))
@example(item={"at": "2026-03-02T09:00:00Z", "lon": "9.5", "lat": True})
def test_one_ping_is_read_as_the_documented_model_reads_it(item):
    found = read(body_of(item))
    if found is None:  # a number beyond all that JSON readers take
        return
    ((ping,), is_batch) = found
    assert not is_batch
    expected = documented(as_decoded(item))
    assert ping == expected if expected else isinstance(ping, Unreadable)


@settings(max_examples=200)
@given(batch=st.lists(items, max_size=6))
def test_of_a_batch_each_ping_is_read_by_itself(batch):
    found = read(body_of({"pings": batch}))
    if found is None:
        return
    pings, is_batch = found
    assert is_batch
    assert len(pings) == len(batch)
    for ping, item in zip(pings, batch, strict=True):
        expected = documented(as_decoded(item))
        assert ping == expected if expected else isinstance(ping, Unreadable)


@settings(max_examples=300)
@given(
    body=st.binary(max_size=200) | anything.map(body_of) | items.map(body_of).map(lambda b: b[:-1])
)
@example(body=b"[" * 100_000)
@example(body=b'{"pings":' * 10_000)
@example(body=b'{"pings":[' + b"[" * 100_000)
@example(body=UTF16_HALVES)
@example(body=b'{"at": "2026-03-02T09:00:00Z", "lon": 1e999, "lat": 1}')
@example(body=b"\xff\xfe")
@example(body=b"")
def test_no_body_makes_the_decoder_fail(body):
    try:
        pings, _ = native.read(body, WHOSE)
    except (native.NotJson, InvalidInput):
        return
    assert all(isinstance(ping, Ping | Unreadable) for ping in pings)


@settings(max_examples=200)
@given(at=st.datetimes(timezones=zones))
def test_a_time_is_the_same_millisecond_by_whichever_way_it_is_read(at):
    item = {"at": at.isoformat(), "lon": 1, "lat": 1}
    ((quick,), _), ((patient,), _) = read(body_of(item)), read(body_of({**item, "mock": "false"}))
    assert quick == patient
    assert quick.at_ms == datetime_to_ms(at)


def test_the_decoder_knows_the_fields_that_are_documented():
    document = create_app(Settings()).openapi()
    body = document["paths"]["/v1/pings"]["post"]["requestBody"]["content"]["application/json"]
    alone, batch = body["schema"]["oneOf"]
    assert batch["properties"]["pings"]["items"] == alone
    assert batch["properties"]["pings"]["maxItems"] == native.MAX_BATCH
    fields = {field.name: field for field in native.FIELDS}
    assert set(fields) == set(alone["properties"])
    assert {name for name, field in fields.items() if field.required} == set(alone["required"])
    (given,) = body["example"]["pings"]
    ((ping,), _) = native.read(body_of(given), "")
    assert isinstance(ping, Ping)


@pytest.mark.parametrize("body", [b"3", b"[]", b'"x"', b"null", b'{"pings": 3}'])
def test_what_is_no_ping_and_no_batch_is_said(body):
    with pytest.raises(InvalidInput):
        native.read(body, WHOSE)
