"""Technicians at work of whom no position comes: told once, and once that they are heard again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from geo_dispatch.adapters.sql.signals import Signals, Silence
from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.days.availability import duty_after, next_working
from geo_dispatch.dispatch.messages.signals import Signal
from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.dispatch.work.events import TechnicianHeard, TechnicianSilent
from geo_dispatch.dispatch.work.orders import UNDER_WAY, WorkOrder
from geo_dispatch.kernel.actors import WORKER
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.kernel.time import datetime_to_ms, ms_to_datetime
from geo_dispatch.services.context import Context
from geo_dispatch.services.messages import outbox
from geo_dispatch.services.relay import Follower
from geo_dispatch.services.tracking import devices
from geo_dispatch.tracking.outages import OutageCode, outages
from geo_dispatch.tracking.positions import Position

EVERY_S: Final = 15.0
"""So often, in real time, is looked who is silent."""

_FEW: Final = 1000
"""Of more technicians than that, the orders of all are read at once."""


def follower(ctx: Context, turn_is_ours: Callable[[], bool], stopping: threading.Event) -> Follower:
    """Looks for silence beside other work."""
    return Follower(
        name="silence",
        follow=lambda: 0,
        look=lambda: watch(ctx),
        look_every_s=EVERY_S,
        turn_is_ours=turn_is_ours,
        stopping=stopping,
    )


def watch(ctx: Context) -> None:
    """Tell who at work, with an order in hand, fell silent; and who of the silent is heard again.

    Whoever never sent a position can't fall silent. Silence that lasts is told again in the next
    shift.

    Raises
    ------
    RedisUnavailable, DatabaseUnavailable
        What knows is away.
    """
    now = ctx.clock()
    positions = {one.technician_id: one for one in ctx.live.positions()}
    latest_ms = datetime_to_ms(now) - ctx.settings.position_silent_s * 1000
    quiet = {one for one, position in positions.items() if position.at_ms < latest_ms}
    with ctx.store.read() as unit:
        known = Signals(unit.connection).silences()
        concerned = quiet | known.keys()
        in_hand = _in_hand(unit.orders.open(concerned if len(concerned) <= _FEW else None))
        technicians = unit.technicians.many((quiet & in_hand.keys()) | known.keys())
    silent = _silent(ctx, list(technicians.values()), in_hand, positions, now)
    heard = [one for one in known.values() if _is_heard(one, positions.get(one.technician_id))]
    new = [one for one in silent if _is_new(one, known.get(one.technician_id))]
    if not new and not heard:
        return
    reasons = _reasons(ctx, [one.technician_id for one in new], positions, now)
    with ctx.store.write() as unit:
        signals = Signals(unit.connection)
        known = signals.silences()
        for one in heard:
            if known.get(one.technician_id) == one:
                signals.end_silence(one.technician_id)
                _tell(ctx, unit, _signal(technicians, in_hand, _heard(one, now)))
        for one in new:
            if _is_new(one, known.get(one.technician_id)):
                signals.put_silence(one)
                event = _fell_silent(one, reasons[one.technician_id], now)
                _tell(ctx, unit, _signal(technicians, in_hand, event))
        unit.commit()


def _in_hand(orders: Sequence[WorkOrder]) -> dict[str, WorkOrder]:
    """Of each technician the order under way, else the next; ``orders`` come in sequence."""
    found: dict[str, WorkOrder] = {}
    for order in sorted(orders, key=lambda one: one.status not in UNDER_WAY):
        for holder in order.technician_ids:
            found.setdefault(holder, order)
    return found


def _silent(
    ctx: Context,
    fleet: Sequence[Technician],
    in_hand: Mapping[str, WorkOrder],
    positions: Mapping[TechnicianId, Position],
    now: datetime,
) -> list[Silence]:
    found = []
    for technician in fleet:
        order, position = in_hand.get(technician.id), positions.get(technician.id)
        if order is None or position is None:
            continue
        last = ms_to_datetime(position.at_ms)
        if (now - last).total_seconds() <= ctx.settings.position_silent_s:
            continue
        if next_working(technician, now, ctx.zone) != now:
            continue
        duty = duty_after(technician, now, ctx.zone)
        since = last if duty is None else max(last, duty.window.start)
        if (now - since).total_seconds() > ctx.settings.position_silent_s:
            found.append(Silence(technician.id, order.id, since))
    return found


def _is_new(silence: Silence, known: Silence | None) -> bool:
    return known is None or known.since < silence.since


def _is_heard(silence: Silence, position: Position | None) -> bool:
    return position is not None and position.at_ms > datetime_to_ms(silence.since)


def _reasons(
    ctx: Context,
    technician_ids: Sequence[TechnicianId],
    positions: Mapping[TechnicianId, Position],
    now: datetime,
) -> dict[TechnicianId, tuple[str, ...]]:
    if not technician_ids:
        return {}
    signs = devices.signs(ctx)
    return {
        one: tuple(
            outage.code.value
            for outage in outages(
                signs.statuses.get(one),
                positions[one].at_ms,
                datetime_to_ms(now),
                silent_s=ctx.settings.position_silent_s,
                clock=signs.clocks.get(one),
            )
        )
        or (OutageCode.APP_SILENT.value,)
        for one in technician_ids
    }


def _fell_silent(silence: Silence, reasons: tuple[str, ...], now: datetime) -> TechnicianSilent:
    return TechnicianSilent(
        technician_id=silence.technician_id,
        order_id=silence.order_id,
        since=silence.since,
        reasons=reasons,
        occurred_at=now,
    )


def _heard(silence: Silence, now: datetime) -> TechnicianHeard:
    return TechnicianHeard(
        technician_id=silence.technician_id,
        order_id=silence.order_id,
        silent_since=silence.since,
        occurred_at=now,
    )


def _signal(
    technicians: Mapping[str, Technician],
    in_hand: Mapping[str, WorkOrder],
    event: TechnicianSilent | TechnicianHeard,
) -> Signal:
    technician_id = event.technician_id
    order = in_hand.get(technician_id)
    return Signal(technicians[technician_id], order, event, event.occurred_at)


def _tell(ctx: Context, unit: Unit, signal: Signal) -> None:
    stream = f"technician:{signal.technician.id}"
    unit.append(stream, [signal.event], actor=WORKER, at=signal.at)
    outbox.note_signal(ctx, unit, signal)
