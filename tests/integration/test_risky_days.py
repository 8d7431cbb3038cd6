"""Whole days on which things go wrong: what is at risk is told before it is late, once, and truly.

Vans drive along a road and are seen now and then, never quite where they are. Some set out late,
some work takes longer or less long than planned, customers cancel, phones fall silent.
"""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from geo_dispatch.dispatch.policy.document import MessageParams
from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.dispatch.sla.risk import CLEAR_MARGIN_S
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.orders import Status, WorkOrder
from geo_dispatch.kernel.time import datetime_to_ms
from geo_dispatch.services.dispatching import eta
from geo_dispatch.services.messages import webhooks
from geo_dispatch.services.sla import risks
from geo_dispatch.tracking.fixes import DEGREE_SCALE, Fix
from tests.support.ascii_map import CELL_M
from tests.support.dispatch_office import DispatchOffice
from tests.support.records import DISPATCHER, NOW

LEG = 100
PLACES = "ABCDEFGH"
STREET = ("-" * (LEG - 1)).join(PLACES)
LEG_M = LEG * CELL_M

TICK_S = 30
LATE_S = 60.0
"""Nobody is late by less: a van is seen, and ETAs are worked out, every half minute."""

RISKS = ("order.at_risk", "order.risk_cleared")


@dataclass
class Van:
    """A van on the road: where it is, in metres, and what it is about to do."""

    technician: Technician
    at_m: float
    sets_out: datetime
    jobs: list[WorkOrder]
    silent: tuple[datetime, datetime]
    busy_until: datetime | None = None
    reliefs: list[datetime] = field(default_factory=list)


@dataclass
class Day:
    """An office, its vans, and what became of each order."""

    desk: DispatchOffice
    luck: random.Random
    vans: list[Van]
    metres: dict[str, float]
    speed_mps: float
    arrived: dict[str, datetime] = field(default_factory=dict)
    moved: dict[str, list[datetime]] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return self.desk.clock.now

    def go_on(self) -> None:
        self.desk.clock.go_on(seconds=TICK_S)
        for van in self.vans:
            self._drive(van)
            self._see(van)
        eta.refresh(self.desk.ctx)
        risks.watch_waiting(self.desk.ctx)

    def _drive(self, van: Van) -> None:
        if not van.jobs or self.now < van.sets_out:
            return
        job = van.jobs[0]
        if van.busy_until is not None:
            self._work(van, job)
            return
        goal_m = self.metres[job.id]
        step_m = min(abs(goal_m - van.at_m), self.speed_mps * TICK_S)
        van.at_m += step_m if goal_m > van.at_m else -step_m
        if self.desk.read(job).status is Status.ASSIGNED:
            self.desk.office.apply(job.id, c.SetOut(source="person"))
        if van.at_m == goal_m:
            visit_id = self.desk.ctx.new_id("vi")
            self.desk.office.apply(job.id, c.ConfirmArrival(visit_id=visit_id, source="person"))
            self.arrived[job.id] = self.now
            takes_s = job.duration_s * self.luck.choice((0.6, 1.0, 1.0, 1.5, 2.5))
            van.busy_until = self.now + timedelta(seconds=takes_s)

    def _work(self, van: Van, job: WorkOrder) -> None:
        if self.now < van.busy_until:
            return
        self.desk.office.apply(job.id, c.Complete(notes="done"))
        van.jobs.pop(0)
        van.busy_until = None
        if self.now < self.arrived[job.id] + timedelta(seconds=job.duration_s):
            van.reliefs.append(self.now)

    def _see(self, van: Van) -> None:
        start, end = van.silent
        if start <= self.now < end or self.luck.random() < 0.1:
            return
        if start <= end <= self.now:
            van.reliefs.append(end)
        noisy_m = min(max(van.at_m + self.luck.uniform(-15, 15), 0.0), LEG_M * (len(PLACES) - 1))
        leg = min(int(noisy_m // LEG_M), len(PLACES) - 2)
        share = noisy_m / LEG_M - leg
        place = self.desk.town.map.between(PLACES[leg], PLACES[leg + 1], share)
        e7 = (round(place.lon * DEGREE_SCALE), round(place.lat * DEGREE_SCALE))
        at_ms = datetime_to_ms(self.now)
        technician = van.technician
        self.desk.ctx.live.append(technician.shard, [Fix(technician.id, at_ms, *e7)], at_ms)

    def cancel(self, van: Van) -> None:
        """A customer calls off what the van has not set out for."""
        if len(van.jobs) > 2:
            job = van.jobs.pop(self.luck.randrange(1, len(van.jobs) - 1))
            self.desk.office.apply(job.id, c.Cancel(reason="not at home"))
            van.reliefs.append(self.now)

    def hand_over(self, van: Van, other: Van) -> None:
        """The dispatcher gives the last that is at risk to another van."""
        job = van.jobs[-1] if len(van.jobs) > 1 else None
        if job is None or self.desk.read(job).risk is None or van is other:
            return
        van.jobs.pop()
        command = c.Assign(
            assignment_id=self.desk.ctx.new_id("as"),
            technician_id=other.technician.id,
            sequence=9,
            source="manual",
        )
        self.desk.office.apply(job.id, command)
        other.jobs.append(job)
        self.moved.setdefault(job.id, []).append(self.now)


@pytest.fixture
def desk(live_desk):
    return live_desk


def a_day(desk, luck):
    """Three vans with five visits each, promised so that they are kept if nothing goes wrong."""
    speed_mps = LEG_M / desk.town.seconds("A", "B")
    metres, vans = {}, []
    for number in range(3):
        home = luck.randrange(len(PLACES))
        technician = desk.technician(f"Van {number}", PLACES[home])
        at, now, jobs = home, NOW, []
        for place in range(1, 6):
            goal = luck.choice([one for one in range(len(PLACES)) if one != at])
            now += timedelta(seconds=abs(goal - at) * LEG_M / speed_mps)
            duration_s = 60.0 * luck.randint(8, 20)
            slack = timedelta(minutes=luck.choice((4, 10, 20, 60)))
            due_at = now + timedelta(seconds=duration_s) + slack if luck.random() < 0.3 else None
            window = desk.window(0, (now + slack - NOW).total_seconds() / 60)
            customer = desk.office.customer(f"Customer {number}.{place}")
            job = desk.office.order(
                desk.site(PLACES[goal], customer_id=customer.id),
                duration_s=duration_s,
                due_at=due_at,
                window=None if due_at else window,
            )
            command = c.Assign(
                assignment_id=desk.ctx.new_id("as"), technician_id=technician.id, sequence=place
            )
            jobs.append(desk.office.apply(job.id, command))
            metres[job.id] = goal * LEG_M
            at, now = goal, now + timedelta(seconds=duration_s)
        sets_out = NOW + timedelta(minutes=luck.choice((0, 0, 25)))
        silent_from = NOW + timedelta(minutes=luck.randint(20, 90))
        silent = (silent_from, silent_from + timedelta(minutes=luck.choice((0, 12, 30))))
        vans.append(Van(technician, home * LEG_M, sets_out, jobs, silent))
    return Day(desk, luck, vans, metres, speed_mps)


def limit_of(order):
    """What the order asks for: its arrival, or its end, until then."""
    return order.due_at or order.window.end


def assert_agrees(desk, orders):
    """No ETA that is published says something else than the risk."""
    with desk.ctx.store.read() as unit:
        told = unit.etas.many(orders)
        stored = unit.orders.many(orders)
    for key, view in told.items():
        order = stored[key]
        over = order.status in {Status.COMPLETE, Status.CANCELLED}
        met = order.window is not None and order.arrival is not None
        if over or met or view.late_by_s is None or view.technician_id != order.technician_id:
            continue
        assert view.late_by_s > -CLEAR_MARGIN_S if order.risk else view.late_by_s <= 0, order.number


@pytest.mark.slow
@pytest.mark.capability("FA-064")
@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_at_risk_is_told_before_it_is_late_once_and_cleared_when_it_is_solved(desk, seed):
    webhooks.create(desk.ctx, {"url": "https://example.com/hook", "types": RISKS}, actor=DISPATCHER)
    luck = random.Random(seed)
    day = a_day(desk, luck)
    orders = {job.id: van for van in day.vans for job in van.jobs}
    ticks = 0
    while any(van.jobs for van in day.vans):
        day.go_on()
        assert_agrees(desk, orders)
        ticks += 1
        assert ticks < 1200, "the day ends"
        if ticks % 40 == 0:
            day.cancel(luck.choice(day.vans))
        if ticks % 25 == 0:
            day.hand_over(*luck.sample(day.vans, 2))
    late = [key for key in orders if assert_told(day, key, [van.reliefs for van in day.vans])]
    assert late, "something went wrong on such a day"
    with desk.ctx.store.read() as unit:
        logged = unit.events(types=RISKS)
        messages = [one for one in reversed(unit.messages.search(to="client")) if one.type in RISKS]
        (hook,) = unit.webhooks.list()
        waiting = unit.deliveries.pending(hook.id)
    assert [(one.type, one.body["order_id"]) for one in logged] == [
        (one.type, one.order_id) for one in messages
    ]
    assert waiting == len(messages)


def assert_told(day, key, reliefs):
    """What was told of the order is what came of it; says whether it was late."""
    with day.desk.ctx.store.read() as unit:
        order = unit.orders.get(key)
        story = unit.events(streams=[f"order:{key}"])
        heard = unit.messages.search(to="customer", order_id=key)
    risky = [one for one in story if one.type in RISKS]
    assert [one.type for one in risky] == [RISKS[n % 2] for n in range(len(risky))]
    limit = limit_of(order)
    ended = order.ended_at if order.due_at else day.arrived.get(key)
    late = order.status is Status.COMPLETE and (ended - limit).total_seconds() > LATE_S
    if late:
        assert risky, order.number
        assert risky[-1].type == "order.at_risk"
        assert risky[-1].at < limit
    relieved = [moment for one in reliefs for moment in one]
    solved = [*relieved, *day.moved.get(key, ()), *([ended] if ended else ())]
    for flagged, cleared in pairwise(risky):
        if cleared.type == "order.risk_cleared":
            assert any(flagged.at <= moment <= cleared.at for moment in solved), order.number
    told = [
        datetime.fromisoformat(one.data["eta"])
        for one in reversed(heard)
        if one.type in {"order.eta", "order.delayed"}
    ]
    apart = [abs((one - other).total_seconds()) for one, other in pairwise(told)]
    assert all(gap > MessageParams().eta_moved_s for gap in apart), order.number
    return late
