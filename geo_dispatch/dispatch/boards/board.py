"""One day of everybody on one sheet: lanes of visits, what waits, what is in each other's way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from geo_dispatch.dispatch.days.availability import Rest, duty_after
from geo_dispatch.dispatch.days.day import Day
from geo_dispatch.dispatch.days.feasibility import Violation
from geo_dispatch.dispatch.days.labour import Pause
from geo_dispatch.dispatch.days.plan import Basis, Whereabouts
from geo_dispatch.dispatch.days.schedule import Stay
from geo_dispatch.dispatch.ranking.fixed import fixed_by
from geo_dispatch.dispatch.records.technicians import Leave, Technician
from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import OrderId
from geo_dispatch.kernel.time import Window, utc


@dataclass(frozen=True, slots=True)
class BoardVisit:
    """A visit in a lane.

    Attributes
    ----------
    travel_s
        The drive there; None when it is over, or there is no way.
    slack_s
        How much later it could be before a limit that holds breaks, here or behind; None without
        any.
    movable
        Whether a person may move it or take it away in one call; ``why_not`` says what refuses
        that, unless it is forced.
    broken
        Limits that it breaks as the day stands.
    """

    order: WorkOrder
    place: LonLat
    travel_s: float | None
    depart_at: datetime | None
    arrive_at: datetime | None
    begin_at: datetime | None
    finish_at: datetime | None
    wait_s: float
    slack_s: float | None
    movable: bool
    why_not: str
    basis: Basis | None
    broken: tuple[Violation, ...] = ()


@dataclass(frozen=True, slots=True)
class Lane:
    """One technician's day.

    Attributes
    ----------
    duties
        Shifts of the day, cut to it nowhere: one may begin the evening before.
    breaks
        As they are planned: those that the walk takes, and those still to come behind it.
    load_s
        Driving and work of the day, seconds.
    """

    technician: Technician
    duties: tuple[Window, ...]
    breaks: tuple[Pause, ...]
    leave: tuple[Leave, ...]
    on_call: tuple[Window, ...]
    whereabouts: Whereabouts | None
    visits: tuple[BoardVisit, ...]
    load_s: float
    free_at: datetime | None


def day_window(day: date, zone: ZoneInfo) -> Window:
    """The local day, from midnight to midnight; 23 or 25 hours when summer time changes."""
    return Window(
        utc(datetime.combine(day, time(), zone)),
        utc(datetime.combine(day + timedelta(days=1), time(), zone)),
    )


def lane_of(day: Day, done: Iterable[tuple[WorkOrder, LonLat]], on: date) -> Lane:
    """The lane of a technician on a local day.

    Parameters
    ----------
    done
        What the technician completed on that day, and where.
    """
    technician, whole = day.plan.technician, day_window(on, day.zone)
    broken: dict[OrderId, list[Violation]] = {}
    for violation in day.schedule.violations:
        broken.setdefault(violation.order_id, []).append(violation)
    visits = [_done(order, place) for order, place in done]
    visits += [
        _planned(stay, tuple(broken.get(stay.stop.order.id, ())))
        for stay in day.schedule.stays
        if _is_on(stay, whole, day.now)
    ]
    duties = list(_duties(technician, whole, day.zone))
    taken = [pause for pause in day.schedule.pauses if pause.begin_at in whole]
    ahead = [rest for _, rests in duties for rest in rests if rest.latest > day.now]
    return Lane(
        technician=technician,
        duties=tuple(window for window, _ in duties),
        breaks=(*taken, *_untaken(ahead, taken, day.schedule.free_at)),
        leave=tuple(one for one in technician.leave if one.window.overlaps(whole)),
        on_call=tuple(one for one in technician.on_call if one.overlaps(whole)),
        whereabouts=day.plan.whereabouts,
        visits=tuple(visits),
        load_s=sum(_load_s(visit) for visit in visits),
        free_at=day.schedule.free_at,
    )


def _is_on(stay: Stay, whole: Window, now: datetime) -> bool:
    """Whether any of the visit lies on the day; what can't be reached stays on today's."""
    if stay.begin_at is None or stay.finish_at is None:
        return now in whole
    return stay.begin_at < whole.end and max(stay.finish_at, stay.begin_at) >= whole.start


def _planned(stay: Stay, broken: tuple[Violation, ...]) -> BoardVisit:
    fixed = fixed_by(stay.stop.order)
    return BoardVisit(
        order=stay.stop.order,
        place=stay.stop.place,
        travel_s=stay.drive_s,
        depart_at=stay.depart_at,
        arrive_at=stay.arrive_at,
        begin_at=stay.begin_at,
        finish_at=stay.finish_at,
        wait_s=stay.wait_s,
        slack_s=stay.slack_s,
        movable=fixed is None,
        why_not=fixed.fact if fixed is not None else "",
        basis=stay.basis,
        broken=broken,
    )


def _done(order: WorkOrder, place: LonLat) -> BoardVisit:
    arrived = order.arrival.at if order.arrival else None
    return BoardVisit(
        order=order,
        place=place,
        travel_s=None,
        depart_at=None,
        arrive_at=arrived,
        begin_at=order.started_at or arrived,
        finish_at=order.ended_at,
        wait_s=0.0,
        slack_s=None,
        movable=False,
        why_not="complete",
        basis=None,
    )


def _load_s(visit: BoardVisit) -> float:
    work_s = 0.0
    if visit.begin_at is not None and visit.finish_at is not None:
        work_s = (visit.finish_at - visit.begin_at).total_seconds()
    return work_s + (visit.travel_s or 0.0)


def _duties(
    technician: Technician, whole: Window, zone: ZoneInfo
) -> Iterable[tuple[Window, tuple[Rest, ...]]]:
    moment = whole.start
    while (duty := duty_after(technician, moment, zone)) is not None:
        if duty.window.start >= whole.end:
            return
        yield duty.window, duty.rests
        moment = duty.window.end


def _untaken(
    rests: Sequence[Rest], taken: Sequence[Pause], free_at: datetime | None
) -> list[Pause]:
    """Breaks that come when all visits are done: none is taken for granted before."""
    left = list(rests)[len(taken) :] if len(taken) <= len(rests) else []
    found = []
    for rest in left:
        begin = rest.earliest if free_at is None else max(rest.earliest, free_at)
        if begin <= rest.latest:
            found.append(Pause(begin, begin + rest.length))
    return found
