"""Bodies of the road engine's routes."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from api.schemas.common import Input, Location, Output

MAX_MATRIX_SIDE = 1000


class LineString(Output):
    """A line, as GeoJSON."""

    type: Literal["LineString"] = "LineString"
    coordinates: list[tuple[float, float]] = Field(examples=[[[9.5209, 47.141], [9.5215, 47.142]]])


class StepOut(Output):
    """A stretch under one street name."""

    name: str = Field(description="Name or number as signed; empty when it has none.")
    distance_m: float
    duration_s: float


class RouteOut(Output):
    """The fastest way, or why there is none."""

    duration_s: float | None = Field(description="Null when there is no way.")
    distance_m: float | None
    geometry: LineString | None
    times_s: list[float] = Field(description="Seconds after departure at each point of the line.")
    steps: list[StepOut]
    reason: str | None = Field(None, description="Why there is no way; null when there is one.")


class MatrixIn(Input):
    """Where from and where to; both ends of every pair."""

    sources: list[Location] = Field(min_length=1, max_length=MAX_MATRIX_SIDE)
    targets: list[Location] = Field(min_length=1, max_length=MAX_MATRIX_SIDE)


MOST_CLOSED = 20


class ClosedOut(Output):
    """A pair without a way that has one when nothing is closed."""

    source: int = Field(description="Row of the matrix.")
    target: int = Field(description="Column of the matrix.")
    reason: str = Field(description="The closures, by name, reason and id.")


class MatrixOut(Output):
    """Drive times, a row for each source."""

    durations_ms: list[list[int | None]] = Field(
        description="Milliseconds; null where there is no way.",
        examples=[[[0, 184250], [190400, 0]]],
    )
    closed: list[ClosedOut] = Field(
        [], description=f"Pairs that closures cut off; the first {MOST_CLOSED} that were found."
    )


class ReachOut(Output):
    """All that can be reached in time, as a GeoJSON Feature with a MultiPolygon."""

    type: Literal["Feature"] = "Feature"
    geometry: dict[str, Any]
    properties: dict[str, Any]
