"""Bodies of mileage, and of the way really driven."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from api.schemas.common import Output
from geo_dispatch.services.tracking.driven import Driven, Mileage, Stretch, Trip

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


class DayMileageOut(Output):
    """What was driven on a local day."""

    day: date
    road_km: float = Field(description="By the streets that were driven.")
    odometer_km: float = Field(description="From fix to fix as the crow flies, without jitter.")
    matched: float = Field(description="Share of the distance whose streets are known, 0 to 1.")
    trips: list[TripOut]

    @classmethod
    def of(cls, day: Mileage) -> DayMileageOut:
        """The day as it is sent."""
        return cls(
            day=day.day,
            road_km=_km(day.road_m),
            odometer_km=_km(day.odometer_m),
            matched=round(day.matched, 4),
            trips=[TripOut.of(trip) for trip in day.trips],
        )


class MileageOut(Output):
    """A technician's mileage by local day: the same fixes, graph and rule give the same."""

    technician_id: str
    call_sign: str
    graph: GraphOut
    rule: str
    days: list[DayMileageOut]

    @classmethod
    def of(cls, found: Driven) -> MileageOut:
        """The mileage as it is sent."""
        return cls(
            technician_id=found.technician.id,
            call_sign=found.technician.call_sign,
            graph=_graph(found),
            rule=found.rule,
            days=[DayMileageOut.of(day) for day in found.days],
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
        return cls(
            type="FeatureCollection",
            technician_id=found.technician.id,
            call_sign=found.technician.call_sign,
            graph=_graph(found),
            rule=found.rule,
            features=[
                _feature(number, stretch)
                for number, trip in enumerate(trips, start=1)
                for stretch in trip.stretches
            ],
        )


def _feature(trip: int, stretch: Stretch) -> JsonObject:
    known = {
        "kind": "driven",
        "fixes": stretch.fixes,
        "distance_to_road_m": round(stretch.distance_m, 1),
        "confidence": round(stretch.confidence, 3),
        "streets": [
            {"name": step.name, "length_m": round(step.distance_m, 1)} for step in stretch.streets
        ],
    }
    unknown = {"kind": "unmatched", "reason": stretch.reason}
    return {
        "type": "Feature",
        "geometry": {"type": "LineString", "coordinates": stretch.lonlats.round(7).tolist()},
        "properties": {
            **(unknown if stretch.reason else known),
            "trip": trip,
            "from": stretch.since,
            "to": stretch.until,
            "length_m": round(stretch.length_m, 1),
            "coordTimes": list(stretch.times),
        },
    }


def _graph(found: Driven) -> GraphOut:
    graph = found.graph
    return GraphOut(
        area=graph.area, source_sha256=graph.source_sha256, recipe_sha256=graph.recipe_sha256
    )


def _km(metres: float) -> float:
    return round(metres / 1000, 3)
