"""A small office for random days: three vans, four sites, one crane, rules; made once, then copied.

Everything real: SQLite, Redis, roads. Each day gets a copy of the first day's database.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import redis

from geo_dispatch.adapters.live_redis.records import Entry
from geo_dispatch.dispatch.days.day import days_of
from geo_dispatch.dispatch.records.resources import Resource
from geo_dispatch.dispatch.records.sites import Site
from geo_dispatch.dispatch.records.technicians import Skill, Technician
from geo_dispatch.kernel.time import datetime_to_ms
from geo_dispatch.services.context import Context
from geo_dispatch.services.dispatching.driving import drives_on
from geo_dispatch.services.dispatching.plans import load_plans
from geo_dispatch.services.policy import auto_assign
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.records.registers import RESOURCES
from geo_dispatch.services.repairs import repairer
from geo_dispatch.services.tracking import process as tracking
from geo_dispatch.tracking.fixes import DEGREE_SCALE, Fix
from geo_dispatch.tracking.nearest import PositionIndex
from tests.support.ascii_map import AsciiMap, Town
from tests.support.dispatch_office import DispatchOffice, open_dispatch_office
from tests.support.policies import OFFICE_HOURS, publish
from tests.support.records import DISPATCHER

STREET = "A----------B----------C----------D"
SITES = "ABCD"

PROMISES = f"""{OFFICE_HOURS}
[[sla]]
name = "gold"
tiers = ["gold"]
response_s = 7200
completion_s = 14400
calendar = "office"
pauses = ["material", "customer"]

[[sla]]
name = "emergency"
priorities = [1]
response_s = 3600
"""
BOLD = '[[rules]]\nid = "all"\nwhen = {}\nthen = { margin_min = 0 }\n'
CAREFUL = '[[rules]]\nid = "repairs"\nwhen = { priorities = [2, 3] }\nthen = { margin_min = 3 }\n'
POLICIES = (PROMISES, PROMISES + BOLD, PROMISES + CAREFUL)
"""Nothing by itself; all that can be sent; only what is clear."""


@dataclass
class SmallOffice:
    """One random day: who and what there is, and what happens around the office by itself."""

    desk: DispatchOffice
    vans: list[Technician]
    sites: dict[str, Site]
    crane: Resource
    entries: int = 0

    @property
    def ctx(self) -> Context:
        return self.desk.ctx

    @property
    def positions(self) -> PositionIndex:
        """Where everybody is, as Redis has it."""
        return PositionIndex(self.ctx.live.positions())

    def begins(self) -> dict[str, tuple]:
        """Whose each open order is, with whom, and when it is planned to begin, at this moment."""
        positions = self.positions
        with self.ctx.store.read() as unit:
            plans = load_plans(unit, unit.technicians.list(), lambda one: positions.get(one.id))
        days = days_of(plans, drives_on(self.ctx.roads), self.desk.clock.now, self.ctx.zone)
        return {
            stay.stop.order.id: (stay.stop.order.technician_ids, stay.begin_at)
            for day in days
            for stay in day.schedule.stays
            if stay.stop.order.technician_id == day.plan.technician.id
        }

    def work(self) -> None:
        """What the worker does with what happened, until nothing is left to do."""
        while auto_assign.follow(self.ctx) + repairer.follow(self.ctx):
            pass
        repairer.look(self.ctx)

    def stand(self, number: int, place: str, minutes: int, ago_min: int = 0) -> None:
        """The van is there for a while, as its phone tells; ``ago_min``: it told late."""
        van, clock, at = self.vans[number], self.desk.clock, self.desk.town.at(place)
        start = clock.now - timedelta(minutes=ago_min)
        e7 = (round(at.lon * DEGREE_SCALE), round(at.lat * DEGREE_SCALE))
        fixes = tuple(
            Fix(
                van.id,
                datetime_to_ms(start + timedelta(seconds=20 * step)),
                *e7,
                accuracy_m=8.0,
                speed_mps=0.0,
            )
            for step in range(3 * minutes + 1)
        )
        if not ago_min:
            clock.go_on(minutes=minutes)
            self.desk.ping(van, place)
        self.entries += 1
        entry = Entry(van.shard, f"{self.entries}-0", datetime_to_ms(clock.now), fixes)
        tracking.process(self.ctx, van.shard, [entry], 1)


class SmallOffices:
    """The office as it is in the morning, and days that begin with it."""

    def __init__(self, folder: Path, redis_url: str) -> None:
        self._folder, self._redis_url = folder, redis_url
        self._town = Town(AsciiMap(STREET), folder)
        with open_dispatch_office(folder, self._town) as desk:
            gold = desk.office.customer("Bakery", tier="gold")
            self._vans = [
                desk.technician("Van 01", skills=(Skill("hvac", 3),)),
                desk.technician("Van 02"),
                desk.technician("Van 03"),
            ]
            self._sites = {
                name: desk.site(name, customer_id=gold.id if name in "AB" else None)
                for name in SITES
            }
            crane = {"name": "Crane 1", "provides": ("crane",)}
            self._crane = records.create(desk.ctx, RESOURCES, crane, actor=DISPATCHER)
            publish(desk.ctx, PROMISES)

    @contextmanager
    def day(self) -> Iterator[SmallOffice]:
        """A new day, in a copy that is gone afterwards; everybody is seen at their place."""
        with (
            tempfile.TemporaryDirectory(prefix="day-", dir=self._folder) as name,
            closing(redis.Redis.from_url(self._redis_url)) as client,
        ):
            client.flushall()
            shutil.copy(self._folder / "records.db", name)
            with open_dispatch_office(Path(name), self._town, self._redis_url) as desk:
                office = SmallOffice(desk, self._vans, self._sites, self._crane)
                for van, place in zip(self._vans, "ACD", strict=True):
                    desk.ping(van, place)
                yield office
