"""How rankings and ETAs ask the road engine: in batches, one search per place driven to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from geo_dispatch.dispatch.drives import Drives, Leg
from geo_dispatch.dispatch.points import Roads
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.roads.engine import SNAP_M, RoadEngine


def drive_times(engine: RoadEngine, legs: Sequence[Leg]) -> list[float | None]:
    """Seconds for each leg, None where there is no way.

    Legs that begin or end at one place cost one search together: the ways of all candidates to a
    site do, and those on from it.
    """
    begins = Counter(start for start, _ in legs)
    ends = Counter(end for _, end in legs)
    onward: defaultdict[LonLat, list[int]] = defaultdict(list)
    inward: defaultdict[LonLat, list[int]] = defaultdict(list)
    for number, (start, end) in enumerate(legs):
        if begins[start] > ends[end]:
            onward[start].append(number)
        else:
            inward[end].append(number)
    times: list[float | None] = [None] * len(legs)
    for place, numbers in inward.items():
        found = engine.drive_times_to([legs[number][0] for number in numbers], place)
        for number, time_s in zip(numbers, found, strict=True):
            times[number] = time_s
    for place, numbers in onward.items():
        found = engine.drive_times(place, [legs[number][1] for number in numbers])
        for number, time_s in zip(numbers, found, strict=True):
            times[number] = time_s
    return times


def drives_on(engine: RoadEngine) -> Drives:
    """Drive times on these roads, each asked for once."""
    return Drives(lambda legs: drive_times(engine, legs))


def roads_on(engine: RoadEngine) -> Roads:
    """The roads as a ranking asks them."""
    return Roads(
        drive_times=lambda legs: drive_times(engine, legs),
        fastest_mps=engine.fastest_mps,
        snap_slack_m=2 * SNAP_M,
    )
