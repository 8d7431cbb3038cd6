"""Bodies of mileage, and of the way really driven."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from api.schemas.common import Output
from geo_dispatch.services.tracking.by_road import ByRoad, MatchedOn, Trip, feature
from geo_dispatch.services.tracking.driven import Driven, Mileage
from geo_dispatch.services.tracking.ways import Way

JsonObject = dict[str, Any]


class GraphOut(Output):
    """The road graph that an answer was worked out on."""

    area: str
    source_sha256: str
    recipe_sha256: str


class TripOut(Output):
    """From one stop to the next."""

    start: datetime = Field(alias="from")
    end: datetime = Field(alias="to")
    road_km: float
    odometer_km: float

    @classmethod
    def of(cls, trip: Trip) -> TripOut:
        """The trip as it is sent."""
        return cls.model_validate(
            {
                "from": trip.since,
                "to": trip.until,
                "road_km": _km(trip.road_m),
                "odometer_km": _km(trip.odometer_m),
            }
        )


class PlannedOut(Output):
    """The engine's fastest way from where they set out to the site."""

    km: float
    minutes: float


class WayDrivenOut(Output):
    """What was driven on the way, until they stood at the site."""

    road_km: float = Field(description="By the streets that were driven.")
    odometer_km: float = Field(description="From fix to fix as the crow flies, without jitter.")
    matched: float = Field(description="Share of the distance whose streets are known, 0 to 1.")
    minutes: float = Field(description="In drives: without the stops between them.")


class WayOut(Output):
    """One technician's way to one order: planned, and driven."""

    order_id: str
    number: str
    technician_id: str
    call_sign: str
    start: datetime = Field(alias="from", description="When they set out.")
    end: datetime | None = Field(alias="to", description="The arrival; null while on the way.")
    minutes: float = Field(description="From setting out to the arrival, or so far; stops too.")
    planned: PlannedOut | None = Field(
        description="Null without a fix to begin from, or a way to the site."
    )
    driven: WayDrivenOut | None = Field(description="Null where no fixes are kept.")

    @classmethod
    def of(cls, way: Way) -> WayOut:
        """The way as it is sent."""
        planned = way.planned
        names = ("order_id", "number", "technician_id", "call_sign")
        return cls.model_validate(
            {
                **{name: getattr(way, name) for name in names},
                "from": way.since,
                "to": way.until,
                "minutes": _minutes(way.lasted_s),
                "planned": planned
                and {"km": _km(planned.distance_m), "minutes": _minutes(planned.duration_s)},
                "driven": _by_road(way) | {"minutes": _minutes(way.driving_s)}
                if way.known
                else None,
            }
        )


class WaysOut(Output):
    """Everybody's ways to an order, by when they set out; and what they were matched on."""

    graph: GraphOut
    rule: str
    items: list[WayOut]

    @classmethod
    def of(cls, ways: Iterable[Way], on: MatchedOn) -> WaysOut:
        """The ways as they are sent."""
        return cls.model_validate({"items": [WayOut.of(way) for way in ways], **on.told})


class DayMileageOut(Output):
    """What was driven on a local day."""

    day: date
    road_km: float = Field(description="By the streets that were driven.")
    odometer_km: float = Field(description="From fix to fix as the crow flies, without jitter.")
    matched: float = Field(description="Share of the distance whose streets are known, 0 to 1.")
    trips: list[TripOut]
    ways: list[WayOut] = Field(
        description="To orders: those that ended on the day, and the one they are on."
    )

    @classmethod
    def of(cls, day: Mileage, ways: Iterable[Way]) -> DayMileageOut:
        """The day as it is sent."""
        return cls.model_validate(
            {
                "day": day.day,
                **_by_road(day),
                "trips": [TripOut.of(trip) for trip in day.trips],
                "ways": [WayOut.of(way) for way in ways],
            }
        )


class MileageOut(Output):
    """A technician's mileage by local day: the same fixes, graph and rule give the same."""

    technician_id: str
    call_sign: str
    graph: GraphOut
    rule: str
    days: list[DayMileageOut]

    @classmethod
    def of(cls, found: Driven, ways: Callable[[date], Iterable[Way]]) -> MileageOut:
        """The mileage as it is sent, with the ways to orders of each day."""
        return cls.model_validate(
            {
                "technician_id": found.technician.id,
                "call_sign": found.technician.call_sign,
                **found.on.told,
                "days": [DayMileageOut.of(day, ways(day.day)) for day in found.days],
            }
        )


class RouteDrivenOut(Output):
    """The way really driven as GeoJSON: a line for each stretch."""

    type: Literal["FeatureCollection"]
    technician_id: str
    call_sign: str
    graph: GraphOut
    rule: str
    features: list[JsonObject] = Field(
        description="`properties.kind` is `driven`, a line along streets, or `unmatched`, a "
        "straight one with its `reason`; `coordTimes` has a time for each point."
    )

    @classmethod
    def of(cls, found: Driven) -> RouteDrivenOut:
        """The route as it is sent."""
        trips = [trip for day in found.days for trip in day.trips]
        return cls.model_validate(
            {
                "type": "FeatureCollection",
                "technician_id": found.technician.id,
                "call_sign": found.technician.call_sign,
                **found.on.told,
                "features": [
                    feature(number, stretch)
                    for number, trip in enumerate(trips, start=1)
                    for stretch in trip.stretches
                ],
            }
        )


def _by_road(driven: ByRoad) -> JsonObject:
    return {
        "road_km": _km(driven.road_m),
        "odometer_km": _km(driven.odometer_m),
        "matched": round(driven.matched, 4),
    }


def _minutes(seconds: float) -> float:
    return round(seconds / 60, 1)


def _km(metres: float) -> float:
    return round(metres / 1000, 3)
