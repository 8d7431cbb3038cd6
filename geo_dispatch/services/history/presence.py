"""Who was near a place and when, from the fixes themselves: no fence need have been there."""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import shapely

from geo_dispatch.adapters.sql.fix_cells import HOUR_MS, RESOLUTION
from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.cells import overlapping_cells
from geo_dispatch.kernel.errors import Fault, InvalidInput
from geo_dispatch.kernel.geo import METRES_PER_DEGREE, LonLat
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
        hours = unit.fix_cells.hours(_cells(place, radius_m), start_ms, end_ms)
        people = unit.technicians.many(hours)
        for technician_id in sorted(people):
            call_sign = people[technician_id].call_sign
            found += [
                _named(unit, presence, call_sign)
                for fixes in _around(unit, TechnicianId(technician_id), hours, (start_ms, end_ms))
                for presence in presences(TechnicianId(technician_id), fixes, fence)
                if presence.since < span.end and (presence.until or span.end) >= span.start
            ]
    return sorted(found, key=lambda one: (one.since, one.technician_id))


def _cells(place: LonLat, radius_m: float) -> set[int]:
    """The cells of the index that matter: outside of them, nobody is nearly there."""
    north_deg = _NEARLY * radius_m / METRES_PER_DEGREE
    east_deg = north_deg / math.cos(math.radians(place.lat))
    around = shapely.box(
        place.lon - east_deg, place.lat - north_deg, place.lon + east_deg, place.lat + north_deg
    )
    return overlapping_cells(around, RESOLUTION)


def _around(
    unit: Unit,
    technician_id: TechnicianId,
    hours: Mapping[TechnicianId, Sequence[int]],
    times: tuple[int, int],
) -> Iterator[list[Fix]]:
    """The technician's fixes of those hours, with some before and behind, in pieces.

    Between two pieces there are fixes, and none of them in the cells: each piece can be folded
    by itself.
    """
    start_ms, end_ms = times
    spans = deque(_spans(hours[technician_id]))
    while spans:
        first_ms, last_ms = spans.popleft()
        while True:
            from_ms, until_ms = max(first_ms, start_ms) - _GAP_MS, min(last_ms, end_ms) + _GAP_MS
            fixes = unit.tracking.fixes(technician_id, from_ms, until_ms)
            fixes += unit.tracking.fixes(technician_id, until_ms, limit=_FURTHER)
            if not spans or not fixes or fixes[-1].at_ms < spans[0][0] - _GAP_MS:
                break
            last_ms = spans.popleft()[1]
        if fixes:
            yield fixes


def _spans(hours: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Runs of hours, each from its first millisecond until its last."""
    for _, run in itertools.groupby(enumerate(hours), key=lambda one: one[1] - one[0]):
        own = [hour for _, hour in run]
        yield own[0] * HOUR_MS, (own[-1] + 1) * HOUR_MS - 1


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
