"""The way really driven, and mileage by road: a technician's fixes, matched to the road graph.

Both are worked out when asked, local day by local day: a pure function of the day's fixes, the
road graph and the rules, all of which the answer names. Who asks is written down.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import Fault, InvalidInput
from geo_dispatch.kernel.geo import haversine_m
from geo_dispatch.kernel.time import FIRST_YEAR, LAST_YEAR, Window, ms_to_datetime
from geo_dispatch.roads.engine import RoadEngine
from geo_dispatch.roads.routes import Step
from geo_dispatch.services.context import Context
from geo_dispatch.services.history import access
from geo_dispatch.services.history.trail import day_span, fixes_of
from geo_dispatch.tracking.drives import Drive, drives
from geo_dispatch.tracking.fixes import Fix

MAX_DAYS: Final = 31


@dataclass(frozen=True, slots=True)
class Graph:
    """Which road graph an answer was worked out on: another one may answer otherwise."""

    area: str
    source_sha256: str
    recipe_sha256: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch driven along streets, or between two fixes that no way explains.

    Attributes
    ----------
    length_m
        By road; as the crow flies where no way is known.
    lonlats
        (k, 2) the line; a straight one where no way is known.
    times
        (k,) when the vehicle was there: between fixes, as if at one speed.
    fixes
        How many it was found by.
    distance_m
        Mean distance of those fixes from their places on the street.
    confidence
        How likely the vehicle was on these streets, at the least likely of those fixes.
    streets
        By name, in order.
    reason
        Why no way is known; empty where one is.
    """

    since: datetime
    until: datetime
    length_m: float
    lonlats: NDArray[np.float64]
    times: Sequence[datetime]
    fixes: int = 0
    distance_m: float = 0.0
    confidence: float = 0.0
    streets: tuple[Step, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Trip:
    """From one stop to the next.

    Attributes
    ----------
    odometer_m
        From fix to fix as the crow flies, without jitter.
    stretches
        In the order of time.
    """

    since: datetime
    until: datetime
    odometer_m: float
    stretches: tuple[Stretch, ...]

    @property
    def road_m(self) -> float:
        """Metres by road."""
        return sum(one.length_m for one in self.stretches if not one.reason)

    @property
    def unmatched_m(self) -> float:
        """Metres as the crow flies where no way is known."""
        return sum(one.length_m for one in self.stretches if one.reason)


@dataclass(frozen=True, slots=True)
class Mileage:
    """What a technician drove on a local day."""

    day: date
    trips: tuple[Trip, ...]

    @property
    def road_m(self) -> float:
        """Metres by road."""
        return sum(trip.road_m for trip in self.trips)

    @property
    def odometer_m(self) -> float:
        """Metres from fix to fix."""
        return sum(trip.odometer_m for trip in self.trips)

    @property
    def matched(self) -> float:
        """Share of the distance whose streets are known, 0 to 1; 1 where nothing was driven."""
        unmatched_m = sum(trip.unmatched_m for trip in self.trips)
        return self.road_m / (self.road_m + unmatched_m) if unmatched_m else 1.0


@dataclass(frozen=True, slots=True)
class Driven:
    """A technician's trips, to be read once; and what they were worked out by."""

    technician: Technician
    graph: Graph
    rule: str
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
    # numba takes a second to import
    from geo_dispatch.roads.matching import RULE  # noqa: PLC0415

    days = _days(first, last)
    span = Window(day_span(ctx, first).start, day_span(ctx, last).end)
    with ctx.store.write() as unit:
        technician = unit.technicians.get(technician_id)
        access.note(ctx, unit, [technician.id], span, what, actor=actor, purpose=purpose)
        unit.commit()
    info = ctx.roads.graph.info
    return Driven(
        technician,
        Graph(info.area, info.source_sha256, info.recipe_sha256),
        RULE.version,
        (
            Mileage(day, trips(ctx.roads, fixes_of(ctx, technician.id, day_span(ctx, day))))
            for day in days
        ),
    )


def trips(roads: RoadEngine, fixes: Iterator[Fix]) -> tuple[Trip, ...]:
    """The trips among fixes in the order of their keys."""
    return tuple(_trip(roads, drive) for drive in drives(fixes))


def _trip(roads: RoadEngine, drive: Drive) -> Trip:
    times_s = drive.times_s
    match = roads.match(drive.lonlats, times_s, drive.sigma_m)
    stretches = [
        Stretch(
            since=_moment(times_s[piece.fixes[0]]),
            until=_moment(times_s[piece.fixes[-1]]),
            length_m=piece.route.distance_m,
            lonlats=piece.route.lonlats,
            times=[
                _moment(at_s) for at_s in np.interp(piece.line_m, piece.at_m, times_s[piece.fixes])
            ],
            fixes=len(piece.fixes),
            distance_m=float(piece.distance_m.mean()),
            confidence=float(piece.confidence.min()),
            streets=piece.route.steps,
        )
        for piece in match.pieces
    ]
    for gone in match.unmatched:
        ends = drive.fixes[gone.first], drive.fixes[gone.last]
        since, until = (ms_to_datetime(fix.at_ms) for fix in ends)
        stretches.append(
            Stretch(
                since=since,
                until=until,
                length_m=haversine_m(ends[0].place, ends[1].place),
                lonlats=np.array([fix.place for fix in ends]),
                times=(since, until),
                reason=gone.reason.value,
            )
        )
    stretches.sort(key=lambda one: (one.since, one.until))
    since, until = (ms_to_datetime(drive.fixes[end].at_ms) for end in (0, -1))
    return Trip(since, until, drive.odometer_m, tuple(stretches))


def _moment(at_s: float) -> datetime:
    return ms_to_datetime(round(at_s * 1000))


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
