"""Keeps a process' roads as they are in SQL, and has the log tell what begins and ends by itself.

It asks SQL, not Redis: a closure holds where Redis is away, too.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import structlog

from geo_dispatch.dispatch.records.road_changes import RoadChangeRecord
from geo_dispatch.kernel.actors import WORKER
from geo_dispatch.kernel.errors import Unavailable
from geo_dispatch.kernel.ids import RoadChangeId
from geo_dispatch.services.areas.live_roads import InForce
from geo_dispatch.services.areas.road_changes import event_of, stream
from geo_dispatch.services.context import Context

EVERY_S: Final = 0.3
"""In real time; a change holds within a second in all processes."""

_END_S: Final = 2.0

_log = structlog.get_logger(__name__)


@contextmanager
def keeping(ctx: Context) -> Iterator[None]:
    """Keep the roads right beside the work of the block."""
    keeper = RoadKeeper(ctx)
    thread = threading.Thread(target=keeper.run, name="roads", daemon=True)
    thread.start()
    try:
        yield
    finally:
        keeper.stopping.set()
        thread.join(_END_S)


@dataclass(slots=True)
class RoadKeeper:
    """What keeps one process' roads.

    Attributes
    ----------
    stopping
        Set to end `run`.
    """

    ctx: Context
    stopping: threading.Event = field(default_factory=threading.Event)
    _told: dict[RoadChangeId, bool] = field(default_factory=dict)

    def turn(self) -> None:
        """Drive by what is in force now, and tell of what began or ended; once, whoever sees it."""
        now, roads = self.ctx.clock(), self.ctx.live_roads
        roads.follow(self.ctx.store, self.ctx.settings.area, now)
        for record in roads.standing:
            in_force = record.holds_at(now)
            if not in_force and not record.is_over_at(now):
                continue  # it begins later, though a process with another clock may be in it
            if self._told.get(record.id, record.told) != in_force:
                self._tell(record, in_force=in_force)

    def run(self) -> None:
        """Go on until stopped; while SQL is away, the roads stay as they are."""
        roads = self.ctx.live_roads
        seen = roads.in_force
        self._say(seen)
        while not self.stopping.wait(EVERY_S):
            try:
                self.turn()
                if roads.in_force.records != seen.records:
                    seen = roads.in_force
                    self._say(seen)
            except Unavailable as error:
                if not roads.trouble:
                    _log.warning("changes on the road are not heard of", reason=error.message)
                roads.trouble = f"changes on the road may be missing: {error.message}"
            except Exception as error:  # noqa: BLE001 - the edge of the loop
                if not roads.trouble:
                    _log.exception("the roads are not kept; it goes on")
                roads.trouble = f"changes on the road may be missing: {error!r}; see the log"
            else:
                roads.trouble = ""

    @staticmethod
    def _say(roads: InForce) -> None:
        _log.info("roads", in_force=[one.id for one in roads.records])
        for remark in roads.remarks:
            _log.warning("roads", remark=remark)

    def _tell(self, record: RoadChangeRecord, *, in_force: bool) -> None:
        ctx = self.ctx
        with ctx.store.write() as unit:
            if unit.road_changes.tell(record.id, in_force=in_force):
                event = event_of(record, in_force=in_force)
                unit.append(stream(ctx.settings.area), [event], actor=WORKER, at=ctx.clock())
                unit.commit()
        self._told[record.id] = in_force
