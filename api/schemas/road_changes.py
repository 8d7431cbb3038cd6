"""Bodies of changes on the road."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Literal

import shapely
from pydantic import Field

from api.schemas.common import Input, Line, Moment, Number, Output, Piece, Text, Whole
from api.schemas.proposals import AreaIn
from geo_dispatch.roads.changes import (
    Direction,
    RoadChange,
    WaySpeed,
    close_streets,
    set_speeds,
    speed_factor,
)
from geo_dispatch.services.areas.road_changes import Note, Seen
from geo_dispatch.services.areas.road_faults import MOST_WAYS


class NoteIn(Input):
    """What people say of a change."""

    reason: Text = Field(min_length=1, examples=["burst water main"])
    name: Line = Field("", examples=["Landstrasse"])
    starts_at: Moment | None = Field(
        None, alias="from", description="It holds from then; null: at once."
    )
    ends_at: Moment | None = Field(
        None, alias="until", description="It holds until then; null: until it is undone."
    )

    def change(self) -> RoadChange:
        """What is different."""
        raise NotImplementedError

    def note(self) -> Note:
        """As the services take it."""
        return Note(self.reason, self.name, self.starts_at, self.ends_at)


class ClosureIn(NoteIn):
    """Streets that nobody drives on: give either the area or OSM ways."""

    area: AreaIn | None = Field(None, description="Every street that touches it is closed.")
    way_ids: list[Whole] = Field(
        [], max_length=MOST_WAYS, description="OSM ways.", examples=[[23412, 88120]]
    )

    def change(self) -> RoadChange:
        """Streets closed."""
        area = None if self.area is None else self.area.to_core()
        return close_streets(area=area, way_ids=self.way_ids)


class SpeedFactorIn(NoteIn):
    """Where driving takes longer."""

    area: AreaIn
    factor: Number = Field(
        description="Driving inside takes so many times as long, 0.1 to 100.", examples=[1.5]
    )

    def change(self) -> RoadChange:
        """Driving slower there."""
        return speed_factor(self.area.to_core(), self.factor)


class WaySpeedIn(Piece):
    """How fast one drives on an OSM way."""

    way_id: Whole
    kmh: Number = Field(description="1 to 200.", examples=[30])
    direction: Literal["both", "forward", "backward"] = Field(
        "both", description="Of the way as it is drawn."
    )

    def to_core(self) -> WaySpeed:
        """As the core takes it."""
        return WaySpeed(self.way_id, self.kmh, Direction(self.direction))


class SpeedsIn(NoteIn):
    """A table of speeds."""

    speeds: list[WaySpeedIn] = Field(min_length=1, max_length=MOST_WAYS)

    def change(self) -> RoadChange:
        """Other speeds."""
        return set_speeds(row.to_core() for row in self.speeds)


class WaySpeedOut(Output):
    """How fast one drives on an OSM way."""

    way_id: int
    kmh: float
    direction: Literal["both", "forward", "backward"]


class RoadChangeOut(Output):
    """A change on the road, and what it comes to on this area's streets."""

    id: str = Field(description="Empty of one that was only tried out.", examples=["rc_5q2k7m9x"])
    kind: Literal["closure", "factor", "speeds"]
    name: str
    reason: str
    area: dict[str, Any] | None = Field(description="GeoJSON; null where it is about OSM ways.")
    way_ids: list[int]
    factor: float | None
    speeds: list[WaySpeedOut]
    starts_at: datetime | None = Field(serialization_alias="from")
    ends_at: datetime | None = Field(serialization_alias="until")
    in_force: bool = Field(description="Whether one drives by it now.")
    streets: int = Field(description="How many it is about.")
    metres: float = Field(description="Their length.")
    geometry: dict[str, Any] = Field(
        description="Those streets as a GeoJSON MultiLineString of at most 5000 points: drawn "
        "more roughly if they have more, and then the longest only."
    )
    missing_way_ids: list[int] = Field(
        description="OSM ways that it names and that are no streets of this area any more."
    )
    created_at: datetime
    created_by: str
    undone_at: datetime | None
    undone_by: str

    @classmethod
    def of(cls, seen: Seen) -> RoadChangeOut:
        """The view of it."""
        record, change = seen.record, seen.record.change
        return cls(
            id=record.id,
            kind=change.kind.value,
            name=record.name,
            reason=record.reason,
            area=None if change.area is None else _geojson(change.area),
            way_ids=list(change.way_ids),
            factor=change.factor,
            speeds=[
                WaySpeedOut(way_id=one.way_id, kmh=one.kmh, direction=one.direction.value)
                for one in change.speeds
            ],
            starts_at=record.starts_at,
            ends_at=record.ends_at,
            in_force=seen.in_force,
            streets=seen.streets,
            metres=round(seen.metres, 1),
            geometry=_geojson(seen.geometry),
            missing_way_ids=list(seen.lacking),
            created_at=record.created_at,
            created_by=record.created_by,
            undone_at=record.undone_at,
            undone_by=record.undone_by,
        )


class RoadChangesOut(Output):
    """Changes on the road."""

    changes: list[RoadChangeOut]
    version: int = Field(description="Grows with each change that is made or undone.")


def _geojson(shape: shapely.Geometry) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shapely.to_geojson(shape))
    return found
