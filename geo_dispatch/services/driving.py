"""How rankings and ETAs ask the road engine: in batches, one search per place driven to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from geo_dispatch.dispatch.drives import Drives, Leg
from geo_dispatch.dispatch.ranking import Roads
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.roads.engine import SNAP_M, RoadEngine


def drive_times(engine: RoadEngine, legs: Sequence[Leg]) -> list[float | None]:
    """Seconds for each leg, None where there is no way.

    Legs that end at one place cost one search together: all candidates of an order do.
    """
    by_target: defaultdict[LonLat, list[int]] = defaultdict(list)
    for number, (_, target) in enumerate(legs):
        by_target[target].append(number)
    times: list[float | None] = [None] * len(legs)
    for target, numbers in by_target.items():
        found = engine.drive_times_to([legs[number][0] for number in numbers], target)
        for number, time_s in zip(numbers, found, strict=True):
            times[number] = time_s
    return times


def drives_on(engine: RoadEngine) -> Drives:
    """Drive times on these roads, each asked for once."""
    return Drives(lambda legs: drive_times(engine, legs))


def roads_to(engine: RoadEngine, place: LonLat) -> Roads:
    """The roads as a ranking for that place asks them."""
    to_street_m = float(engine.snap(np.array([place])).distance_m[0])
    return Roads(
        drive_times=lambda legs: drive_times(engine, legs),
        fastest_mps=engine.fastest_mps,
        snap_slack_m=min(to_street_m, SNAP_M) + SNAP_M,
    )
