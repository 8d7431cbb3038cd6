"""When a technician will be at each of their open orders, and what that is worked out from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from geo_dispatch.dispatch.days.day import legs_of
from geo_dispatch.dispatch.days.drives import Drives, Leg
from geo_dispatch.dispatch.days.feasibility import lateness_s
from geo_dispatch.dispatch.days.plan import Basis, Plan, origin
from geo_dispatch.dispatch.days.schedule import Schedule, Stay, walk
from geo_dispatch.dispatch.work.orders import Status, WorkOrder
from geo_dispatch.kernel.ids import OrderId, TechnicianId
from geo_dispatch.kernel.time import Window

WORTH_TELLING_S: Final = 60.0
"""A published ETA that moved by no more stays: people plan in minutes."""

OVERRUN_TAKES: Final = timedelta(minutes=5)
"""Work that should be done and isn't takes at least so much longer: it is late before it is."""


@dataclass(frozen=True, slots=True)
class Eta:
    """An expected arrival.

    Attributes
    ----------
    eta
        None when ``basis`` says that there is no position or no way. The arrival itself when
        the technician is there.
    drive_s
        Driving still ahead, all of it, seconds.
    late_by_s
        How late against window and due time; negative is slack, None without a limit or an ETA.
    finish_at
        When the work is expected to be done; None like the ETA.
    """

    order_id: OrderId
    technician_id: TechnicianId
    eta: datetime | None
    drive_s: float | None
    late_by_s: float | None
    basis: Basis
    position_at: datetime | None
    computed_at: datetime
    finish_at: datetime | None = None


def legs_ahead(plan: Plan, now: datetime, zone: ZoneInfo) -> list[Leg]:
    """The legs that `remaining` asks for; empty when the plan starts nowhere."""
    return legs_of(plan, origin(plan, now, zone))


def remaining(plan: Plan, drives: Drives, now: datetime, zone: ZoneInfo) -> list[Eta]:
    """One ETA per open order of the plan, in sequence."""
    return etas_of(plan, walk(plan, origin(plan, now, zone), drives, now, zone), now)


def etas_of(plan: Plan, schedule: Schedule, now: datetime) -> list[Eta]:
    """The ETAs of a plan that was worked out already."""
    return [_eta(plan, stay, now) for stay in schedule.stays]


def worth_telling(new: Eta, old: Eta | None) -> bool:
    """Whether the new one differs enough from what was last published."""
    if old is None or new.technician_id != old.technician_id or new.basis != old.basis:
        return True
    if new.eta is None or old.eta is None:
        return new.eta != old.eta
    return abs((new.eta - old.eta).total_seconds()) > WORTH_TELLING_S


def between(
    eta: datetime | None, position_at: datetime | None, promised: Window | None, now: datetime
) -> Window | None:
    """Between when and when somebody will be there, as far as the age of the position says.

    Since they were last seen they may have driven all the time, there or away: either moves the
    arrival by no more than that time. To this comes by how much a published ETA may be off. What
    may go wrong on the road, or at the jobs before, is not in it.

    Parameters
    ----------
    eta, position_at
        As published; None where there is no ETA, or it rests on no position.
    promised
        Work there does not begin before; None where it may, or somebody is on the way.
    """
    if eta is None or position_at is None:
        return None
    off = now - position_at + timedelta(seconds=WORTH_TELLING_S)
    earliest = max(now, eta - off)
    if promised is not None:
        earliest = max(earliest, min(promised.start, eta))
    latest = eta + off
    return Window(earliest, latest) if earliest < latest else None


def is_arriving(order: WorkOrder, eta: Eta, now: datetime, within_s: float) -> bool:
    """Whether the technician, on the way there, is nearly there.

    By a live position only: who was last seen long ago may have stopped. Who merely drives by on
    the way to another site is not on the way to this one.
    """
    if order.status is not Status.EN_ROUTE or eta.basis is not Basis.POSITION or eta.eta is None:
        return False
    return eta.drive_s is not None and eta.drive_s <= within_s and eta.eta > now


def unmoved(new: Eta, told: Eta) -> Eta:
    """The new one as it stays published: the arrival that was told, and what that means now."""
    if new.eta is None or told.eta is None:
        return new
    off = told.eta - new.eta
    return replace(
        new,
        eta=told.eta,
        late_by_s=None if new.late_by_s is None else new.late_by_s + off.total_seconds(),
        finish_at=None if new.finish_at is None else new.finish_at + off,
    )


def _eta(plan: Plan, stay: Stay, now: datetime) -> Eta:
    seen = plan.whereabouts
    order = stay.stop.order
    finish_at = stay.finish_at
    if finish_at is not None and stay.stop.reached and stay.stop.remaining_s(now) <= 0:
        finish_at = max(finish_at, now + OVERRUN_TAKES)
    late_s = None
    if stay.begin_at is not None and finish_at is not None:
        late_s = lateness_s(order, stay.begin_at, finish_at)
    from_fix = stay.basis in {Basis.POSITION, Basis.STALE_POSITION}
    return Eta(
        order_id=order.id,
        technician_id=plan.technician.id,
        eta=stay.arrive_at if stay.stop.fixed else stay.begin_at,
        drive_s=stay.driven_s,
        late_by_s=late_s,
        basis=stay.basis,
        position_at=seen.at if seen is not None and from_fix else None,
        computed_at=now,
        finish_at=finish_at,
    )
