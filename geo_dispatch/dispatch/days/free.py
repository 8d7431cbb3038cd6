"""Who is free at a moment, where they are then, and until when; and what the others do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from geo_dispatch.dispatch.days.availability import duty_after, next_working
from geo_dispatch.dispatch.days.day import Day
from geo_dispatch.dispatch.days.schedule import Stay
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import OrderId, TechnicianId

Doing = Literal[
    "free", "driving", "working", "waiting", "break", "on_leave", "off_shift", "unknown"
]


@dataclass(frozen=True, slots=True)
class Availability:
    """What somebody does at a moment.

    Attributes
    ----------
    order_id
        What they drive or attend to.
    place
        Where they are then; None on the road, and where nobody knows.
    free_from
        When they are next free: the moment itself when they are.
    free_until
        When they have to set out again, or the shift ends; None while they are not free.
    slack_s
        How much longer they could stay away then before a limit of what comes next breaks; None
        without any.
    """

    technician_id: TechnicianId
    call_sign: str
    doing: Doing
    fact: str
    order_id: OrderId | None
    place: LonLat | None
    free_from: datetime | None
    free_until: datetime | None
    slack_s: float | None

    @property
    def free(self) -> bool:
        """Whether they could be sent then."""
        return self.doing == "free"


def availability_of(day: Day, at: datetime) -> Availability:
    """What the technician of the day does at that moment, by the day as it stands.

    ``day`` was worked out with slack. A wait at a site for a window counts as attending to it.
    """
    technician = day.plan.technician
    leave = technician.leave_at(at)
    if leave is not None:
        back = next_working(technician, at, day.zone)
        fact = "on leave" + (f" ({leave.reason})" if leave.reason else "")
        return _busy(day, "on_leave", fact, free_from=back)
    if day.start is None:
        return _busy(day, "unknown", "nobody knows where they are")
    pause = next((one for one in day.schedule.pauses if one.begin_at <= at < one.end_at), None)
    if pause is not None:
        return _busy(day, "break", "on a break", free_from=_free_from(day, pause.end_at))
    current = next((one for one in day.schedule.stays if _during(one, at)), None)
    if current is not None:
        return _at_it(day, current, at)
    return _idle(day, at)


def _idle(day: Day, at: datetime) -> Availability:
    """Nothing is planned then: free, or off shift."""
    technician = day.plan.technician
    duty = duty_after(technician, at, day.zone)
    if duty is not None and at >= duty.window.start:
        return _free(day, at, duty.window.end)
    return _busy(day, "off_shift", "off shift", free_from=next_working(technician, at, day.zone))


def _during(stay: Stay, at: datetime) -> bool:
    if stay.depart_at is None or stay.finish_at is None:
        return stay.begin_at is None
    return stay.depart_at <= at < stay.finish_at


def _at_it(day: Day, stay: Stay, at: datetime) -> Availability:
    order = stay.stop.order
    if stay.begin_at is None:
        return _busy(day, "unknown", f"no way by road to {order.number}")
    doing: Doing = "working"
    if stay.arrive_at is not None and at < stay.arrive_at:
        doing = "driving"
    elif at < stay.begin_at:
        doing = "waiting"
    words = {"driving": "on the way to", "waiting": "waiting at", "working": "at"}
    return Availability(
        technician_id=day.plan.technician.id,
        call_sign=day.plan.technician.call_sign,
        doing=doing,
        fact=f"{words[doing]} {order.number}",
        order_id=order.id,
        place=None if doing == "driving" else stay.stop.place,
        free_from=_free_from(day, stay.finish_at or at),
        free_until=None,
        slack_s=None,
    )


def _free(day: Day, at: datetime, ends: datetime) -> Availability:
    before = [one for one in day.schedule.stays if one.finish_at and one.finish_at <= at]
    after = next((s for s in day.schedule.stays if s.depart_at and s.depart_at > at), None)
    start = day.start
    place = before[-1].stop.place if before else start.place if start is not None else None
    until = ends if after is None or after.depart_at is None else min(ends, after.depart_at)
    pause = min((p.begin_at for p in day.schedule.pauses if p.begin_at > at), default=until)
    slack_s = after.slack_s if after is not None else (ends - at).total_seconds()
    return Availability(
        technician_id=day.plan.technician.id,
        call_sign=day.plan.technician.call_sign,
        doing="free",
        fact="free",
        order_id=None,
        place=place,
        free_from=at,
        free_until=min(until, pause),
        slack_s=slack_s,
    )


def _free_from(day: Day, moment: datetime) -> datetime | None:
    """The first moment from then on at which nothing is planned, within two days."""
    busy = [(p.begin_at, p.end_at) for p in day.schedule.pauses]
    busy += [(s.depart_at, s.finish_at) for s in day.schedule.stays if s.depart_at and s.finish_at]
    for start, end in sorted(busy):
        if start <= moment < end:
            moment = end
    if moment - day.now > timedelta(days=2):
        return None
    return next_working(day.plan.technician, moment, day.zone)


def _busy(day: Day, doing: Doing, fact: str, *, free_from: datetime | None = None) -> Availability:
    technician = day.plan.technician
    return Availability(
        technician.id, technician.call_sign, doing, fact, None, None, free_from, None, None
    )
