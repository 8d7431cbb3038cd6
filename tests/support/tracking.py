"""A deployment's records, real Redis and tracking services, without roads."""

import asyncio
import random
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from geo_dispatch.adapters.live_redis import Committer, Live
from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.kernel.actors import Actor, Role
from geo_dispatch.kernel.time import ms_to_datetime
from geo_dispatch.services.context import Context
from geo_dispatch.services.tracking import process as tracking
from geo_dispatch.services.tracking.intake import Intake
from geo_dispatch.services.tracking.pings import Ping, PingVerdict, Unreadable, packed
from geo_dispatch.tracking.fixes import Fix
from tests.support.fixes import SITE, START_MS
from tests.support.records import Office, open_office

PHONE = Actor("token:tok_phone", Role.ADMIN)


@dataclass
class TrackingOffice:
    """Pings in, visits out."""

    office: Office
    ctx: Context

    def accept(
        self,
        items: Sequence[Ping | Unreadable],
        actor: Actor = PHONE,
        committer: Committer[Ping] | None = None,
    ) -> list[PingVerdict]:
        """Hand the items to an intake of its own, which knows nothing by heart yet."""

        async def accepted() -> list[PingVerdict]:
            live = self.ctx.live
            async with committer or Committer(live.url, packed, live.shards) as fresh:
                return await Intake(self.ctx, fresh).accept(items, actor)

        return asyncio.run(accepted())

    def send(self, fixes: Iterable[Fix], batch: int = 100) -> list[PingVerdict]:
        """Post the fixes like a phone, without moving the clock."""
        sent = [fix_to_ping(fix) for fix in fixes]
        return [
            verdict
            for start in range(0, len(sent), batch)
            for verdict in self.accept(sent[start : start + batch])
        ]

    def work(self, count: int = 1000) -> list[tracking.Outcome]:
        """What a worker does until nothing is new."""
        done = []
        while True:
            after = tracking.position(self.ctx, 0)
            entries = self.ctx.live.read({0: after.stream_id}, count)
            if not entries:
                break
            done.append(tracking.process(self.ctx, 0, entries, after.fence or 1))
            self.ctx.live.trim(0, done[-1].position.stream_id)
        behind: str | None = ""
        while behind is not None:
            behind = tracking.catch_up(self.ctx, 0, after.fence or 1, behind)
        return done

    def track(self, fixes: Sequence[Fix], batch: int = 100) -> None:
        """Send and work."""
        self.send(fixes, batch)
        self.work()

    def later(self) -> None:
        """Two hours after the traces begin: none of their fixes lies in the future."""
        self.office.clock.now = ms_to_datetime(START_MS) + timedelta(hours=6)

    def order(self, order: WorkOrder) -> WorkOrder:
        with self.ctx.store.read() as unit:
            return unit.orders.get(order.id)

    def visits(self, order: WorkOrder) -> list[Any]:
        """Those that stand."""
        with self.ctx.store.read() as unit:
            return [visit for visit in unit.visits.of_order(order.id) if not visit.retracted]

    def log(self, order: WorkOrder) -> list[str]:
        with self.ctx.store.read() as unit:
            return [event.type for event in unit.stream(f"order:{order.id}")]

    def history(self, technician_id: str) -> list[Fix]:
        with self.ctx.store.read() as unit:
            return unit.tracking.fixes(technician_id, 0)

    def assigned(self, **fields: Any) -> WorkOrder:
        """An order at `SITE` in the hands of a new technician."""
        site = self.office.site(location=SITE, fence_radius_m=100.0)
        return self.office.assigned(site=site, **fields)


def fix_to_ping(fix: Fix) -> Ping:
    """The ping that tells the fix."""
    return Ping(
        fix.technician_id,
        fix.at_ms,
        fix.place.lon,
        fix.place.lat,
        fix.accuracy_m,
        fix.speed_mps,
        fix.heading_deg,
        fix.mock,
    )


def shuffled(fixes: Sequence[Fix], seed: int) -> list[Fix]:
    """In another order, some twice."""
    draw = random.Random(seed)
    found = [*fixes, *draw.sample(fixes, len(fixes) // 5)]
    draw.shuffle(found)
    return found


@contextmanager
def open_tracking(folder: Path, redis_url: str) -> Iterator[TrackingOffice]:
    """An empty one over the given Redis."""
    with open_office(folder) as office, closing(Live(redis_url)) as live:
        desk = office.desk
        roads: Any = None  # tracking never drives anywhere
        ctx = Context(desk.settings, desk.store, live, roads, desk.clock, desk.new_id)
        yield TrackingOffice(office, ctx)
