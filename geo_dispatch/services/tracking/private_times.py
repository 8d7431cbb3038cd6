"""The private switch: a technician's own, and its unlocking in an emergency.

What is private is judged by event time when fixes come in; here the times are told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.days.availability import clock_text, duty_after
from geo_dispatch.dispatch.days.privacy import PrivacyTime, private_at
from geo_dispatch.dispatch.messages.queueing import Message
from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.dispatch.work.events import Event, PrivacyChanged, PrivacyUnlocked
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import Conflict, Fault, InvalidInput, RedisUnavailable
from geo_dispatch.kernel.ids import MessageId, TechnicianId
from geo_dispatch.kernel.time import datetime_to_ms
from geo_dispatch.services.context import Context
from geo_dispatch.services.messages.outbox import delivery_to
from geo_dispatch.services.tracking.privacy import tracked_times

LONGEST: Final = timedelta(days=7)
"""A private time ends by itself within it, so that nobody is forgotten."""

_WITHOUT_SHIFTS: Final = timedelta(hours=12)
"""How long one lasts for somebody without a shift to come."""

LONGEST_UNLOCKED: Final = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Privacy:
    """How a technician's privacy stands.

    Attributes
    ----------
    tracked
        Whether a fix of this moment would be kept.
    since, until
        Of the private time that goes on.
    unlocked_until
        Until when an emergency lifts it.
    """

    technician_id: TechnicianId
    tracked: bool
    since: datetime | None = None
    until: datetime | None = None
    unlocked_until: datetime | None = None


def of(ctx: Context, technician_id: str) -> Privacy:
    """How the technician's privacy stands.

    Raises
    ------
    NotFound
        There is no such technician.
    """
    with ctx.store.read() as unit:
        return _state(ctx, unit, unit.technicians.get(technician_id))


def private_now(ctx: Context) -> list[PrivacyTime]:
    """The private times that go on and that no emergency lifts, of technicians in use."""
    now = ctx.clock()
    with ctx.store.read() as unit:
        times = unit.privacy.since(now)
        people = unit.technicians.many(times)
    found = (private_at(own, now) for key, own in times.items() if not people[key].retired)
    return [one for one in found if one is not None]


def switch(
    ctx: Context, technician_id: str, *, private: bool, until: datetime | None, actor: Actor
) -> Privacy:
    """Go private at once, or end that; what is so already stays, but for another ``until``.

    Nothing of a private time is kept anywhere, and the last position is removed.

    Parameters
    ----------
    until
        When it ends by itself; None: when the next shift begins.

    Raises
    ------
    InvalidInput
        ``until`` has passed, or is too far away.
    NotFound
        There is no such technician.
    """
    with ctx.store.write() as unit:
        technician = unit.technicians.get(technician_id)
        now = ctx.clock()
        current = _going_on(_times(unit, technician, now), "private", now)
        event: PrivacyChanged | None = None
        if private:
            ends = _ends(ctx, technician, now, until)
            if current is None:
                current = PrivacyTime(technician.id, "private", now, ends)
                event = _changed(current, private=True)
                unit.privacy.begin(current)
            elif until is not None and current.until != ends:
                unit.privacy.end(current, ends)
                current = PrivacyTime(technician.id, "private", current.since, ends)
                event = _changed(current, private=True)
        elif current is not None:
            unit.privacy.end(current, now)
            ended = PrivacyTime(technician.id, "private", current.since, now)
            event = _changed(ended, private=False)
        if event is not None:
            _append(unit, event, technician, actor, now)
            unit.commit()
        state = _state(ctx, unit, technician)
    if not state.tracked:
        _forget(ctx, technician)
    return state


def unlock(
    ctx: Context, technician_id: str, reason: str, lasts: timedelta, *, actor: Actor
) -> Privacy:
    """See a technician for a while who is private or off shift: in an emergency, and told to them.

    Fixes from now on are kept; nothing from before comes back. The private time goes on behind it.

    Raises
    ------
    InvalidInput
        No reason, or a time out of bounds.
    Conflict
        Nothing is locked: the technician is being tracked.
    NotFound
        There is no such technician.
    """
    _check_unlocking(reason, lasts)
    with ctx.store.write() as unit:
        technician = unit.technicians.get(technician_id)
        now = ctx.clock()
        if _state(ctx, unit, technician).tracked:
            raise Conflict(
                f"technician {technician.call_sign} is neither private nor off shift: "
                "there is nothing to unlock"
            )
        time = PrivacyTime(technician.id, "unlocked", now, now + lasts)
        unit.privacy.begin(time)
        event = PrivacyUnlocked(
            technician_id=technician.id, reason=reason.strip(), since=now, until=time.until
        )
        _append(unit, event, technician, actor, now)
        _tell(ctx, unit, technician, event)
        unit.commit()
        return _state(ctx, unit, technician)


def _state(ctx: Context, unit: Unit, technician: Technician) -> Privacy:
    now = ctx.clock()
    times = _times(unit, technician, now)
    private, unlocked = (_going_on(times, kind, now) for kind in ("private", "unlocked"))
    tracked = tracked_times(unit, ctx.settings, [technician], now)[technician.id]
    return Privacy(
        technician_id=technician.id,
        tracked=tracked.at(datetime_to_ms(now)),
        since=None if private is None else private.since,
        until=None if private is None else private.until,
        unlocked_until=None if unlocked is None else unlocked.until,
    )


def _times(unit: Unit, technician: Technician, now: datetime) -> tuple[PrivacyTime, ...]:
    return unit.privacy.since(now, [technician.id]).get(technician.id, ())


def _going_on(times: Iterable[PrivacyTime], kind: str, now: datetime) -> PrivacyTime | None:
    going_on = [one for one in times if one.kind == kind and one.since <= now < one.until]
    return max(going_on, key=lambda one: one.until, default=None)


def _ends(ctx: Context, technician: Technician, now: datetime, until: datetime | None) -> datetime:
    if until is None:
        duty = duty_after(technician, now, ctx.zone)
        if duty is not None and duty.window.start <= now:
            duty = duty_after(technician, duty.window.end, ctx.zone)
        return now + _WITHOUT_SHIFTS if duty is None else min(duty.window.start, now + LONGEST)
    if not now < until <= now + LONGEST:
        raise InvalidInput(
            f"a private time cannot end at {until.isoformat()}",
            [
                Fault(
                    "until",
                    f"is not from now to {LONGEST.days} days ahead; leave it out to be "
                    "private until the next shift",
                )
            ],
        )
    return until


def _changed(time: PrivacyTime, *, private: bool) -> PrivacyChanged:
    return PrivacyChanged(
        technician_id=time.technician_id, private=private, since=time.since, until=time.until
    )


def _append(unit: Unit, event: Event, technician: Technician, actor: Actor, now: datetime) -> None:
    unit.append(f"technician:{technician.id}", [event], actor=actor, at=now)


def _check_unlocking(reason: str, lasts: timedelta) -> None:
    faults = []
    if not reason.strip():
        faults.append(Fault("reason", "is empty; say what the emergency is"))
    if not timedelta(0) < lasts <= LONGEST_UNLOCKED:
        most = LONGEST_UNLOCKED // timedelta(minutes=1)
        faults.append(Fault("minutes", f"{lasts // timedelta(minutes=1)} is not 1 to {most}"))
    if faults:
        raise InvalidInput("that is no emergency that can be looked into", faults)


def _tell(ctx: Context, unit: Unit, technician: Technician, event: PrivacyUnlocked) -> None:
    zone = ZoneInfo(ctx.settings.time_zone)
    message = Message(
        id=MessageId(ctx.new_id("msg")),
        type=event.type,
        to="technician",
        recipient_id=technician.id,
        order_id=None,
        text=f"The office sees where you are until {clock_text(event.until, zone, event.since)}, "
        f"in an emergency: {event.reason}",
        data={
            "recipient": {
                "id": technician.id,
                "name": technician.call_sign,
                "phone": technician.phone,
            },
            "reason": event.reason,
            "until": event.until.isoformat(),
        },
        at=event.since,
    )
    unit.messages.add([message])
    unit.deliveries.add(
        [
            delivery_to(ctx, endpoint, message, message.at)
            for endpoint in unit.webhooks.listening()
            if endpoint.hears(message)
        ]
    )


def _forget(ctx: Context, technician: Technician) -> None:
    """Take the last position out of Redis; while that is away the map hides it all the same."""
    try:
        ctx.live.forget(technician.shard, technician.id)
    except RedisUnavailable as error:
        structlog.get_logger().warning("a last position stays in Redis", why=error.message)
