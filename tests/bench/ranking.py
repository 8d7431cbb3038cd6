"""Rankings of a large fleet: the search that stops early against trying everybody, and the crow.

    python -m tests.bench.ranking [FOLDER [TECHNICIANS [ORDERS]]]

FOLDER holds porto.osm.pbf and sites.csv (lon, lat); without it, the one that
GEO_DISPATCH_SHARED_DATA names. 10,000 technicians stand at the sites, 500 orders are placed
near them; once all are free, once each has some visits to do. For every order the top 10 must be
that of full enumeration. CPU times are medians per ranking, the three of an order one after the
other. It takes about 16 minutes, nearly all of them for trying everybody.
"""

from __future__ import annotations

import csv
import json
import os
import random
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from datetime import time as clock_time
from pathlib import Path
from typing import TypeVar

import numpy as np

from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.drives import Leg
from geo_dispatch.dispatch.days.plan import Plan, Stop, Whereabouts
from geo_dispatch.dispatch.ranking.fleet import Fleet
from geo_dispatch.dispatch.ranking.search import rank
from geo_dispatch.dispatch.records.sites import Site
from geo_dispatch.dispatch.records.technicians import Break, Shift, Skill, Technician
from geo_dispatch.dispatch.work.orders import SkillRequirement, Status, WorkOrder
from geo_dispatch.kernel.cells import lonlat_to_cell
from geo_dispatch.kernel.geo import LonLat, haversines_m
from geo_dispatch.kernel.ids import OrderId, SiteId, TechnicianId, TerritoryId
from geo_dispatch.kernel.time import Window
from geo_dispatch.kernel.units import UNREACHABLE_MS
from geo_dispatch.roads.engine import RoadEngine
from geo_dispatch.services.dispatching.driving import roads_on
from tests.bench.drive_times import say
from tests.support.ascii_map import build_file
from tests.support.dispatching import ZONE, minutes

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TRADES = ("boilers", "lifts", "cooling", "wiring", "drains", "doors")
TOP = 10
TOLD_EVERY = 50
_USUAL = (10_000, 500)
AREAS = tuple(TerritoryId(name) for name in ("north", "south", "hills"))
Answer = TypeVar("Answer")
PAUSE = Break(clock_time(11, 30), clock_time(13, 0), 1800.0)
SHIFTS = tuple(
    tuple(Shift(day, clock_time(start), clock_time(start + 9), (PAUSE,)) for day in range(7))
    for start in (7, 8, 9)
)


@dataclass(frozen=True, slots=True)
class Town:
    """Sites, and the drive times between them."""

    engine: RoadEngine
    sites: list[LonLat]
    known: dict[Leg, float | None]


def main(arguments: list[str]) -> None:
    folder = chosen(arguments)
    if folder is None:
        say("skipped: no Porto data; name its folder, or set GEO_DISPATCH_SHARED_DATA")
        return
    technicians, orders = (int(one) for one in [*arguments[1:3], *_USUAL[len(arguments[1:3]) :]])
    town = read(folder)
    measures: dict[str, dict[str, float | str]] = {}
    for name, busy in (("free", False), ("with visits", True)):
        measures |= measured(town, name, technicians, orders, busy=busy)
    say(json.dumps(measures))


def chosen(arguments: list[str]) -> Path | None:
    """Where the extract and the sites are."""
    if arguments:
        return Path(arguments[0])
    shared = os.environ.get("GEO_DISPATCH_SHARED_DATA")
    folder = Path(shared) / "fetched/porto" if shared else None
    return folder if folder and (folder / "sites.csv").is_file() else None


def read(folder: Path) -> Town:
    """Build the graph; work out the drive times between all sites, as a warm server knows them."""
    graph, report = build_file(folder / "porto.osm.pbf", "PT")
    engine = RoadEngine(graph)
    with (folder / "sites.csv").open(encoding="utf-8") as file:
        rows = [LonLat(float(row["lon"]), float(row["lat"])) for row in csv.DictReader(file)]
    sites = list(dict.fromkeys(rows))
    started = time.process_time()
    snaps = engine.snap(np.array(sites))
    times_ms = engine.matrix(snaps, snaps)
    known = {
        (start, end): None if ms >= UNREACHABLE_MS else ms / 1000
        for start, row in zip(sites, times_ms.tolist(), strict=True)
        for end, ms in zip(sites, row, strict=True)
    }
    taken_s = time.process_time() - started
    say(f"{report.streets} streets; {len(sites)} sites, all drive times in {taken_s:.1f} s CPU")
    return Town(engine, sites, known)


def measured(
    town: Town, name: str, technicians: int, orders: int, *, busy: bool
) -> dict[str, dict[str, float | str]]:
    """Rank the orders in every way; every top 10 must be that of full enumeration."""
    luck = random.Random(7)
    plans = [_plan(luck, town, number, busy=busy) for number in range(technicians)]
    cases = [_case(luck, town, number) for number in range(orders)]
    full = Fleet(plans, roads_on(town.engine), NOW, ZONE, known=town.known)
    started = time.process_time()
    quick = Fleet(plans, roads_on(town.engine), NOW, ZONE, known=town.known if busy else {})
    rank(cases[0], quick, top=TOP, explain=False)
    say(f"{name}: a fleet in {time.process_time() - started:.2f} s CPU, with its first ranking")
    crow = Crow(plans)
    times = Times()
    worse = farther = judged = 0
    for number, case in enumerate(cases, start=1):
        best = times.of("ours", lambda case=case: rank(case, quick, top=TOP, explain=False))
        ranking = times.of("full", lambda case=case: rank(case, full, explain=False))
        first = times.of("crow", lambda case=case: crow.nearest(case))
        same = [(c.technician_id, c.score_min, c.position) for c in best.candidates]
        truth = [(c.technician_id, c.score_min, c.position) for c in ranking.candidates[:TOP]]
        if same != truth:
            raise AssertionError(f"{case.order.number}: {same} is not {truth}")
        judged += len(ranking.candidates)
        chosen = ranking.candidate(first)
        if ranking.candidates:
            least_s = min(one.drive_s for one in ranking.candidates)
            worse += chosen is None or chosen.score_min > ranking.candidates[0].score_min + 1e-6
            farther += chosen is None or chosen.drive_s > least_s + 1.0
        if number % TOLD_EVERY == 0:
            say(f"{name}: {number} of {orders} orders, {times}")
    n = len(cases)
    ours_s, everybody_s, crow_s = (times.median_s(way) for way in ("ours", "full", "crow"))
    say(
        f"{name}: all {n} top {TOP} equal full enumeration; {judged / n:.0f} candidates each; "
        f"median CPU per ranking {times}; the nearest by crow scores worse than the first for "
        f"{worse / n:.0%} and drives longer than another for {farther / n:.0%}"
    )
    return {
        f"top {TOP} of {technicians} {name}": measure(ours_s, everybody_s),
        f"nearest by crow of {technicians} {name}": measure(ours_s, crow_s),
        f"first choice wrong, {name}": share(worse / n),
        f"first choice not the shortest drive, {name}": share(farther / n),
    }


def measure(ours_s: float, peer_s: float) -> dict[str, float | str]:
    """CPU time per ranking beside a peer's."""
    return {"ours": ours_s * 1000, "peer": peer_s * 1000, "ratio": ours_s / peer_s, "unit": "ms"}


def share(peer: float) -> dict[str, float | str]:
    """How often the crow is wrong; exact search never is, by the check above."""
    return {"ours": 0.0, "peer": peer, "ratio": 0.0, "unit": "share of orders"}


class Times:
    """CPU times of each way to rank."""

    def __init__(self) -> None:
        self._taken_s: defaultdict[str, list[float]] = defaultdict(list)

    def of(self, way: str, call: Callable[[], Answer]) -> Answer:
        """What it gives; its CPU time is kept."""
        started = time.process_time()
        answer = call()
        self._taken_s[way].append(time.process_time() - started)
        return answer

    def median_s(self, way: str) -> float:
        """The median, seconds."""
        return statistics.median(self._taken_s[way])

    def __str__(self) -> str:
        return ", ".join(f"{way} {self.median_s(way) * 1000:.2f} ms" for way in self._taken_s)


class Crow:
    """Whoever has the skill and is nearest as the crow flies."""

    def __init__(self, plans: Sequence[Plan]) -> None:
        self._ids = [plan.technician.id for plan in plans]
        self._places = np.array([plan.whereabouts.place for plan in plans if plan.whereabouts])
        self._levels = {
            trade: np.array([_level(plan, trade) for plan in plans]) for trade in TRADES
        }

    def nearest(self, case: Case) -> TechnicianId:
        """The nearest of those who have the skill."""
        (need,) = case.order.required_skills
        away_m = haversines_m(self._places, np.array(case.site.location))
        away_m[self._levels[need.name] < need.level] = np.inf
        return self._ids[int(away_m.argmin())]


def _level(plan: Plan, trade: str) -> int:
    return max((one.level for one in plan.technician.skills if one.name == trade), default=0)


def _plan(luck: random.Random, town: Town, number: int, *, busy: bool) -> Plan:
    technician = Technician(
        id=TechnicianId(f"tc_{number:05}"),
        call_sign=f"Van {number:05}",
        skills=tuple(
            Skill(trade, luck.randint(1, 5)) for trade in luck.sample(TRADES, luck.randint(1, 2))
        ),
        shifts=luck.choice(SHIFTS),
        territory_id=luck.choice(AREAS),
    )
    place = luck.choice(town.sites)
    visits = luck.randint(0, 4) if busy else 0
    stops = tuple(_stop(luck, town, number, n) for n in range(visits))
    return Plan(technician, stops, Whereabouts(place, NOW))


def _stop(luck: random.Random, town: Town, number: int, n: int) -> Stop:
    opens = NOW + minutes(75 * n + luck.randint(-30, 30))
    order = WorkOrder(
        id=OrderId(f"wo_{number}_{n}"),
        number=f"WO-{number}-{n}",
        type="repair",
        site_id=SiteId("si"),
        placed_at=NOW,
        duration_s=luck.choice([1200.0, 1800.0, 3600.0]),
        window=luck.choice([None, Window(opens, opens + minutes(180))]),
        status=Status.ASSIGNED,
        sequence=n + 1,
    )
    return Stop(order, luck.choice(town.sites))


def _case(luck: random.Random, town: Town, number: int) -> Case:
    near = luck.choice(town.sites)
    place = LonLat(near.lon + luck.uniform(-0.004, 0.004), near.lat + luck.uniform(-0.003, 0.003))
    opens = NOW + minutes(luck.randint(0, 120))
    order = WorkOrder(
        id=OrderId(f"wo_{number}"),
        number=f"WO-{number}",
        type="repair",
        site_id=SiteId("si"),
        placed_at=NOW,
        required_skills=(SkillRequirement(luck.choice(TRADES), luck.randint(1, 5)),),
        priority=luck.randint(1, 5),
        window=luck.choice([None, None, Window(opens, opens + minutes(120))]),
        duration_s=luck.choice([1800.0, 3600.0]),
    )
    site = Site(SiteId("si"), "site", place, lonlat_to_cell(place), territory_id=AREAS[0])
    return Case(order, site, NOW, ZONE)


if __name__ == "__main__":
    main(sys.argv[1:])
