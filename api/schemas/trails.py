"""Bodies of trails and playback."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from api.schemas.common import Output
from api.schemas.driven import GraphOut


class TrailOut(Output):
    """A trail as GeoJSON: its pieces as lines, stays and visits as points."""

    type: Literal["FeatureCollection"]
    technician_id: str
    call_sign: str
    start: datetime = Field(alias="from")
    end: datetime = Field(alias="to")
    features: list[dict[str, Any]] = Field(
        description="`properties.kind` is `trail`, `fix`, `stay` or `visit`, along streets "
        "`driven` and `unmatched` instead of the first two; `coordTimes` has a time for each "
        "point of a line."
    )
    graph: GraphOut | None = Field(default=None, description="With `matched`: the road graph.")
    rule: str | None = Field(default=None, description="With `matched`: of matching.")


class PieceOut(Output):
    """A piece without a gap, as differences: each number is added to the one before."""

    t: list[int] = Field(description="Seconds; the first counts from `start` of the day.")
    lon: list[int] = Field(description="Steps of 1e-5 degrees; the first counts from 0.")
    lat: list[int] = Field(description="As `lon`.")


class PlayedVisitOut(Output):
    """A visit of the day."""

    order_id: str
    number: str
    site: str
    source: str
    start: datetime = Field(alias="from")
    end: datetime | None = Field(alias="to")
    lon: float
    lat: float


class PlaybackOut(Output):
    """A technician's day to be played back."""

    technician_id: str
    call_sign: str
    start: datetime
    end: datetime
    pieces: list[PieceOut]
    visits: list[PlayedVisitOut]
