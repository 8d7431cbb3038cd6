"""Who was near a place and when, from the fixes themselves: no fence need have been there."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import Fault, InvalidInput
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import AssignmentId, OrderId, SiteId, TechnicianId
from geo_dispatch.kernel.time import Window, checked_moment, datetime_to_ms, ms_to_datetime
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.history import access
from geo_dispatch.tracking.arrival_rule import RULE
from geo_dispatch.tracking.evidence import Evidence
from geo_dispatch.tracking.fences import Fence, circle_fence
from geo_dispatch.tracking.fixes import Fix
from geo_dispatch.tracking.geofence import Attendance
from geo_dispatch.tracking.track import Stop, TrackState, fold

MAX_SPAN: Final = timedelta(days=31)
MIN_RADIUS_M: Final = 10.0
MAX_RADIUS_M: Final = 2000.0

_GAP_MS: Final = round(RULE.gap_s * 1000)
_APART_MS: Final = 4 * _GAP_MS
_NEARLY: Final = 2.0
"""Times the radius: beyond it fixes prove that somebody left."""

_FURTHER: Final = 30
"""Fixes behind, however late they came: enough to tell that somebody left."""

_NAMELESS: Final = AssignmentId("near")


@dataclass(frozen=True, slots=True)
class Presence:
    """A technician near the place.

    Attributes
    ----------
    stayed
        By the rule that confirms arrivals; otherwise they only passed.
    until
        When they left, or passed last; None while there by the newest fix.
    fixes
        How many lay within the radius.
    closest_m
        How near they came to its middle.
    order_ids
        Whose visits those were, if the record has any at that time.
    """

    technician_id: TechnicianId
    call_sign: str
    since: datetime
    until: datetime | None
    stayed: bool
    fixes: int
    closest_m: float
    evidence: Evidence | None
    order_ids: tuple[OrderId, ...]


def near(ctx: Desk, place: LonLat, radius_m: float, span: Window) -> list[Presence]:
    """Everybody who was within the radius in that time; no fence need have been there before.

    Raises
    ------
    InvalidInput
        The radius or the time is out of bounds.
    """
    _check(radius_m, span)
    fence = circle_fence(place, radius_m)
    start_ms, end_ms = datetime_to_ms(span.start), datetime_to_ms(span.end)
    found: list[Presence] = []
    with ctx.store.read() as unit:
        times = unit.history.near(place, _NEARLY * radius_m, start_ms, end_ms)
        people = unit.technicians.many(times)
        for technician_id in sorted(times.keys() & people.keys()):
            call_sign = people[technician_id].call_sign
            found += [
                _named(unit, presence, call_sign)
                for fixes in _pieces(unit, technician_id, times[technician_id])
                for presence in presences(technician_id, fixes, fence)
                if presence.since < span.end and (presence.until or span.end) >= span.start
            ]
    return sorted(found, key=lambda one: (one.since, one.technician_id))


def _pieces(unit: Unit, technician_id: TechnicianId, times: Sequence[int]) -> Iterator[list[Fix]]:
    """The technician's fixes around those times, each piece with some before and behind.

    Between two pieces nobody was nearly there, and there are fixes that say so: each can be
    folded by itself.
    """
    spans = deque(_spans(times))
    while spans:
        first_ms, last_ms = spans.popleft()
        while True:
            until_ms = last_ms + _GAP_MS
            fixes = unit.tracking.fixes(technician_id, first_ms - _GAP_MS, until_ms)
            fixes += unit.tracking.fixes(technician_id, until_ms, limit=_FURTHER)
            if not spans or fixes[-1].at_ms < spans[0][0] - _GAP_MS:
                break
            last_ms = spans.popleft()[1]
        yield fixes


def _spans(times: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Runs of times that lie close together, each from its first until its last."""
    first_ms = last_ms = times[0]
    for at_ms in times:
        if at_ms - last_ms > _APART_MS:
            yield first_ms, last_ms
            first_ms = at_ms
        last_ms = at_ms
    yield first_ms, last_ms


def looked_up(
    ctx: Desk, place: LonLat, radius_m: float, span: Window, *, actor: Actor
) -> list[Presence]:
    """`near`, and in the log that the actor looked at those whom it names.

    Raises
    ------
    InvalidInput
        The radius or the time is out of bounds.
    """
    found = near(ctx, place, radius_m, span)
    if found:
        with ctx.store.write() as unit:
            named = {one.technician_id for one in found}
            access.note(ctx, unit, named, span, "presence", actor=actor)
            unit.commit()
    return found


def span(since: datetime, until: datetime) -> Window:
    """The time to look at.

    Raises
    ------
    InvalidInput
        A time without a zone; it ends before it starts.
    """
    faults: list[Fault] = []
    for where, moment in (("from", since), ("to", until)):
        try:
            checked_moment(moment)
        except ValueError as error:
            faults.append(Fault(where, str(error)))
    if not faults and until <= since:
        faults.append(Fault("to", "does not lie after from; swap the two"))
    if faults:
        raise InvalidInput("nobody can be looked for in that time", faults)
    return Window(since, until)


def presences(
    technician_id: TechnicianId, fixes: Sequence[Fix], fence: Fence
) -> Iterator[Presence]:
    """What one technician's fixes, in order, say of the place."""
    stop = Stop(_NAMELESS, OrderId(""), SiteId(""), 0, None, 1, fence)
    state = fold(TrackState(), fixes, [stop]).stop(_NAMELESS)
    stays = () if state is None else state.fence.attendances
    runs = list(_runs(fixes, fence))
    within = [fix for run in runs for fix in run]
    for stay in stays:
        until_ms = stay.left_ms if stay.left_ms is not None else fixes[-1].at_ms
        during = [fix for fix in within if stay.arrived_ms <= fix.at_ms <= until_ms]
        yield _presence(technician_id, during, fence, stay)
    for run in runs:
        if not any(_covers(stay, run) for stay in stays):
            yield _presence(technician_id, run, fence, None)


def _presence(
    technician_id: TechnicianId, fixes: Sequence[Fix], fence: Fence, stay: Attendance | None
) -> Presence:
    until_ms = fixes[-1].at_ms if stay is None else stay.left_ms
    return Presence(
        technician_id=technician_id,
        call_sign="",
        since=ms_to_datetime(fixes[0].at_ms if stay is None else stay.arrived_ms),
        until=None if until_ms is None else ms_to_datetime(until_ms),
        stayed=stay is not None,
        fixes=len(fixes),
        closest_m=round(min(fence.distance_m(fix.place) for fix in fixes), 1),
        evidence=None if stay is None else stay.evidence,
        order_ids=(),
    )


def _runs(fixes: Sequence[Fix], fence: Fence) -> Iterator[list[Fix]]:
    """Fixes within the radius, without one outside or a long silence between them."""
    run: list[Fix] = []
    for fix in fixes:
        if fix.mock:
            continue
        outside = fence.distance_m(fix.place) > fence.radius_m
        if run and (outside or fix.at_ms - run[-1].at_ms > _GAP_MS):
            yield run
            run = []
        if not outside:
            run.append(fix)
    if run:
        yield run


def _covers(stay: Attendance, run: Sequence[Fix]) -> bool:
    ends_before = stay.left_ms is not None and stay.left_ms < run[0].at_ms
    return not ends_before and stay.arrived_ms <= run[-1].at_ms


def _named(unit: Unit, presence: Presence, call_sign: str) -> Presence:
    visits = unit.history.visits_of(presence.technician_id, presence.since, presence.until)
    return Presence(
        presence.technician_id,
        call_sign,
        presence.since,
        presence.until,
        presence.stayed,
        presence.fixes,
        presence.closest_m,
        presence.evidence,
        tuple(dict.fromkeys(visit.order_id for visit in visits)),
    )


def _check(radius_m: float, span: Window) -> None:
    faults = []
    if not MIN_RADIUS_M <= radius_m <= MAX_RADIUS_M:
        faults.append(
            Fault("radius_m", f"{radius_m:g} is not from {MIN_RADIUS_M:g} to {MAX_RADIUS_M:g} m")
        )
    if span.end - span.start > MAX_SPAN:
        faults.append(Fault("to", f"lies more than {MAX_SPAN.days} days after from; ask in parts"))
    if faults:
        raise InvalidInput("nobody can be looked for like that", faults)
