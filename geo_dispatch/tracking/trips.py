"""Moving or still, trips and mileage, in event time, without the jitter of a parked van."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from geo_dispatch.kernel.geo import LonLat, haversine_m
from geo_dispatch.tracking.fixes import Fix
from geo_dispatch.tracking.plausibility import accuracy_m, beyond_accuracy_m


@dataclass(frozen=True, slots=True)
class TripRule:
    """When a technician counts as moving.

    Attributes
    ----------
    start_m
        A trip begins this far, beyond both accuracies, from where the technician stood.
    step_m
        While moving, less than this beyond both accuracies is jitter.
    still_s
        A trip ends after so long without a step.
    set_out_m
        This far from where the trip began, the technician is on the way to the next job.
    """

    start_m: float = 100.0
    step_m: float = 30.0
    still_s: float = 180.0
    set_out_m: float = 200.0

    def __post_init__(self) -> None:
        if min(self.start_m, self.step_m, self.still_s, self.set_out_m) <= 0:
            raise ValueError("distances and times of a trip rule must be above 0")


TRIP_RULE: Final = TripRule()


@dataclass(frozen=True, slots=True)
class Motion:
    """Whether the technician moves, since when, and how far so far.

    Attributes
    ----------
    anchor
        Where they stood, or took the last step of a trip.
    near_ms
        While still: time of the last fix close to the anchor; a trip began then.
    since_ms
        Since when they move, or are still.
    origin
        Where the trip began.
    odometer_m
        Driven since the track began.
    """

    anchor: Fix
    near_ms: int
    since_ms: int
    origin: LonLat
    moving: bool = False
    odometer_m: float = 0.0


def move(motion: Motion | None, fix: Fix, rule: TripRule = TRIP_RULE) -> Motion:
    """The motion after the next believed fix in event time."""
    if motion is None:
        return Motion(fix, fix.at_ms, fix.at_ms, fix.place)
    step_m = beyond_accuracy_m(motion.anchor, fix)
    if motion.moving:
        if step_m > rule.step_m:
            return _stepped(motion, fix)
        if fix.at_ms - motion.anchor.at_ms < rule.still_s * 1000:
            return motion
        return replace(motion, moving=False, since_ms=motion.anchor.at_ms, near_ms=fix.at_ms)
    if step_m <= rule.start_m:
        sharper = accuracy_m(fix) < accuracy_m(motion.anchor)
        return replace(motion, near_ms=fix.at_ms, anchor=fix if sharper else motion.anchor)
    started = replace(motion, moving=True, since_ms=motion.near_ms, origin=motion.anchor.place)
    return _stepped(started, fix)


def _stepped(motion: Motion, fix: Fix) -> Motion:
    driven_m = haversine_m(motion.anchor.place, fix.place)
    return replace(motion, anchor=fix, odometer_m=motion.odometer_m + driven_m)


def set_out_ms(
    motion: Motion, fix: Fix, assigned_ms: int, rule: TripRule = TRIP_RULE
) -> int | None:
    """Since when the technician has been on the way to a job assigned at that time; None if not."""
    if not motion.moving or haversine_m(motion.origin, fix.place) < rule.set_out_m:
        return None
    return max(motion.since_ms, assigned_ms)
