"""An emergency into a full day: ours, which leaves the rest alone, against VROOM starting over.

    python -m tests.bench.emergency [EXTRACT [COUNTRY]]

Without an extract: Porto from the folder that GEO_DISPATCH_SHARED_DATA names; skipped without it.
The day as it stands is VROOM's own plan for 300 visits and 40 technicians. Both are given the
same drive times and the same emergency, to be reached within the hour. Changes are counted alike:
orders with another technician or, walked by us at the same moment, another planned begin.
Medians over several days, CPU time.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import statistics
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.dispatch.case import Case
from geo_dispatch.dispatch.changes import Difference, differences
from geo_dispatch.dispatch.day import Day, days_of
from geo_dispatch.dispatch.drives import Drives, Leg
from geo_dispatch.dispatch.emergency import Emergency, plan_emergency
from geo_dispatch.dispatch.orders import Status, WorkOrder
from geo_dispatch.dispatch.plan import Plan, Stop, Whereabouts
from geo_dispatch.dispatch.policy import EmergencyParams
from geo_dispatch.dispatch.sites import Site
from geo_dispatch.dispatch.technicians import Shift, Technician
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import OrderId, SiteId, TechnicianId
from geo_dispatch.kernel.time import Window
from geo_dispatch.roads.engine import RoadEngine
from tests.support.ascii_map import build_file

vroom = importlib.import_module("vroom") if importlib.util.find_spec("vroom") else None

ZONE: Final = ZoneInfo("Europe/Lisbon")
NOW: Final = datetime(2026, 11, 23, 8, 0, tzinfo=ZONE)
DAY_ENDS: Final = NOW + timedelta(hours=9)
RESPOND_BY: Final = NOW + timedelta(hours=1)
VISITS, TECHNICIANS, TRADES, DAYS = 300, 40, 3, 3
MEASURES: Final = (
    ("time to the answer", "ms"),
    ("orders changed", "orders"),
    ("visits given to another technician", "orders"),
    ("begin after the call", "min"),
)
Run = tuple[float, ...]
Routes = dict[TechnicianId, list[int]]


@dataclass(frozen=True)
class Instance:
    """A day to be planned; the last of its orders is the emergency that comes.

    Attributes
    ----------
    places
        Where technicians begin, then where the orders are.
    drive_s
        Whole seconds between all of them.
    trades
        What each technician knows.
    """

    places: list[LonLat]
    drive_s: NDArray[np.uint32]
    trades: list[set[int]]
    orders: list[WorkOrder]

    def place(self, number: int) -> LonLat:
        """Where an order is."""
        return self.places[TECHNICIANS + number]

    def knows(self, technician_id: TechnicianId, order: WorkOrder) -> bool:
        """Whether the technician knows the order's trade."""
        return int(order.type) in self.trades[int(technician_id)]

    def drives(self) -> Drives:
        """The drive times, nothing asked yet."""
        rows = {place: row for row, place in enumerate(self.places)}

        def ask(legs: Sequence[Leg]) -> list[float | None]:
            return [float(self.drive_s[rows[start], rows[end]]) for start, end in legs]

        return Drives(ask)


def main(arguments: list[str]) -> None:
    extract = chosen(arguments)
    if extract is None or vroom is None:
        say("skipped: no Porto (GEO_DISPATCH_SHARED_DATA names its folder), or no pyvroom")
        say(json.dumps({}))
        return
    graph, _ = build_file(extract, arguments[1] if len(arguments) > 1 else "PT")
    engine = RoadEngine(graph)
    sites = np.loadtxt(extract.parent / "sites.csv", delimiter=",", skiprows=1, usecols=(0, 1))
    runs = []
    for seed in range(DAYS):
        runs.append(measured(drawn(engine, sites, seed)))
        say(f"day {seed}: ours {runs[-1][0]}, VROOM {runs[-1][1]}")
    report = {}
    for index, (measure, unit) in enumerate(MEASURES):
        ours, peer = (statistics.median(run[who][index] for run in runs) for who in (0, 1))
        say(f"{measure}: ours {ours:.4g} {unit}, VROOM {peer:.4g} {unit}")
        ratio = ours / peer if peer else None
        report[f"emergency: {measure}"] = {
            "ours": ours,
            "peer": peer,
            "ratio": ratio,
            "unit": unit,
        }
    say(json.dumps(report))


def measured(instance: Instance) -> tuple[Run, Run]:
    """The figures of both for one day."""
    urgent = instance.orders[-1]
    standing = days_with(instance, solved(instance, instance.orders[:-1])[0])
    before = {day.plan.technician.id: day.schedule for day in standing}
    known = instance.drives()
    known.prefetch(leg for day in standing for leg in ways(day))
    emergency = Emergency(
        case=Case(urgent, Site(SiteId("s"), "Site", instance.place(VISITS), cell=0), NOW, ZONE),
        hosts={one: 0.0 for one in before if instance.knows(one, urgent)},
        respond_by=RESPOND_BY,
    )
    start = time.process_time()
    plan = plan_emergency(
        emergency,
        standing,
        known,
        lambda stop, technician_id: instance.knows(technician_id, stop.order),
        EmergencyParams(),
    )
    ours_ms = (time.process_time() - start) * 1000
    assert plan.proven
    ours = figures(ours_ms, differences(before, plan.schedules), urgent)
    routes, peer_ms = solved(instance, instance.orders)
    anew = {day.plan.technician.id: day.schedule for day in days_with(instance, routes)}
    return ours, figures(peer_ms, differences(before, anew), urgent)


def figures(taken_ms: float, found: Iterable[Difference], urgent: WorkOrder) -> Run:
    """What `MEASURES` names."""
    changed = list(found)
    others = [one for one in changed if one.order.id != urgent.id]
    given = sum(one.technician_before != one.technician_after for one in others)
    begin_at = next(
        one.after.begin_at for one in changed if one.order.id == urgent.id and one.after
    )
    assert begin_at is not None
    return (taken_ms, len(changed), given, (begin_at - NOW).total_seconds() / 60)


def solved(instance: Instance, orders: Sequence[WorkOrder]) -> tuple[Routes, float]:
    """VROOM's plan for these orders, and the CPU time that it took, ms."""
    assert vroom is not None
    problem = vroom.Input()
    problem.set_durations_matrix("car", np.ascontiguousarray(instance.drive_s))
    shift_s = int((DAY_ENDS - NOW).total_seconds())
    problem.add_vehicle(
        [
            vroom.Vehicle(number, start=number, skills=trades, time_window=[0, shift_s])
            for number, trades in enumerate(instance.trades)
        ]
    )
    problem.add_job([job(order) for order in orders])
    start = time.process_time()
    solution = problem.solve(exploration_level=5, nb_threads=1)
    taken_ms = (time.process_time() - start) * 1000
    routes: Routes = {TechnicianId(str(number)): [] for number in range(TECHNICIANS)}
    steps = solution.routes
    for step in steps[steps["type"] == "job"].itertuples():
        routes[TechnicianId(str(step.vehicle_id))].append(int(step.id))
    return routes, taken_ms


def job(order: WorkOrder) -> object:
    """The order as VROOM takes it; one without a window has all day."""
    assert vroom is not None
    window = order.window or Window(NOW, DAY_ENDS)
    span = [int((moment - NOW).total_seconds()) for moment in (window.start, window.end)]
    return vroom.Job(
        int(order.id),
        location=TECHNICIANS + int(order.id),
        default_service=int(order.duration_s),
        skills={int(order.type)},
        priority=100 if order.emergency else 0,
        time_windows=[span],
    )


def days_with(instance: Instance, routes: Routes) -> list[Day]:
    """The routes as days, walked by us."""
    shifts = (Shift(NOW.weekday(), clock(8), clock(17)),)
    plans = []
    for technician_id, numbers in routes.items():
        technician = Technician(technician_id, f"Van {technician_id}", shifts=shifts)
        stops = tuple(
            Stop(
                replace(instance.orders[number], sequence=sequence, status=Status.ASSIGNED),
                instance.place(number),
            )
            for sequence, number in enumerate(numbers, 1)
        )
        start = Whereabouts(instance.places[int(technician_id)], NOW)
        plans.append(Plan(technician, stops, start))
    return days_of(plans, instance.drives(), NOW, ZONE)


def ways(day: Day) -> list[Leg]:
    """The legs of the day as it stands: an office knows them."""
    places = [stop.place for stop in day.plan.stops]
    start = [day.start.place] if day.start is not None else []
    return list(zip([*start, *places], places, strict=False))


def drawn(engine: RoadEngine, sites: NDArray[np.float64], seed: int) -> Instance:
    """A day on sites of the city: a third of the visits promised within two hours."""
    rng = np.random.default_rng(seed)
    rows = rng.choice(len(sites), TECHNICIANS + VISITS + 1, replace=False)
    places = [LonLat(*sites[row].tolist()) for row in rows]
    snaps = engine.snap(np.array(places))
    drive_s = np.ceil(engine.matrix(snaps, snaps) / 1000).astype(np.uint32)
    trades = [
        set(rng.permutation(TRADES)[: rng.integers(1, TRADES + 1)].tolist())
        for _ in range(TECHNICIANS)
    ]
    orders = []
    for number in range(VISITS + 1):
        opens = NOW + timedelta(hours=int(rng.integers(7)))
        promised = rng.random() < 1 / 3
        duration_s = float(rng.integers(8, 16) * 300)
        priority, trade = int(rng.integers(2, 6)), int(rng.integers(TRADES))
        window = Window(opens, opens + timedelta(hours=2)) if promised else None
        if number == VISITS:
            priority, window = 1, Window(NOW, RESPOND_BY)
        orders.append(
            WorkOrder(
                id=OrderId(str(number)),
                number=f"WO-{number}",
                type=str(trade),
                site_id=SiteId("s"),
                placed_at=NOW,
                priority=priority,
                window=window,
                duration_s=duration_s,
            )
        )
    return Instance(places, drive_s, trades, orders)


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def chosen(arguments: list[str]) -> Path | None:
    """The extract to measure on, if it is there."""
    shared = os.environ.get("GEO_DISPATCH_SHARED_DATA")
    if arguments:
        return Path(arguments[0])
    porto = Path(shared) / "fetched/porto/porto.osm.pbf" if shared else None
    return porto if porto is not None and porto.is_file() else None


if __name__ == "__main__":
    main(sys.argv[1:])
