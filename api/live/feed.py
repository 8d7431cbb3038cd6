"""What keeps this process's streams and mirror fresh: one tail of Redis, one of the event log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

from fastapi.concurrency import run_in_threadpool

from api.live.hub import Hub
from api.live.log_tail import end_of_log, follow_log
from api.live.mirror import Mirror
from api.live.positions import PositionView, position_view
from api.live.roster import Roster
from api.metrics import Metrics
from geo_dispatch.dispatch.work.events import LoggedEvent
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.services.context import Context
from geo_dispatch.tracking.positions import Position


class Feed:
    """Positions and events on their way to the open streams."""

    def __init__(self, context: Context, metrics: Metrics) -> None:
        self._context = context
        self.hub = Hub(metrics)
        self.roster = Roster(context)
        self.mirror = Mirror(context, self._hear_positions)
        metrics.watch_mirror(self.mirror.age_s, self.mirror.__len__)

    def view(self, positions: Iterable[Position]) -> list[PositionView]:
        """Positions as streams send them; those of technicians out of use are left out."""
        views = (position_view(p, self.roster.get(p.technician_id)) for p in positions)
        return [view for view in views if view is not None]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow both tails until the block ends."""
        await run_in_threadpool(self.roster.load)
        after = await run_in_threadpool(end_of_log, self._context)
        tasks = [
            asyncio.create_task(self.mirror.run(), name="mirror"),
            asyncio.create_task(
                follow_log(self._context, after, self._hear_events), name="log tail"
            ),
        ]
        try:
            yield
        finally:
            self.hub.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _hear_positions(self, positions: Sequence[Position]) -> None:
        self.hub.publish(positions=self.view(positions))

    async def _hear_events(self, events: Sequence[LoggedEvent]) -> None:
        changed = await run_in_threadpool(self.roster.refresh, events)
        known = (self.mirror.get(TechnicianId(key)) for key in sorted(changed))
        self.hub.publish(events, self.view(p for p in known if p is not None))
