"""A copy of all positions in this process, kept fresh by one tail of Redis.

Snapshot and cursor are taken together, so that nothing falls between them; before that the mirror
is not ready. While Redis is away the copy grows old, and says so. A fix that jumps is held back
until a second one agrees with it; what the tracks believe is asked when the process starts.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import structlog
from fastapi.concurrency import run_in_threadpool

from geo_dispatch.bootstrap import Changes, open_tail
from geo_dispatch.kernel.errors import GeoDispatchError, RedisUnavailable
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.services.context import Context
from geo_dispatch.services.tracking import whereabouts
from geo_dispatch.tracking.fixes import Fix
from geo_dispatch.tracking.live_positions import LivePositions
from geo_dispatch.tracking.nearest import PositionIndex
from geo_dispatch.tracking.positions import Position

_BLOCK_MS: Final = 1000
_RETRY_S: Final = (0.1, 0.2, 0.5, 1.0)

Hear = Callable[[Sequence[Position]], None]
Hidden = Callable[[], frozenset[str]]
"""Says whose fixes are not to be seen now."""


class Mirror:
    """The newest believed position of each technician, in memory."""

    def __init__(self, context: Context, hear: Hear, hidden: Hidden) -> None:
        self._context = context
        self._hear = hear
        self._hidden = hidden
        self._live = LivePositions()
        self._as_of: datetime | None = None
        self._heard_at = 0.0
        self._failures = 0

    @property
    def ready(self) -> bool:
        """Whether it has loaded all positions."""
        return self._as_of is not None

    @property
    def as_of(self) -> datetime:
        """When it last was the same as Redis.

        Raises
        ------
        RedisUnavailable
            It has never been.
        """
        if self._as_of is None:
            raise RedisUnavailable(
                "the positions are still being loaded from Redis; try again in a moment, "
                "/health/ready says when"
            )
        return self._as_of

    def require(self) -> None:
        """Raise `RedisUnavailable` unless it is ready."""
        _ = self.as_of

    def age_s(self) -> float:
        """Seconds since it last heard of Redis; NaN before it is ready."""
        return time.monotonic() - self._heard_at if self.ready else float("nan")

    def __len__(self) -> int:
        return len(self._live.index)

    def positions(self) -> list[Position]:
        """All positions, a copy."""
        return list(self._live.index)

    def get(self, technician_id: TechnicianId) -> Position | None:
        """The technician's position, if known."""
        return self._live.index.get(technician_id)

    def is_made_up(self, technician_id: TechnicianId) -> bool:
        """Whether the device calls its newest fix made up."""
        return self._live.is_made_up(technician_id)

    def forget(self, technician_id: TechnicianId) -> None:
        """The technician is to be seen no more, until the next fix."""
        self._live.forget(technician_id)

    @property
    def index(self) -> PositionIndex:
        """All positions, whole; it moves on while somebody reads in it."""
        return self._live.index

    async def run(self) -> None:
        """Follow Redis until cancelled."""
        while True:
            try:
                async with open_tail(self._context.settings) as tail:
                    async for changes in tail.watch(_BLOCK_MS):
                        self._failures = 0
                        await self._take(changes)
            except GeoDispatchError as error:
                if self._failures == 0:
                    structlog.get_logger().warning("positions are not live", why=error.message)
            except Exception:  # noqa: BLE001 - the edge of the loop: positions must go on
                structlog.get_logger().exception("positions are not followed")
            await asyncio.sleep(_RETRY_S[min(self._failures, len(_RETRY_S) - 1)])
            self._failures += 1

    async def _take(self, changes: Changes) -> None:
        if changes.whole:
            # of a large fleet this takes a second, in which the streams must go on
            moved = await run_in_threadpool(self._take_whole, changes)
        else:
            moved = {fix.technician_id for fix in self._seen(changes) if self._live.take(fix)}
        self._as_of = self._context.clock()
        self._heard_at = time.monotonic()
        if moved:
            positions = (self._live.index.get(technician_id) for technician_id in sorted(moved))
            self._hear([position for position in positions if position is not None])

    def _seen(self, changes: Changes) -> Sequence[Fix]:
        hidden = self._hidden()
        return [fix for fix in changes.fixes if fix.technician_id not in hidden]

    def _take_whole(self, changes: Changes) -> set[TechnicianId]:
        seen = self._seen(changes)
        if self.ready:
            live = self._live
        else:
            newest = {fix.technician_id for fix in seen}
            live = LivePositions(whereabouts.trusts(self._context, newest))
        live.keep_only({fix.technician_id for fix in seen})
        moved = {fix.technician_id for fix in seen if live.take(fix)}
        self._live = live
        return moved
