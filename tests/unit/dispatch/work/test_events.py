"""Events come back from their stored bodies as they were."""

import typing
from dataclasses import fields
from datetime import UTC, datetime

import pytest

from geo_dispatch.dispatch.records.technicians import Part
from geo_dispatch.dispatch.work import events
from geo_dispatch.dispatch.work.events import (
    EVENT_TYPES,
    Event,
    LoggedEvent,
    OrderEnRoute,
    event_to_body,
)

NOW = datetime(2026, 3, 2, 8, 0, 0, 250_000, tzinfo=UTC)
SAMPLES = {
    "bool": True,
    "str": "x",
    "int": 3,
    "float": 1.5,
    "datetime": NOW,
    "dict": {"a": [1, None]},
    "list": [],
    "NoneType": None,
    "Part": Part("VALVE", 2),
}


def sample(cls):
    hints = typing.get_type_hints(cls)
    return cls(**{field.name: sample_of(hints[field.name]) for field in fields(cls)})


def sample_of(hint):
    if typing.get_origin(hint) is typing.Literal:
        return typing.get_args(hint)[0]
    if typing.get_origin(hint) is tuple:
        return (sample_of(typing.get_args(hint)[0]),)
    if typing.get_origin(hint) in {list, dict}:
        return SAMPLES[typing.get_origin(hint).__name__]
    for option in typing.get_args(hint):
        return sample_of(option)
    plain = getattr(hint, "__supertype__", hint)
    return SAMPLES[plain.__name__]


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_an_event_survives_the_log(name):
    event = sample(EVENT_TYPES[name])
    logged = LoggedEvent(1, "order:wo_1", 1, event.type, event_to_body(event), NOW, "cli")
    assert logged.event == event


def test_every_event_can_be_read_back():
    made = {value for value in vars(events).values() if isinstance(value, type)}
    assert {cls for cls in made if issubclass(cls, Event)} - {Event} == set(EVENT_TYPES.values())
    assert all(cls.type == name for name, cls in EVENT_TYPES.items())


def test_times_are_written_in_utc():
    event = OrderEnRoute(order_id="wo_1", technician_id="tc_1", occurred_at=NOW, source="gps")
    assert event_to_body(event)["occurred_at"] == "2026-03-02T08:00:00.250000Z"


def test_bodies_may_grow():
    event = OrderEnRoute(order_id="wo_1", technician_id="tc_1", occurred_at=NOW, source="gps")
    body = {**event_to_body(event), "written_by_a_later_version": 1}
    assert LoggedEvent(1, "order:wo_1", 1, event.type, body, NOW, "cli").event == event
