"""Work of several technicians of whom one can't come: who goes instead.

The agreed beginning stays, and so do those who can come. When the lead is missing, one of them who
has all that the work asks for leads, or somebody new does. Whoever joins breaks no promise for it,
and goes to the place in their day where that moves least. When nobody can, the order waits again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from geo_dispatch.dispatch.days.plan import Stop
from geo_dispatch.dispatch.repairs.repair_search import Fits
from geo_dispatch.dispatch.repairs.roster import Arranged, Roster
from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.kernel.ids import TechnicianId

Stops = tuple[Stop, ...]


@dataclass(frozen=True, slots=True)
class Restaffed:
    """Who goes to a visit, or that it waits again.

    Attributes
    ----------
    team
        The lead, then the others; nobody when it waits.
    begin_at
        When they begin together.
    days
        The days that change for it: what is done in each, in turn.
    why_not
        Why nobody goes; empty when somebody does.
    """

    visit: Stop
    team: tuple[TechnicianId, ...]
    begin_at: datetime | None
    days: Mapping[TechnicianId, Stops]
    why_not: str = ""


def restaffed(
    roster: Roster, fits: Fits, helps: Fits, visit: Stop, missing: TechnicianId
) -> Restaffed:
    """Who goes to the visit when that technician can't.

    Parameters
    ----------
    roster
        The days in which nobody waits for who is missing.
    fits, helps
        Who has what it takes to lead, and to go along, the times of their day left aside.
    """
    order = visit.order
    staying = [one for one in order.technician_ids if one != missing and helps(visit, one)]
    begin_at = _begins_of(roster, staying, visit) or order.start_at
    leads = [one for one in staying if one == order.technician_id or fits(visit, one)]
    team = [*leads[:1], *(one for one in staying if one not in leads[:1])]
    days = {one: _without(roster, one, visit) for one in order.technician_ids if one not in staying}
    while len(team) < order.crew_size or not leads:
        found = _joining(
            roster, helps if leads else fits, visit, {*team, *order.technician_ids}, begin_at
        )
        if found is None:
            role = "come along" if leads else "lead it"
            lost = {one: _without(roster, one, visit) for one in order.technician_ids}
            return Restaffed(visit, (), None, lost, f"nobody else can {role} then")
        technician_id, day = found
        begin_at = begin_at or _begin_in(day, visit)
        team = [*team, technician_id] if leads else [technician_id, *team]
        leads = leads or [technician_id]
        days[technician_id] = day.stops
    return Restaffed(visit, tuple(team), begin_at, days)


def _joining(
    roster: Roster,
    fits: Fits,
    visit: Stop,
    members: Collection[TechnicianId],
    begin_at: datetime | None,
) -> tuple[TechnicianId, Arranged] | None:
    """Who can be there when it begins, and whose day that moves least."""
    guest = replace(visit, order=replace(visit.order, status=Status.ASSIGNED), joins_at=begin_at)
    others = [one for one in sorted(roster.days) if one not in members and fits(visit, one)]
    roster.prefetch_to_and_from(visit.place, others)
    found = (
        (one, roster.arranged(one, (*stops[:place], guest, *stops[place:])))
        for one, stops in ((one, roster.as_it_stands(one).stops) for one in others)
        for place in roster.places(one, stops)
    )
    in_time = (
        (technician_id, day)
        for technician_id, day in found
        if day.possible and not day.broken and _begin_in(day, visit) is not None
    )
    return min(in_time, key=lambda one: (len(one[1].changed), one[1].drive_s, one[0]), default=None)


def _begins_of(
    roster: Roster, technician_ids: Collection[TechnicianId], visit: Stop
) -> datetime | None:
    """When those who stay begin together."""
    begins = (_begin_in(roster.as_it_stands(one), visit) for one in technician_ids)
    return max((begin for begin in begins if begin is not None), default=None)


def _begin_in(day: Arranged, visit: Stop) -> datetime | None:
    stays = (stay for stay in day.schedule.stays if stay.stop.order.id == visit.order.id)
    return next((stay.begin_at for stay in stays), None)


def _without(roster: Roster, technician_id: TechnicianId, visit: Stop) -> Stops:
    stops = roster.as_it_stands(technician_id).stops
    return tuple(stop for stop in stops if stop.order.id != visit.order.id)
