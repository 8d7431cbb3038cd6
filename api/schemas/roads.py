"""Bodies of the road engine's routes."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import Field, model_validator

from api.schemas.common import FaultOut, Flag, Input, Location, Output, Whole

MAX_SIDE: Final = 10_000
"""Places of one kind in a question."""

MAX_CELLS: Final = 1_000_000
"""Drive times in an answer, about 7 MB of JSON."""

MAX_DISTANCES: Final = 10_000
"""Lengths in an answer; each takes 0.1 ms."""


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

    sources: list[Location] = Field(min_length=1, max_length=MAX_SIDE)
    targets: list[Location] = Field(min_length=1, max_length=MAX_SIDE)
    distances: Flag = Field(
        False, description="Also the lengths of the ways, each of which has to be unpacked."
    )

    @model_validator(mode="after")
    def _not_too_large(self) -> MatrixIn:
        cells = len(self.sources) * len(self.targets)
        most = MAX_DISTANCES if self.distances else MAX_CELLS
        if cells > most:
            kind = "with distances" if self.distances else "of drive times"
            raise ValueError(
                f"{len(self.sources)} sources times {len(self.targets)} targets are {cells} pairs, "
                f"and one question {kind} takes at most {most}; ask for some rows at a time: each "
                "cell is the same in any part of the matrix"
            )
        return self


_OFF_ROAD = Field(
    description="Places too far from any street, with how far; there is no way from or to them."
)


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
    distances_m: list[list[float | None]] | None = Field(
        None, description="Metres of the fastest ways, if asked for; null where there is no way."
    )
    off_road: list[FaultOut] = _OFF_ROAD
    closed: list[ClosedOut] = Field(
        [], description=f"Pairs that closures cut off; the first {MOST_CLOSED} that were found."
    )


class NearestByRoadIn(Input):
    """One place, and many that it may be near to."""

    source: Location
    targets: list[Location] = Field(min_length=1, max_length=MAX_SIDE)
    most: Whole = Field(1, ge=1, le=MAX_SIDE, description="How many to find.")


class ReachedOut(Output):
    """One of the places."""

    target: int = Field(description="Which of the targets, from 0.")
    duration_ms: int


class NearestByRoadOut(Output):
    """The places that are reached first, the first of them first."""

    items: list[ReachedOut] = Field(
        description="Fewer than asked for where no more can be reached."
    )
    off_road: list[FaultOut] = _OFF_ROAD


class ReachOut(Output):
    """All that can be reached in time, as a GeoJSON Feature with a MultiPolygon."""

    type: Literal["Feature"] = "Feature"
    geometry: dict[str, Any]
    properties: dict[str, Any]
