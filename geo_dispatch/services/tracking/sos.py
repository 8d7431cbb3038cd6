"""Alarms of technicians: in the log before the phone hears that they were taken, until answered."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from geo_dispatch.adapters.sql.signals import Signals
from geo_dispatch.dispatch.messages.signals import Signal
from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.dispatch.work.events import SosAnswered, TechnicianSos
from geo_dispatch.dispatch.work.orders import UNDER_WAY
from geo_dispatch.kernel.actors import Actor, Role
from geo_dispatch.kernel.errors import Conflict, RedisUnavailable
from geo_dispatch.kernel.time import ms_to_datetime
from geo_dispatch.services.context import Context
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.messages import outbox
from geo_dispatch.tracking.devices import DeviceStatus, SosCall
from geo_dispatch.tracking.positions import Position

_SAME_CALL: Final = timedelta(minutes=1)
"""Presses this close together are one call: phones repeat what they can't be sure was heard."""


def call(ctx: Context, technician: Technician, status: DeviceStatus) -> SosCall | None:
    """Write the alarm down; None when it was, already.

    Raises
    ------
    DatabaseUnavailable
        It could not be written; tell it again.
    """
    at, now = ms_to_datetime(status.at_ms), ctx.clock()
    position = _position(ctx, technician)
    stream = f"technician:{technician.id}"
    with ctx.store.write() as unit:
        known = unit.events(streams=[stream], types=[TechnicianSos.type])
        calls = [logged.event for logged in known]
        if any(isinstance(one, TechnicianSos) and _same(one, at) for one in calls):
            return None
        orders = sorted(unit.orders.open([technician.id]), key=lambda o: o.status not in UNDER_WAY)
        order = orders[0] if orders else None
        event = TechnicianSos(
            technician_id=technician.id,
            order_id=None if order is None else order.id,
            app=status.app,
            lon=None if position is None else position.place.lon,
            lat=None if position is None else position.place.lat,
            position_at=None if position is None else ms_to_datetime(position.at_ms),
            occurred_at=at,
        )
        actor = Actor(f"app:{status.app}", Role.TECHNICIAN, technician.id)
        unit.append(stream, [event], actor=actor, at=now)
        outbox.note_signal(ctx, unit, Signal(technician, order, event, now))
        found = SosCall(technician.id, event.order_id, at)
        Signals(unit.connection).put_call(found)
        unit.commit()
    return found


def open_calls(ctx: Desk) -> list[tuple[SosCall, Technician]]:
    """The alarms that nobody has answered, the oldest first, and whose they are."""
    with ctx.store.read() as unit:
        calls = Signals(unit.connection).calls()
        technicians = unit.technicians.many(calls)
    return [(call, technicians[key]) for key, call in calls.items()]


def answer(ctx: Desk, technician_id: str, *, note: str, actor: Actor) -> tuple[SosCall, Technician]:
    """Somebody dealt with the technician's alarm.

    Raises
    ------
    NotFound
        There is no such technician.
    Conflict
        No alarm of theirs is open.
    """
    now = ctx.clock()
    with ctx.store.write() as unit:
        technician = unit.technicians.get(technician_id)
        signals = Signals(unit.connection)
        found = signals.call_of(technician.id)
        if found is None:
            raise Conflict(
                f"no alarm of {technician.call_sign} is open; somebody may have answered it already"
            )
        signals.end_call(technician.id)
        event = SosAnswered(
            technician_id=technician.id, called_at=found.called_at, note=note, occurred_at=now
        )
        unit.append(f"technician:{technician.id}", [event], actor=actor, at=now)
        order = None if found.order_id is None else unit.orders.get(found.order_id)
        outbox.note_signal(ctx, unit, Signal(technician, order, event, now))
        unit.commit()
    return found, technician


def _same(known: TechnicianSos, at: datetime) -> bool:
    return abs(known.occurred_at - at) < _SAME_CALL


def _position(ctx: Context, technician: Technician) -> Position | None:
    """Where they were last; an alarm goes out without it when Redis is away."""
    try:
        found = ctx.live.positions_by_id({technician.id: technician.shard})
    except RedisUnavailable:
        return None
    return found.get(technician.id)
