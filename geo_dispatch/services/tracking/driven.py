"""Mileage by road and the way really driven: a technician's fixes, matched to the road graph.

Both are worked out when asked: a pure function of the fixes, the road graph and the rules, which
the answer names. Who asks is written down.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import Fault, InvalidInput
from geo_dispatch.kernel.time import FIRST_YEAR, LAST_YEAR, Window
from geo_dispatch.services.context import Context
from geo_dispatch.services.history import access
from geo_dispatch.services.history.trail import (
    Json,
    Trail,
    day_span,
    fixes_of,
    opened,
    refuse_too_long,
    stay_features,
)
from geo_dispatch.services.tracking.by_road import (
    ByRoad,
    MatchedOn,
    Trip,
    feature,
    matched_on,
    trips,
)

MAX_DAYS: Final = 31


@dataclass(frozen=True, slots=True)
class Mileage(ByRoad):
    """What a technician drove on a local day."""

    day: date
    trips: tuple[Trip, ...]


@dataclass(frozen=True, slots=True)
class Driven:
    """A technician's trips, to be read once; and what they were worked out by."""

    technician: Technician
    on: MatchedOn
    days: Iterator[Mileage]


def driven(
    ctx: Context,
    technician_id: str,
    first: date,
    last: date,
    *,
    what: str,
    actor: Actor,
    purpose: str = "",
) -> Driven:
    """What the technician drove on the local days from first to last.

    Parameters
    ----------
    what
        How the look is written down: ``"mileage"`` or ``"route"``.

    Raises
    ------
    InvalidInput
        The days are swapped, more than `MAX_DAYS`, or in no year that work is done in.
    NotFound
        There is no such technician.
    """
    days = _days(first, last)
    span = Window(day_span(ctx, first).start, day_span(ctx, last).end)
    with ctx.store.write() as unit:
        technician = unit.technicians.get(technician_id)
        access.note(ctx, unit, [technician.id], span, what, actor=actor, purpose=purpose)
        unit.commit()
    return Driven(
        technician,
        matched_on(ctx.roads_as_built),
        (
            Mileage(
                day,
                tuple(trips(ctx.roads_as_built, fixes_of(ctx, technician.id, day_span(ctx, day)))),
            )
            for day in days
        ),
    )


def trail_by_road(
    ctx: Context, technician_id: str, span: Window, *, actor: Actor, purpose: str = ""
) -> Trail:
    """The technician's trail of that time along the streets; written down like any trail.

    Its features are stretches as `by_road.feature` has them, in the order of time, then stays and
    visits as those of a trail.

    Raises
    ------
    InvalidInput
        The time is too long.
    NotFound
        There is no such technician.
    """
    refuse_too_long(span)
    technician, visits = opened(ctx, technician_id, span, "trail", actor=actor, purpose=purpose)

    def features() -> Iterator[Json]:
        driven = trips(ctx.roads_as_built, fixes_of(ctx, technician.id, span))
        for number, trip in enumerate(driven, start=1):
            yield from (feature(number, stretch) for stretch in trip.stretches)
        yield from stay_features(fixes_of(ctx, technician.id, span))
        yield from visits

    return Trail(technician, features(), matched_on(ctx.roads_as_built).told)


def _days(first: date, last: date) -> list[date]:
    faults = [
        Fault(where, f"{day} is not between the years {FIRST_YEAR} and {LAST_YEAR}")
        for where, day in (("from", first), ("to", last))
        if not FIRST_YEAR <= day.year <= LAST_YEAR
    ]
    count = (last - first).days + 1
    if not 1 <= count <= MAX_DAYS:
        fault = f"{last} is not from 0 to {MAX_DAYS - 1} days after {first}; ask in parts"
        faults.append(Fault("to", fault))
    if faults:
        raise InvalidInput(f"{first} to {last} are no days that somebody drove on", faults)
    return [first + timedelta(days=n) for n in range(count)]
