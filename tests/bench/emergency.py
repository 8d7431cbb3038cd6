"""An emergency into a full day: ours, which leaves the rest alone, against VROOM starting over.

    python -m tests.bench.emergency [EXTRACT [COUNTRY]]

Without an extract: Porto from the folder that GEO_DISPATCH_SHARED_DATA names; skipped without it.
The day as it stands is VROOM's own plan for 300 visits and 40 technicians. Two hours into it, with
everybody at work, an emergency must be reached within half an hour. Both are given the same drive
times and who is where until when. Changes are counted alike: orders with another technician or,
walked by us at the same moment, another planned begin. Medians over several days, CPU time.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import math
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

from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.day import Day, days_of
from geo_dispatch.dispatch.days.drives import Drives, Leg
from geo_dispatch.dispatch.days.plan import Plan, Stop, Whereabouts
from geo_dispatch.dispatch.policy.document import EmergencyParams
from geo_dispatch.dispatch.records.sites import Site
from geo_dispatch.dispatch.records.technicians import Shift, Technician
from geo_dispatch.dispatch.repairs.changes import Difference, differences
from geo_dispatch.dispatch.repairs.emergency import Emergency, plan_emergency
from geo_dispatch.dispatch.work.orders import Arrival, Status, WorkOrder
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import OrderId, SiteId, TechnicianId, VisitId
from geo_dispatch.kernel.time import Window
from geo_dispatch.roads.engine import RoadEngine
from tests.support.ascii_map import build_file

vroom = importlib.import_module("vroom") if importlib.util.find_spec("vroom") else None

ZONE: Final = ZoneInfo("Europe/Lisbon")
MORNING: Final = datetime(2026, 11, 23, 8, 0, tzinfo=ZONE)
NOW: Final = MORNING + timedelta(hours=2)
EVENING: Final = MORNING + timedelta(hours=9)
RESPOND_BY: Final = NOW + timedelta(minutes=30)
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


@dataclass(frozen=True)
class Begun:
    """Where a technician goes on from: a row of the matrix, when, and at which visit."""

    row: int
    free_at: datetime
    stop: Stop | None = None


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
    begun = [Begun(row, MORNING) for row in range(TECHNICIANS)]
    routes, _ = solved(instance, begun, instance.orders[:-1], MORNING)
    begun, routes = later_on(instance, days_with(instance, begun, routes, MORNING))
    standing = days_with(instance, begun, routes, NOW)
    before = {day.plan.technician.id: day.schedule for day in standing}
    emergency = Emergency(
        case=Case(urgent, Site(SiteId("s"), "Site", instance.place(VISITS), cell=0), NOW, ZONE),
        hosts={one: 0.0 for one in before if instance.knows(one, urgent)},
        respond_by=RESPOND_BY,
    )
    drives = instance.drives()
    start = time.process_time()
    plan = plan_emergency(
        emergency,
        standing,
        drives,
        lambda stop, technician_id: instance.knows(technician_id, stop.order),
        EmergencyParams(),
    )
    ours_ms = (time.process_time() - start) * 1000
    assert plan.proven
    ours = figures(ours_ms, differences(before, plan.schedules), urgent)
    left = [instance.orders[number] for route in routes.values() for number in route]
    routes, peer_ms = solved(instance, begun, [*left, urgent], NOW)
    anew = days_with(instance, begun, routes, NOW)
    after = {day.plan.technician.id: day.schedule for day in anew}
    return ours, figures(peer_ms, differences(before, after), urgent)


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


def solved(
    instance: Instance, begun: Sequence[Begun], orders: Sequence[WorkOrder], now: datetime
) -> tuple[Routes, float]:
    """VROOM's plan for these orders from then on, and the CPU time that it took, ms."""
    assert vroom is not None
    problem = vroom.Input()
    problem.set_durations_matrix("car", np.ascontiguousarray(instance.drive_s))
    problem.add_vehicle(
        [
            vroom.Vehicle(
                number,
                start=one.row,
                skills=instance.trades[number],
                time_window=span(one.free_at, EVENING, now),
            )
            for number, one in enumerate(begun)
        ]
    )
    problem.add_job([job(order, now) for order in orders])
    start = time.process_time()
    solution = problem.solve(exploration_level=5, nb_threads=1)
    taken_ms = (time.process_time() - start) * 1000
    routes: Routes = {TechnicianId(str(number)): [] for number in range(TECHNICIANS)}
    steps = solution.routes
    for step in steps[steps["type"] == "job"].itertuples():
        routes[TechnicianId(str(step.vehicle_id))].append(int(step.id))
    return routes, taken_ms


def job(order: WorkOrder, now: datetime) -> object:
    """The order as VROOM takes it; one without a window has all day."""
    assert vroom is not None
    window = order.window or Window(now, EVENING)
    return vroom.Job(
        int(order.id),
        location=TECHNICIANS + int(order.id),
        default_service=int(order.duration_s),
        skills={int(order.type)},
        priority=100 if order.emergency else 0,
        time_windows=[span(window.start, window.end, now)],
    )


def span(start: datetime, end: datetime, now: datetime) -> list[int]:
    """Both moments as seconds from now."""
    return [max(0, math.ceil((moment - now).total_seconds())) for moment in (start, end)]


def days_with(
    instance: Instance, begun: Sequence[Begun], routes: Routes, now: datetime
) -> list[Day]:
    """What has begun and then the routes as days, walked by us."""
    shifts = (Shift(now.weekday(), clock(8), clock(17)),)
    plans = []
    for number, one in enumerate(begun):
        technician = Technician(TechnicianId(str(number)), f"Van {number}", shifts=shifts)
        stops = [] if one.stop is None else [one.stop]
        for visit in routes[technician.id]:
            order = replace(instance.orders[visit], sequence=len(stops) + 1, status=Status.ASSIGNED)
            stops.append(Stop(order, instance.place(visit)))
        plans.append(Plan(technician, tuple(stops), Whereabouts(instance.places[one.row], now)))
    return days_of(plans, instance.drives(), now, ZONE)


def later_on(instance: Instance, days: Sequence[Day]) -> tuple[list[Begun], Routes]:
    """Where everybody is at `NOW`, and what is left; who is on the way then is there already."""
    begun: list[Begun] = []
    routes: Routes = {}
    for number, day in enumerate(days):
        at = Begun(number, NOW)
        routes[day.plan.technician.id] = left = []
        for stay in day.schedule.stays:
            visit = int(stay.stop.order.id)
            assert stay.depart_at is not None
            assert stay.begin_at is not None
            assert stay.finish_at is not None
            if stay.depart_at > NOW:
                left.append(visit)
            elif stay.finish_at <= NOW:
                at = Begun(TECHNICIANS + visit, NOW)
            else:
                arrival = Arrival(VisitId(f"v{visit}"), min(stay.begin_at, NOW), "gps")
                order = replace(instance.orders[visit], status=Status.ON_SITE, arrival=arrival)
                stop = Stop(order, stay.stop.place)
                free_at = NOW + timedelta(seconds=stop.remaining_s(NOW))
                at = Begun(TECHNICIANS + visit, free_at, stop)
        begun.append(at)
    return begun, routes


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
        opens = MORNING + timedelta(hours=int(rng.integers(7)))
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
                placed_at=MORNING,
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
