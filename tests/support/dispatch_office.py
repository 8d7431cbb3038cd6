"""An office with roads drawn in ASCII and technicians on them, for the services of dispatch."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import time, timedelta
from pathlib import Path

from geo_dispatch.adapters.live_redis import Live
from geo_dispatch.dispatch.records.sites import Site
from geo_dispatch.dispatch.records.technicians import Shift, Technician
from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.kernel.cells import lonlat_to_cell
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.time import Window, datetime_to_ms
from geo_dispatch.services.areas.live_roads import LiveRoads
from geo_dispatch.services.context import Context
from geo_dispatch.services.dispatching import assignments, candidates
from geo_dispatch.tracking.fixes import DEGREE_SCALE, Fix
from geo_dispatch.tracking.nearest import PositionIndex
from geo_dispatch.tracking.positions import Position
from tests.support.ascii_map import Town
from tests.support.records import DISPATCHER, Office, TestClock, open_office

DAY_SHIFTS = tuple(Shift(weekday, time(8), time(17)) for weekday in range(7))
NO_REDIS = "redis://127.0.0.1:1/0"


@dataclass
class DispatchOffice:
    """Records, roads and positions, with shortcuts; places are those of the drawing."""

    office: Office
    town: Town
    ctx: Context
    positions: PositionIndex = field(default_factory=PositionIndex)

    @property
    def clock(self) -> TestClock:
        return self.office.clock

    def technician(self, call_sign: str, place: str | None = None, **fields) -> Technician:
        technician = self.office.technician(call_sign, **{"shifts": DAY_SHIFTS, **fields})
        if place is not None:
            self.see(technician, place)
        return technician

    def see(self, technician: Technician, place: str) -> None:
        """The technician is there now, as the mirror knows it."""
        at = self.town.at(place)
        at_ms = datetime_to_ms(self.clock.now)
        self.positions.update(Position(technician.id, at_ms, at, lonlat_to_cell(at)))

    def ping(self, technician: Technician, place: str) -> None:
        """The technician is there now, as Redis knows it."""
        at = self.town.at(place)
        at_ms = datetime_to_ms(self.clock.now)
        e7 = (round(at.lon * DEGREE_SCALE), round(at.lat * DEGREE_SCALE))
        self.ctx.live.append(technician.shard, [Fix(technician.id, at_ms, *e7)], at_ms)

    def site(self, place: str | LonLat, **fields) -> Site:
        at = self.town.at(place) if isinstance(place, str) else place
        return self.office.site(f"Site {place}", location=at, **fields)

    def order(self, place: str | LonLat, **fields) -> WorkOrder:
        return self.office.order(self.site(place), **fields)

    def window(self, start_min: float, end_min: float) -> Window:
        now = self.clock.now
        return Window(now + timedelta(minutes=start_min), now + timedelta(minutes=end_min))

    def rank(self, order: WorkOrder, top: int | None = None):
        return candidates.consider(
            self.ctx, order.id, positions=self.positions, now=self.clock.now, top=top
        ).ranking

    def assign(self, order: WorkOrder, technician: Technician | None, **options) -> WorkOrder:
        """By somebody who sees the order as it stands."""
        options = {"expected_version": self.read(order).version, **options}
        return assignments.assign(
            self.ctx,
            order.id,
            technician.id if technician else None,
            positions=self.positions,
            actor=DISPATCHER,
            **options,
        )

    def read(self, order: WorkOrder) -> WorkOrder:
        with self.ctx.store.read() as unit:
            return unit.orders.get(order.id)

    def events(self, order: WorkOrder, *types: str) -> list[dict]:
        with self.ctx.store.read() as unit:
            logged = unit.events(streams=[f"order:{order.id}"], types=types or None)
        return [event.body for event in logged]

    def sequences(self, technician: Technician) -> dict[str, int]:
        with self.ctx.store.read() as unit:
            return {one.id: one.sequence for one in unit.orders.open([technician.id])}


@contextmanager
def open_dispatch_office(
    folder: Path, town: Town, redis_url: str = NO_REDIS
) -> Iterator[DispatchOffice]:
    """An office in that town; without a URL, asking for live positions fails."""
    with open_office(folder) as office, closing(Live(redis_url)) as live:
        desk = office.desk
        ctx = Context(
            settings=desk.settings,
            store=desk.store,
            live=live,
            live_roads=LiveRoads(town.engine),
            clock=office.clock,
            new_id=desk.new_id,
        )
        yield DispatchOffice(office, town, ctx)
