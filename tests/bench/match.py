"""Map matching: ours against nearest streets joined by fastest ways, and against OSRM.

    python -m tests.bench.match [--drives N] [--osrm-routed PROGRAM --osrm-data FILE.osrm]

Simulated drives on Porto, whose extract lies in the folder that GEO_DISPATCH_SHARED_DATA names:
random ends at least 1.5 and at most 12 km apart, the fastest way of a driver whose own speeds
differ from the profile's by street (log-normal, 0.25) and are two thirds of it on the whole;
sampled at a fixed pace, with an independent error on each axis. Rules were tuned on seeds below
1000; seeds from 1000 are reported.

*Right* is the length of the true way that was found, less the length of what was found beside it,
as a share of the true way: both lines are cut every 5 m, and a piece is found if the other line
has one within 4 m that leads the same way, within 60 degrees. So the opposite carriageway and the
parallel road are wrong, and all matchers are judged by their lines alone.

The real trips of Porto's taxis have no truth: for them the distance from the fixes to the matched
streets is reported, and what could not be matched.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from geo_dispatch.kernel.geo import haversines_m
from geo_dispatch.roads.engine import RoadEngine
from geo_dispatch.roads.graph import FORBIDDEN_MS, RoadGraph
from geo_dispatch.roads.nearby import (
    Limits,
    Row,
    Spot,
    scratch_for,
    search_from,
    streets_of,
    way_to,
    ways_between,
)
from geo_dispatch.roads.routes import follow
from geo_dispatch.roads.snapping import Snapper
from tests.bench.drive_times import say
from tests.bench.osrm import Osrm
from tests.support.ascii_map import build_file
from tests.support.drives import Drive, random_drive, scale

FIRST_SEED = 1000
CASES = ((15.0, 8.0), (30.0, 20.0), (60.0, 8.0))
"""Seconds between fixes, and metres of noise on each axis."""

STEP_M, NEAR_M, SAME_WAY = 5.0, 4.0, 0.5
TAXI_S, TAXI_SIGMA_M = 15.0, 8.0

Line = np.ndarray
Matcher = Callable[[Drive, float], Sequence[Line]]


@dataclass
class Score:
    """Pieces of 5 m, summed over drives."""

    true: int = 0
    found: int = 0
    beside: int = 0
    fixes: int = 0
    cpu_s: float = 0.0
    shares: list[float] = field(default_factory=list)

    @property
    def right(self) -> float:
        """Share of the true length found, less what is beside it."""
        return (self.found - self.beside) / self.true


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--drives", type=int, default=200)
    parser.add_argument("--osrm-routed", type=Path)
    parser.add_argument("--osrm-data", type=Path)
    told = parser.parse_args(arguments)
    porto = Path(os.environ.get("GEO_DISPATCH_SHARED_DATA", "")) / "fetched/porto"
    if not (porto / "porto.osm.pbf").is_file():
        say("skipped: GEO_DISPATCH_SHARED_DATA names no folder with fetched/porto/porto.osm.pbf")
        return
    graph, report = build_file(porto / "porto.osm.pbf", "PT")
    say(f"Porto: {report.streets} streets, {report.turns} turns; seeds from {FIRST_SEED}")
    engine = RoadEngine(graph)
    engine.prepare()
    with ExitStack() as stack:
        matchers: dict[str, Matcher] = {
            "ours": partial(ours, engine),
            "nearest": Nearest(graph).match,
        }
        clocks = dict.fromkeys(matchers, time.process_time)
        if told.osrm_routed and told.osrm_data:
            osrm = stack.enter_context(Osrm(told.osrm_routed, told.osrm_data))
            matchers["OSRM"] = lambda drive, noise_m: osrm.match(
                drive.lonlats, drive.times_s, noise_m
            )
            clocks["OSRM"] = osrm.cpu_s
        results = {case: race(graph, matchers, clocks, told.drives, case) for case in CASES}
    taxis(engine, porto / "taxi_trips_2013-07-01.csv")
    say(json.dumps(summary(results)))


def race(graph, matchers, clocks, drives: int, case: tuple[float, float]) -> dict[str, Score]:
    """All matchers on the same drives, one after the other."""
    every_s, noise_m = case
    scores = {name: Score() for name in matchers}
    for seed in range(FIRST_SEED, FIRST_SEED + drives):
        drive = random_drive(graph, seed, every_s=every_s, noise_m=noise_m)
        true = pieces([drive.line])
        for name, matcher in matchers.items():
            began = clocks[name]()
            lines = matcher(drive, noise_m)
            score = scores[name]
            score.cpu_s += clocks[name]() - began
            judge(score, true, pieces(lines))
            score.fixes += len(drive.times_s)
    say(
        f"\nevery {every_s:g} s, {noise_m:g} m: {drives} drives, {scores['ours'].fixes} fixes, "
        f"{scores['ours'].true * STEP_M / 1000:.0f} km"
    )
    for name, score in scores.items():
        worst = np.percentile(score.shares, [1, 10, 50])
        say(
            f"  {name:8} right {score.right:7.2%}  found {score.found / score.true:7.2%}  "
            f"beside {score.beside / score.true:6.2%}  by drive: median {worst[2]:.2%}, "
            f"worst tenth {worst[1]:.2%}, worst hundredth {worst[0]:.2%}  "
            f"{score.cpu_s / score.fixes * 1e6:.0f} us of CPU a fix"
        )
    return scores


def ours(engine: RoadEngine, drive: Drive, noise_m: float) -> list[Line]:
    matched = engine.match(drive.lonlats, drive.times_s, np.full(len(drive.times_s), noise_m))
    return [piece.route.lonlats for piece in matched.pieces]


class Nearest:
    """Each fix on its nearest street, joined by fastest ways: what is done without a model."""

    def __init__(self, graph: RoadGraph) -> None:
        self._graph = graph
        self._snapper = Snapper(graph)
        self._streets, self._scratch = streets_of(graph), scratch_for(graph)

    def match(self, drive: Drive, _noise_m: float) -> list[Line]:
        """The lines from each fix to the next."""
        snaps = self._snapper.snap(drive.lonlats, 500.0)
        spots = [
            self._spots(int(s), float(a)) for s, a in zip(snaps.street, snaps.along, strict=True)
        ]
        return [line for a, b in pairwise(spots) for line in self._way(a, b)]

    def _spots(self, street: int, along: float) -> Row:
        driven = [v for v in (2 * street, 2 * street + 1) if self._graph.drive_ms[v] < FORBIDDEN_MS]
        share = [1 - along if v & 1 else along for v in driven]
        return Row(np.array(driven, np.int32), np.array(share))

    def _way(self, a: Row, b: Row) -> list[Line]:
        limits = Limits(0.0, np.inf, np.inf)
        ms, _ = ways_between(self._streets, self._scratch, a, b, limits)
        if not np.isfinite(ms.min()):
            return []
        i, j = np.unravel_index(np.argmin(ms), ms.shape)
        source, target = Spot(a.vertex[i], a.share[i]), int(b.vertex[j])
        path = [int(source.vertex)]
        if target != source.vertex or b.share[j] < source.share:
            search_from(self._streets, self._scratch, source, b.vertex[j : j + 1], limits)
            path += way_to(self._streets, self._scratch, target).tolist()
        ends = (
            float(1 - share if vertex & 1 else share)
            for vertex, share in ((path[0], source.share), (path[-1], b.share[j]))
        )
        return [follow(self._graph, path, *ends).lonlats]


def pieces(lines: Sequence[Line]) -> tuple[np.ndarray, np.ndarray]:
    """(n, 2) middles of pieces of 5 m, in metres, and (n, 2) where they lead."""
    places, leads = [np.empty((0, 2))], [np.empty((0, 2))]
    for line in lines:
        flat = np.asarray(line, float) * FLAT
        hops = np.diff(flat, axis=0)
        metres = np.hypot(*hops.T)
        flat, hops, metres = flat[np.append(True, metres > 0)], hops[metres > 0], metres[metres > 0]
        ends = np.concatenate([[0.0], np.cumsum(metres)])
        at = np.arange(STEP_M / 2, ends[-1], STEP_M)
        hop = np.searchsorted(ends, at, side="right") - 1
        places.append(flat[hop] + hops[hop] * ((at - ends[hop]) / metres[hop])[:, None])
        leads.append(hops[hop] / metres[hop][:, None])
    return np.concatenate(places), np.concatenate(leads)


FLAT = scale(np.array([[-8.6, 41.15]]))


def judge(score: Score, true, found) -> None:
    """Add one drive to a score."""
    right = int(covered(true, found).sum())
    beside = int((~covered(found, true)).sum())
    score.true += len(true[0])
    score.found += right
    score.beside += beside
    score.shares.append((right - beside) / len(true[0]))


def covered(these, those) -> np.ndarray:
    """Which of these pieces the others have too, leading the same way."""
    if not len(those[0]):
        return np.zeros(len(these[0]), bool)
    distance, at = cKDTree(those[0]).query(these[0], k=8, distance_upper_bound=NEAR_M)
    leads = np.concatenate([those[1], np.zeros((1, 2))])[at]
    same_way = (leads * these[1][:, None]).sum(axis=2) > SAME_WAY
    return (same_way & np.isfinite(distance)).any(axis=1)


def taxis(engine: RoadEngine, path: Path) -> None:
    """Real trips: how far the fixes are from the streets they were matched to."""
    with path.open(encoding="utf-8") as file:
        lines = [json.loads(row["POLYLINE"]) for row in csv.DictReader(file)]
    trips = [np.array(line) for line in lines if len(line) > 1]
    rounds = []
    for _ in range(3):
        began = time.process_time()
        matches = [
            engine.match(trip, np.arange(len(trip)) * TAXI_S, np.full(len(trip), TAXI_SIGMA_M))
            for trip in trips
        ]
        rounds.append(time.process_time() - began)
    fixes = sum(map(len, trips))
    distance_m = np.concatenate([p.distance_m for match in matches for p in match.pieces])
    lost: Counter[str] = Counter()
    for trip, match in zip(trips, matches, strict=True):
        for gone in match.unmatched:
            lost[gone.reason] += float(haversines_m(trip[gone.first], trip[gone.last])) / 1000
    road_km = sum(match.length_m for match in matches) / 1000
    p50, p90, p99 = np.percentile(distance_m, [50, 90, 99])
    whole = sum(not match.unmatched for match in matches) / len(matches)
    say(
        f"\ntaxis: {len(trips)} trips, {fixes} fixes, {road_km:.0f} km by road; fixes to road "
        f"p50 {p50:.1f} m, p90 {p90:.1f} m, p99 {p99:.1f} m; in one piece {whole:.1%} of trips; "
        f"{statistics.median(rounds) / fixes * 1e6:.0f} us of CPU a fix\n  unmatched, crow's km: "
        f"{ {str(reason): round(km, 1) for reason, km in lost.most_common()} }"
    )


def summary(results) -> dict[str, dict[str, float | str]]:
    """What the last line says: against OSRM where it ran, else against the nearest streets."""
    values = {}
    for (every_s, noise_m), scores in results.items():
        peer = scores.get("OSRM", scores["nearest"]).right
        mine = scores["ours"].right
        values[f"length right, {every_s:g} s, {noise_m:g} m"] = {
            "ours": round(mine, 4),
            "peer": round(peer, 4),
            "ratio": round(mine / peer, 3),
            "unit": "share",
        }
    return values


if __name__ == "__main__":
    main(sys.argv[1:])
