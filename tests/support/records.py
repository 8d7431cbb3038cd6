"""A back office with a real database, and short ways to enter what tests need."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from geo_dispatch.config import Settings
from geo_dispatch.dispatch.records.contracts import Contract
from geo_dispatch.dispatch.records.sites import Customer, Site
from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.orders import OrderFields, WorkOrder
from geo_dispatch.kernel.actors import Actor, Role
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.services.desk import BackOffice
from geo_dispatch.services.orders import lifecycle, work_orders
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.records.contracts import CONTRACTS
from tests.support.databases import sqlite_store

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""A Monday morning."""

DISPATCHER = Actor("token:tok_office", Role.DISPATCHER)
VADUZ = LonLat(9.5209, 47.1410)


@dataclass
class TestClock:
    """Stands still until told to go on."""

    __test__ = False
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def go_on(self, **delta: float) -> datetime:
        self.now += timedelta(**delta)
        return self.now


def counting_ids() -> Callable[[str], str]:
    """Ids that a reader of a failed test can follow: wo_1, wo_2, …"""
    numbers = count(1)
    return lambda prefix: f"{prefix}_{next(numbers)}"


@dataclass
class Office:
    """The desk and its clock, with shortcuts."""

    desk: BackOffice
    clock: TestClock = field(default_factory=TestClock)

    def customer(self, name: str = "Bakery", **fields) -> Customer:
        return records.create(
            self.desk, records.CUSTOMERS, {"name": name, **fields}, actor=DISPATCHER
        )

    def site(self, name: str = "Bakery Vaduz", location: LonLat = VADUZ, **fields) -> Site:
        values = {"name": name, "location": location, **fields}
        return records.create(self.desk, records.SITES, values, actor=DISPATCHER)

    def technician(self, call_sign: str = "Van 07", **fields) -> Technician:
        values = {"call_sign": call_sign, **fields}
        return records.create(self.desk, records.TECHNICIANS, values, actor=DISPATCHER)

    def contract(self, customer: Customer, **fields) -> Contract:
        values = {"customer_id": customer.id, "name": "Service", **fields}
        return records.create(self.desk, CONTRACTS, values, actor=DISPATCHER)

    def order(self, site: Site | None = None, **fields) -> WorkOrder:
        values: OrderFields = {
            "type": "boiler repair",
            "site_id": (site or self.site()).id,
            **fields,
        }
        return work_orders.place(self.desk, values, actor=DISPATCHER)

    def apply(self, order_id: str, command: c.Command, actor: Actor = DISPATCHER) -> WorkOrder:
        with self.desk.store.write() as unit:
            order = lifecycle.apply(
                self.desk, unit, unit.orders.get(order_id), command, actor=actor
            )
            unit.commit()
        return order

    def assigned(self, technician: Technician | None = None, **fields) -> WorkOrder:
        order = self.order(**fields)
        technician = technician or self.technician()
        command = c.Assign(
            assignment_id=self.desk.new_id("as"), technician_id=technician.id, sequence=1
        )
        return self.apply(order.id, command)


@contextmanager
def open_office(folder: Path) -> Iterator[Office]:
    """An office with an empty SQLite database in the folder."""
    clock = TestClock()
    with sqlite_store(folder) as store:
        settings = Settings(workspace=folder, data=folder)
        yield Office(BackOffice(settings, store, clock, counting_ids()), clock)
