"""Trips by road: fixes cut into drives, and each drive put onto the streets it was driven along."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.kernel.geo import haversine_m
from geo_dispatch.kernel.time import ms_to_datetime
from geo_dispatch.roads.engine import RoadEngine
from geo_dispatch.roads.routes import Step
from geo_dispatch.tracking.drives import Drive, drives
from geo_dispatch.tracking.fixes import Fix


@dataclass(frozen=True, slots=True)
class MatchedOn:
    """The road graph and the rule of an answer: others may answer otherwise."""

    area: str
    source_sha256: str
    recipe_sha256: str
    rule: str

    @property
    def told(self) -> dict[str, Any]:
        """As answers name it: ``graph`` and ``rule``."""
        names = ("area", "source_sha256", "recipe_sha256")
        return {"graph": {name: getattr(self, name) for name in names}, "rule": self.rule}


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

    @property
    def duration_s(self) -> float:
        """From the first fix that it was told by to the last."""
        return (self.until - self.since).total_seconds()


class ByRoad:
    """What the trips of some time come to.

    Attributes
    ----------
    trips
        In the order of time.
    """

    __slots__ = ()
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
    def driving_s(self) -> float:
        """In drives: without the stops between them."""
        return sum(trip.duration_s for trip in self.trips)

    @property
    def matched(self) -> float:
        """Share of the distance whose streets are known, 0 to 1; 1 where nothing was driven."""
        unmatched_m = sum(trip.unmatched_m for trip in self.trips)
        return self.road_m / (self.road_m + unmatched_m) if unmatched_m else 1.0


def matched_on(roads: RoadEngine) -> MatchedOn:
    """What trips on these roads are matched by."""
    # numba takes a second to import
    from geo_dispatch.roads.matching import RULE  # noqa: PLC0415

    info = roads.graph.info
    return MatchedOn(info.area, info.source_sha256, info.recipe_sha256, RULE.version)


def trips(roads: RoadEngine, fixes: Iterable[Fix]) -> Iterator[Trip]:
    """The trips among fixes in the order of their keys."""
    return (_trip(roads, drive) for drive in drives(fixes))


def feature(number: int, stretch: Stretch) -> dict[str, Any]:
    """The stretch of the trip with that number as a GeoJSON feature."""
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
            "trip": number,
            "from": stretch.since,
            "to": stretch.until,
            "length_m": round(stretch.length_m, 1),
            "coordTimes": list(stretch.times),
        },
    }


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
