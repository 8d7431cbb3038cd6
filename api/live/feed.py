"""What keeps this process's streams and mirror fresh: one tail of Redis, one of the event log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Final

import structlog
from fastapi.concurrency import run_in_threadpool

from api.live.hub import Hub
from api.live.log_tail import end_of_log, follow_log
from api.live.mirror import Mirror
from api.live.positions import PositionView, freshness_of, outages_of, position_view
from api.live.roster import Doing, Roster
from api.metrics import Metrics
from geo_dispatch.dispatch.work.events import LoggedEvent
from geo_dispatch.kernel.errors import Unavailable
from geo_dispatch.kernel.geo import Box, LonLat
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.services.context import Context
from geo_dispatch.services.tracking import devices
from geo_dispatch.tracking.freshness import Freshness
from geo_dispatch.tracking.positions import Position

_AGEING_S: Final = 5.0
"""Positions that grew old, and what devices told, are looked for so often."""

_HIDES: Final = frozenset({"technician.privacy_changed", "technician.erased"})
"""After these a technician's last position is nobody's business."""

_SIGNALS: Final = frozenset({"technician.sos", "technician.sos_answered"})
"""After these positions show something else at once."""


class Feed:
    """Positions and events on their way to the open streams."""

    def __init__(self, context: Context, metrics: Metrics) -> None:
        self._context = context
        self.hub = Hub(metrics)
        self.roster = Roster(context)
        self.mirror = Mirror(context, self._hear_positions, self.roster.hidden)
        self.signs = devices.Signs()
        self._worth: dict[str, tuple[object, ...]] = {}
        metrics.watch_mirror(self.mirror.age_s, self.mirror.__len__)

    def view(self, positions: Iterable[Position]) -> list[PositionView]:
        """Positions as they stand now; those of technicians out of use are left out."""
        now, settings = self._context.clock(), self._context.settings
        return [
            position_view(
                position,
                doing,
                self.signs,
                settings,
                now,
                working=self.roster.is_working(doing, now),
                made_up=self.mirror.is_made_up(position.technician_id),
            )
            for position, doing in self._in_use(positions)
        ]

    def in_use(self, box: Box | None = None) -> list[Position]:
        """The positions of all technicians in use, or of those in a box."""
        positions = (one for one in self.mirror.positions() if box is None or box.holds(one.place))
        return [position for position, _ in self._in_use(positions)]

    def is_live(self, position: Position) -> bool:
        """Whether the position tells where somebody is now."""
        fresh = freshness_of(position, self._context.settings, self._context.clock())
        return fresh is Freshness.LIVE

    def nearest(
        self, place: LonLat, count: int, wanted: Callable[[Doing, Position], bool]
    ) -> list[PositionView]:
        """The nearest of those in use who are wanted, with ``distance_m``, great-circle."""

        def counts(position: Position) -> bool:
            doing = self.roster.get(position.technician_id)
            return doing is not None and wanted(doing, position)

        found = self.mirror.index.nearest(place, count, counts)
        views = self.view(position for position, _ in found)
        return [
            view | {"distance_m": round(distance_m, 1)}
            for view, (_, distance_m) in zip(views, found, strict=False)
        ]

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
            asyncio.create_task(self._follow_ageing(), name="ageing"),
        ]
        try:
            yield
        finally:
            self.hub.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _in_use(self, positions: Iterable[Position]) -> Iterable[tuple[Position, Doing]]:
        for position in positions:
            doing = self.roster.get(position.technician_id)
            if doing is not None:
                yield position, doing

    def _hear_positions(self, positions: Sequence[Position]) -> None:
        self.hub.publish(positions=self.view(positions))

    async def _hear_events(self, events: Sequence[LoggedEvent]) -> None:
        changed = await run_in_threadpool(self.roster.refresh, events)
        for event in events:
            if event.type in _HIDES and event.body.get("private", True):
                self.mirror.forget(TechnicianId(event.body["technician_id"]))
        signals = {e.body["technician_id"] for e in events if e.type in _SIGNALS}
        if signals:
            self.signs = await run_in_threadpool(devices.signs, self._context)
            changed |= signals
        known = (self.mirror.get(TechnicianId(key)) for key in sorted(changed))
        self.hub.publish(events, self.view(p for p in known if p is not None))

    async def _follow_ageing(self) -> None:
        while True:
            try:
                self.signs = await run_in_threadpool(devices.signs, self._context)
                aged = await run_in_threadpool(self._aged)
                if aged:
                    self.hub.publish(positions=self.view(aged))
            except Unavailable:
                pass  # the mirror says so; what was known stays
            except Exception:  # noqa: BLE001 - the edge of the loop: ages must go on
                structlog.get_logger().exception("ages are not followed")
            await asyncio.sleep(_AGEING_S)

    def _aged(self) -> list[Position]:
        """Whose position is worth less, or more, than when this was last looked at."""
        now, settings = self._context.clock(), self._context.settings
        worth: dict[str, tuple[object, ...]] = {}
        aged = []
        for position, doing in self._in_use(self.mirror.positions()):
            working = self.roster.is_working(doing, now)
            worth[position.technician_id] = (
                freshness_of(position, settings, now),
                working,
                *(
                    one.code
                    for one in outages_of(position, self.signs, settings, now, working=working)
                ),
            )
            before = self._worth.get(position.technician_id)
            if worth[position.technician_id] != (before or (Freshness.LIVE, working)):
                aged.append(position)
        self._worth = worth
        return aged
