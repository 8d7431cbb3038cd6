"""Drives: the fixes between one stop and the next, for mileage and for the way by road.

By the rule of trips: what a parked van's receiver jitters is in no drive.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.tracking.arrival_rule import RULE
from geo_dispatch.tracking.fences import SIGMAS_IN_ACCURACY
from geo_dispatch.tracking.fixes import Fix
from geo_dispatch.tracking.plausibility import Trust, accuracy_m, believe, beyond_accuracy_m
from geo_dispatch.tracking.trips import TRIP_RULE, Motion, move

_LATELY_MS: Final = round(TRIP_RULE.still_s * 1000)


@dataclass(frozen=True, slots=True)
class Drive:
    """Believed fixes from the last one at the stop before to the first one at the next.

    Attributes
    ----------
    fixes
        At least two, in the order of their keys.
    odometer_m
        The sum of its steps beyond jitter, as the crow flies from fix to fix.
    """

    fixes: tuple[Fix, ...]
    odometer_m: float

    @property
    def lonlats(self) -> NDArray[np.float64]:
        """(n, 2) places."""
        return np.array([fix.place for fix in self.fixes])

    @property
    def times_s(self) -> NDArray[np.float64]:
        """(n,) seconds since 1970."""
        return np.array([fix.at_ms / 1000 for fix in self.fixes])

    @property
    def sigma_m(self) -> NDArray[np.float64]:
        """(n,) standard deviations of the places to either side, as for arrivals."""
        told_m = np.array([accuracy_m(fix) for fix in self.fixes])
        radius_m = np.maximum(told_m, RULE.accuracy_floor_m) * RULE.accuracy_factor
        return np.asarray(radius_m / SIGMAS_IN_ACCURACY)


def drives(fixes: Iterable[Fix]) -> Iterator[Drive]:
    """The drives among one technician's fixes, which come in the order of their keys."""
    trust = Trust()
    drive = _Drive()
    for fix in fixes:
        trust, believed = believe(trust, fix)
        for one in believed:
            yield from drive.take(one)
    yield from drive.end()


class _Drive:
    """One drive as it grows; while the van stands, the fixes since it was last at its place."""

    def __init__(self) -> None:
        self._motion: Motion | None = None
        self._fixes: list[Fix] = []
        self._began_m = 0.0

    def take(self, fix: Fix) -> Iterator[Drive]:
        before, motion = self._motion, move(self._motion, fix)
        if before is not None and before.moving and not motion.moving:
            yield from self.end()
            self._fixes = [fix]
        elif motion.moving:
            if before is None or not before.moving:
                self._began_m = motion.odometer_m - _step_m(before, motion)
            self._fixes.append(fix)
        elif beyond_accuracy_m(motion.anchor, fix) > 0:
            lately = [one for one in self._fixes if fix.at_ms - one.at_ms < _LATELY_MS]
            self._fixes = [*lately, fix]
        else:
            self._fixes = [fix]
        self._motion = motion

    def end(self) -> Iterator[Drive]:
        """What was driven, if it was: up to the first fix after the last step."""
        motion = self._motion
        if motion is None or not motion.moving:
            return
        arrived = self._fixes.index(motion.anchor) + 2
        yield Drive(tuple(self._fixes[:arrived]), motion.odometer_m - self._began_m)


def _step_m(before: Motion | None, after: Motion) -> float:
    return after.odometer_m - (0.0 if before is None else before.odometer_m)
