"""Orders and technicians with everything in each other's way, around midnight and clock changes."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.plan import Plan, Prior, Stop, Whereabouts, in_sequence
from geo_dispatch.dispatch.records.hours import Hours
from geo_dispatch.dispatch.records.resources import Booking, Resource
from geo_dispatch.dispatch.records.technicians import (
    Break,
    Certificate,
    Leave,
    Part,
    Shift,
    Skill,
    Technician,
    Vehicle,
)
from geo_dispatch.dispatch.work.clocks import Sla, SlaClock
from geo_dispatch.dispatch.work.orders import Hold, HoldReason, Permit, Status, WorkOrder
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import BookingId, OrderId, ResourceId
from geo_dispatch.kernel.time import Window
from tests.support.dispatching import (
    a_case,
    a_site,
    a_technician,
    an_order,
    at,
    minutes,
    needs,
    on_site_since,
)

ZONE = ZoneInfo("Europe/Vaduz")
MOMENTS = (
    datetime(2026, 11, 23, 9, tzinfo=UTC),
    datetime(2026, 11, 23, 21, 30, tzinfo=UTC),  # in an hour and a half it is tomorrow
    datetime(2026, 3, 28, 22, 30, tzinfo=UTC),  # summer time begins in the night
    datetime(2026, 10, 24, 22, 30, tzinfo=UTC),  # and ends
)
HOURS = ((time(8), time(17)), (time(6), time(14)), (time(21), time(6)), (time(14), time(2)))
HOISTS = tuple(
    Resource(ResourceId(f"r{n}"), f"Hoist {n}", "tool", ("hoist",) + ("crane",) * (n - 1))
    for n in (1, 2)
)
BUSY = (*[Status.ASSIGNED] * 6, Status.EN_ROUTE, Status.ON_SITE, Status.NEEDS_HELP)


class HardCases:
    """Everything drawn from one seed: the same seed, the same case."""

    def __init__(self, seed: int) -> None:
        self.luck = random.Random(seed)
        self.now = self.luck.choice(MOMENTS) + minutes(self.luck.randint(-60, 60))

    def case(self) -> Case:
        """An order that asks for a lot."""
        luck, when = self.luck, self.soon
        order = an_order(
            placed_at=self.now,
            priority=luck.randint(1, 5),
            duration_s=float(luck.choice([600, 1800, 3600, 3 * 3600])),
            required_skills=luck.choice([(), needs(HVAC=1), needs(HVAC=3), needs(HVAC=2, Gas=1)]),
            required_certificates=luck.choice([(), (), ("gas",)]),
            required_equipment=luck.choice([(), (), ("hoist",), ("hoist", "crane")]),
            required_parts=luck.choice([(), (), (Part("pump", 2),)]),
            permits=luck.choice([(), (), (), (Permit("closure", luck.choice(self.days())),)]),
            window=self.maybe(self.window),
            start_at=when() if luck.random() < 0.15 else None,
            pinned=luck.random() < 0.2,
            due_at=self.maybe(when),
            work_class=luck.choice(["reactive", "reactive", "reactive", "project"]),
            sla=self.sla(),
            hold=Hold(HoldReason.MATERIAL, self.now) if luck.random() < 0.05 else None,
        )
        if order.start_at and order.window and order.start_at > order.window.end:
            order = replace(order, start_at=None)
        site = a_site(self.place(), access_windows=self.access())
        case = replace(
            a_case(order, site, self.now),
            zone=ZONE,
            equipment_type=luck.choice(["", "", "", "boiler"]),
            resources=luck.choice([(), HOISTS[:1], HOISTS]),
            bookings=tuple(self.booking(n) for n in range(luck.randint(0, 3))),
            joins_at=when() if luck.random() < 0.15 else None,
        )
        prior = self.maybe(self.prior)
        if prior is None:
            return case
        done = {prior.id: when()} if luck.random() < 0.5 else {}
        return replace(case, prior=(prior,), done_at=done)

    def plan(self, case: Case, number: int = 0) -> Plan:
        """A technician with a day that has little room."""
        luck = self.luck
        technician = self.technician(number)
        stops = [self.stop(f"wo_{number}_{n}", n + 1) for n in range(luck.choice([0, 1, 2, 3]))]
        if case.prior and stops and luck.random() < 0.3:
            own = replace(stops[-1].order, id=case.prior[0].id, number=case.prior[0].number)
            stops[-1] = replace(stops[-1], order=own)
        elif len(stops) > 1 and luck.random() < 0.3:
            first, waiting = luck.sample(range(len(stops)), 2)
            prior = Prior(stops[first].order.id, stops[first].order.number)
            stops[waiting] = replace(stops[waiting], priors=(prior,))
        if stops:
            stops[0] = replace(stops[0], order=self.begun(stops[0].order))
        seen = Whereabouts(self.place(), self.now - minutes(luck.choice([0, 0, 0, 10, 30])))
        return Plan(technician, in_sequence(stops), seen if luck.random() < 0.9 else None)

    def technician(self, number: int) -> Technician:
        luck = self.luck
        skills = [Skill(name, luck.randint(1, 4), self.expiry()) for name in ("HVAC", "Gas")]
        return a_technician(
            f"van-{number}",
            skills=tuple(luck.sample(skills, luck.randint(0, 2))),
            certificates=luck.choice([(), (Certificate("Gas", expires_on=self.expiry()),)]),
            equipment_types=luck.choice([(), ("Boiler",)]),
            vehicle=luck.choice([None, Vehicle("van", equipment=("hoist",))]),
            parts=luck.choice([(), (Part("pump", luck.randint(1, 3)),)]),
            home=luck.choice([None, self.place()]),
            shifts=self.shifts(),
            leave=tuple(Leave(self.window()) for _ in range(luck.choice([0, 0, 1]))),
            on_call=luck.choice([(), (), (self.window(),)]),
            retired=luck.random() < 0.02,
        )

    def stop(self, name: str, sequence: int) -> Stop:
        luck = self.luck
        order = an_order(
            name,
            status=Status.ASSIGNED,
            sequence=sequence,
            placed_at=self.now,
            duration_s=float(luck.randint(1, 90) * 60),
            window=self.maybe(self.window),
            start_at=self.soon() if luck.random() < 0.1 else None,
            pinned=luck.random() < 0.2,
            due_at=self.maybe(self.soon),
            priority=luck.choice([1, 3, 3, 3]),
            contract_critical=luck.random() < 0.2,
            work_class=luck.choice(["reactive", "reactive", "reactive", "project"]),
            sla=self.sla(),
        )
        access = self.access() if luck.random() < 0.5 else ()
        joins_at = self.soon() if luck.random() < 0.1 else None
        return Stop(order, self.place(), access, joins_at=joins_at)

    def begun(self, order: WorkOrder) -> WorkOrder:
        status = self.luck.choice(BUSY)
        if status is Status.ON_SITE:
            since = on_site_since(self.now - minutes(self.luck.randint(0, 60)))
            return replace(order, **since)
        helped = Status.ASSIGNED if status is Status.NEEDS_HELP else None
        return replace(order, status=status, helped_from=helped)

    def shifts(self) -> tuple[Shift, ...]:
        luck = self.luck
        if luck.random() < 0.04:
            return ()
        start, end = luck.choice(HOURS)
        middle = (start.hour + luck.randint(2, 6)) % 24
        breaks = luck.choice([(), (Break(time(middle), time(middle, 45), 1800.0),)])
        free = set(luck.sample(range(7), luck.choice([0, 0, 2])))
        return tuple(Shift(day, start, end, breaks) for day in range(7) if day not in free)

    def access(self) -> tuple[Hours, ...]:
        luck = self.luck
        if luck.random() < 0.6:
            return ()
        opens = luck.randint(0, 22)
        closes = time((opens + luck.randint(1, 8)) % 24)
        return tuple(Hours(day, time(opens), closes) for day in range(7))

    def sla(self) -> Sla | None:
        if self.luck.random() < 0.7:
            return None
        clocks = [self.maybe(lambda: SlaClock(3600.0, self.soon())) for _ in range(2)]
        return Sla("gold", 1, *clocks)

    def prior(self) -> WorkOrder:
        status = self.luck.choice([Status.NEW, Status.ASSIGNED, Status.COMPLETE])
        return an_order("wo_before", status=status, placed_at=self.now)

    def booking(self, number: int) -> Booking:
        resource = self.luck.choice(HOISTS)
        by = self.luck.choice([None, OrderId("wo_other")])
        return Booking(BookingId(f"b{number}"), resource.id, self.window(), by, reason="service")

    def window(self) -> Window:
        start = self.soon()
        return Window(start, start + timedelta(minutes=self.luck.randint(15, 300)))

    def soon(self) -> datetime:
        return self.now + minutes(self.luck.randint(-60, 600))

    def days(self) -> list[date | None]:
        today = self.now.astimezone(ZONE).date()
        return [None, today, today + timedelta(days=1)]

    def expiry(self) -> date | None:
        return self.luck.choice([None, None, *self.days()[1:], date(2026, 1, 31)])

    def place(self) -> LonLat:
        return at(self.luck.randint(-20_000, 20_000), self.luck.randint(-20_000, 20_000))

    def maybe(self, made):
        return made() if self.luck.random() < 0.4 else None
