"""The pictures of docs/arrivals.md: `python -m tests.pictures.arrivals` draws them anew.

The trips are made up (`tests.support.simulated_field`, by seed); what is said of them is what the
fold that the worker runs says.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import shapely

from geo_dispatch.tracking.arrival_rule import RULE
from geo_dispatch.tracking.fences import Fence, circle_fence
from geo_dispatch.tracking.geofence import FenceState, transitions
from geo_dispatch.tracking.neighbours import Neighbour
from geo_dispatch.tracking.track import Stop, TrackState, fold
from tests.bench.checkin import lot, north_of_site, turned
from tests.pictures.svg import (
    BLUE,
    GREEN,
    GREY,
    INK,
    PALE,
    RED,
    box,
    dots,
    line,
    picture,
    polygon,
    ring,
    text,
)
from tests.support.checkin import in_circle, stop_at
from tests.support.fixes import SITE, START_MS
from tests.support.simulated_field import NEXT_DOOR_M, Trip, trip

DOCS: Final = Path(__file__).parents[2] / "docs"
FENCE_M: Final = 60.0
LEFT, RIGHT = 270.0, 800.0
BURSTS_SEED, RED_LIGHT_SEED, NEXT_DOOR_SEED = 265, 112, 5


def drawn() -> dict[str, str]:
    """The pictures, by the names of their files."""
    return {"arrivals-odds.svg": odds(), "arrivals-next-door.svg": next_door()}


def odds() -> str:
    """A visit and a drive-by: where the phone said it was, and what became of it."""
    legend = [
        text(LEFT, 512, "blue: how sure it is that they are there", BLUE),
        text(RIGHT, 512, "red: in the circle by the phone", RED, "end"),
    ]
    shapes = [
        *_row(0, "A visit", trip("visit", "street canyon", BURSTS_SEED)),
        *_row(250, "A red light", trip("drive-by", "street canyon", RED_LIGHT_SEED)),
        *legend,
    ]
    what = "The odds of being there over time, at a visit and at a drive-by with a red light"
    return picture(820, 530, shapes, what)


def _row(top: float, title: str, made: Trip) -> list[str]:
    heard = _heard(made)
    naive = in_circle(made, FENCE_M)
    first_s = naive[0][0] - 90.0
    last_s = (naive[-1][1] or made.at_s[-1]) + 180.0
    low, high = top + 205.0, top + 55.0

    def x(at_s: float) -> float:
        return LEFT + (RIGHT - LEFT) * (at_s - first_s) / (last_s - first_s)

    def y(certainty: float) -> float:
        return low - (low - high) * certainty

    shapes = [text(20, top + 24, title), *_map(made, top)]
    shapes += [box(x(begin), low + 4, x(end or last_s), low + 10, RED) for begin, end in naive]
    for mark in (RULE.suggest_p, RULE.arrive_p):
        shapes.append(line([(LEFT, y(mark)), (RIGHT, y(mark))], GREY, 1, "4 4"))
        shapes.append(text(LEFT - 6, y(mark) + 4, f"{mark:.0%}", GREY, "end"))
    shapes.append(line([(LEFT, high), (LEFT, low), (RIGHT, low)], GREY))
    shown = [(x(at_s), y(_certainty(state))) for at_s, _, state in heard if x(at_s) >= LEFT]
    shapes.append(line([(at, sure) for at, sure in shown if at <= RIGHT], BLUE, 2))
    minutes = range(math.ceil(first_s / 60), math.floor(last_s / 60) + 1)
    shapes += [text(x(60.0 * t), low + 25, f"{t}", GREY, "middle") for t in minutes if t % 2 == 0]
    shapes.append(text(LEFT - 6, low + 25, "minutes", GREY, "end"))
    marks = _marks(heard)
    for at_s, _ in marks:
        shapes.append(line([(x(at_s), high - 4), (x(at_s), low)], GREEN, 1.5))
    shapes += [text(x(at_s), high - 10, said, GREEN, "middle") for at_s, said in marks]
    if not marks:
        said = f"no arrival: slow for {_slow_s(heard):.0f} s, not for {RULE.dwell_s:.0f} s"
        shapes.append(text((LEFT + RIGHT) / 2, high - 10, said, GREEN, "middle"))
    return shapes


Heard = list[tuple[float, bool, FenceState]]
"""Of each fix the time, seconds, whether it was a slow one, and what is known then."""


def _heard(made: Trip) -> Heard:
    state, fence, found = FenceState(), circle_fence(SITE, FENCE_M), []
    for fix in made.fixes():
        assert fix.speed_mps is not None, "the picture needs a phone that tells its speed"
        state = transitions(state, fence, fix, fix.speed_mps)
        found.append((_seconds(fix.at_ms), fix.speed_mps < RULE.slow_mps, state))
    return found


def _marks(heard: Heard) -> list[tuple[float, str]]:
    """The arrival, when it was sure, and the departure."""
    found: list[tuple[float, str]] = []
    for one in heard[-1][2].attendances:
        sure_s = next(at_s for at_s, _, state in heard if state.inside)
        found += [(_seconds(one.arrived_ms), "arrived"), (sure_s, "told")]
        if one.left_ms is not None:
            found.append((_seconds(one.left_ms), "left"))
    return found


def _slow_s(heard: Heard) -> float:
    """How long slow fixes spanned at most."""
    return max(
        state.dwell.lasted_s(START_MS + round(at_s * 1000))
        for at_s, slow, state in heard
        if slow and state.dwell is not None
    )


def _certainty(state: FenceState) -> float:
    """How sure the rule is that the technician is there."""
    run = state.outside if state.inside else state.dwell
    says = 0.0 if run is None else 1.0 / (1.0 + math.exp(-run.log_odds))
    return 1.0 - says if state.inside else says


def _seconds(at_ms: int) -> float:
    return (at_ms - START_MS) / 1000


def _map(made: Trip, top: float) -> list[str]:
    """The fence, the way that the van took, and where the phone said it was."""
    middle, scale, reach_m = np.array([120.0, top + 140.0]), 0.75, 125.0

    def placed(metres: np.ndarray) -> np.ndarray:
        near = metres[np.abs(metres).max(axis=1) < reach_m]
        return middle + near * (scale, -scale)

    shapes = [ring(*middle, FENCE_M * scale, INK), *dots([middle], INK, 2.5)]
    shapes.append(line(placed(made.true_m), PALE, 5))
    return shapes + dots(placed(made.told_m), BLUE)


def next_door() -> str:
    """A stop at the upper of two sites, and what is known of them."""
    made = turned(trip("next door", "open sky", NEXT_DOOR_SEED))
    beside = circle_fence(north_of_site(NEXT_DOOR_M), FENCE_M)
    here, there = circle_fence(SITE, FENCE_M), beside
    below = stop_at("below", here, [Neighbour("above", there)])
    above = stop_at("above", there, [Neighbour("below", here)])
    tomorrow = stop_at("below", here, below.neighbours, today_ms=START_MS + 86_400_000)
    parcels = [
        stop_at("below", lot(0), [Neighbour("above", lot(NEXT_DOOR_M))]),
        stop_at("above", lot(NEXT_DOOR_M), [Neighbour("below", lot(0))]),
    ]
    cases = {
        "jobs at both today": [below, above],
        "the lower one's job is tomorrow's": [tomorrow, above],
        "both today, parcels drawn": parcels,
    }
    shapes = []
    for number, (title, plan) in enumerate(cases.items()):
        shapes += _case(20 + 265 * number, title, made, plan)
    what = "A stop at one of two sites 40 m apart: asked, told by the day's jobs, or by parcels"
    return picture(820, 350, shapes, what)


def _case(left: float, title: str, made: Trip, plan: Sequence[Stop]) -> list[str]:
    assert made.leaves_s is not None
    there = made.at_s < made.leaves_s
    fixes = [fix for fix, stays in zip(made.fixes(), there, strict=True) if stays]
    origin, scale = np.array([left + 120.0, 220.0]), 1.5
    told_m = made.told_m[there]
    near = told_m[np.abs(told_m - (0, NEXT_DOOR_M)).max(axis=1) < 60.0]
    shapes = [text(left, 24, title), *dots(origin + near * (scale, -scale), BLUE)]
    for known in fold(TrackState(), fixes, plan).stops:
        stop = next(stop for stop in plan if stop.id == known.id)
        north_m = NEXT_DOOR_M if stop.site_id == "above" else 0.0
        at = origin - (0.0, north_m * scale)
        said, colour = _outcome(known.fence)
        shapes += [*_outline(stop.fence, at, scale, colour), *dots([at], INK, 3)]
        far = (_height_m(stop.fence) * scale + 14) * (-1 if north_m else 1)
        shapes.append(text(at[0], at[1] + far + 4, said, colour, "middle"))
    return shapes


def _outcome(state: FenceState) -> tuple[str, str]:
    if state.attendances:
        return f"confirmed: {state.attendances[0].evidence.basis}", GREEN
    return ("suggested", RED) if state.suggested else ("nothing", GREY)


def _height_m(fence: Fence) -> float:
    """From the middle to the upper border."""
    if fence.drawn is None or fence.drawn.area is None:
        return fence.radius_m
    return float(fence.drawn.area.bounds[3])


def _outline(fence: Fence, at: np.ndarray, scale: float, colour: str) -> list[str]:
    if fence.drawn is None or not isinstance(fence.drawn.area, shapely.Polygon):
        return [ring(*at, fence.radius_m * scale, colour, "4 4")]
    corners = np.array(fence.drawn.area.exterior.coords)
    return [polygon(at + corners * (scale, -scale), colour)]


if __name__ == "__main__":
    for name, svg in drawn().items():
        (DOCS / name).write_text(svg, encoding="utf-8")
