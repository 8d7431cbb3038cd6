"""Keeps ETAs true beside other work: of who moved, whose plan or roads changed, all in turn.

Working ETAs out takes far longer than taking fixes in, which must not wait for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from geo_dispatch.dispatch.records.road_changes import RoadChangeRecord
from geo_dispatch.dispatch.work.events import EtaPublished, LoggedEvent, RoadsChanged
from geo_dispatch.services import relay
from geo_dispatch.services.context import Context
from geo_dispatch.services.dispatching import eta

EVERY_S: Final = 1.0
"""So often, in real time, the ETAs of who moved are looked at."""

ALL_EVERY_S: Final = 30.0
"""So often those of everybody: who sends no fixes may be late all the same."""

AT_ONCE: Final = 5
"""Technicians whose ETAs are written together: nobody else can write meanwhile."""

_CONSUMER: Final = "eta"


@dataclass(slots=True)
class EtaKeeper:
    """What is due to be worked out.

    Attributes
    ----------
    follows_the_log
        Whether this process is the one that does so for what is nobody's fix.
    """

    ctx: Context
    follows_the_log: Callable[[], bool]
    _moved: set[str] = field(default_factory=set)
    _anew: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _driven_by: tuple[RoadChangeRecord, ...] | None = None

    def note(self, technician_ids: Iterable[str], *, anew: bool = False) -> None:
        """These moved; or what their ETAs rest on is no longer so, and they are due at once."""
        with self._lock:
            (self._anew if anew else self._moved).update(technician_ids)

    def follower(self, stopping: threading.Event) -> relay.Follower:
        """What to run beside other work."""
        return relay.Follower(
            name="etas",
            follow=self.follow,
            look=self.look,
            look_every_s=ALL_EVERY_S,
            turn_is_ours=lambda: True,
            stopping=stopping,
            every_s=EVERY_S,
        )

    def follow(self) -> int:
        """Work out the ETAs of who moved and of whose plan changed."""
        if self.follows_the_log():
            relay.deliver(self.ctx.store, _CONSUMER, self._note_change)
            self._note_other_roads()
        with self._lock:
            anew, self._anew = sorted(self._anew), set()
            moved, self._moved = sorted(self._moved.difference(anew)), set()
        try:
            if anew or moved:  # another worker's may be of newer roads, and would be overwritten
                self.ctx.follow_roads()
            self._refresh(anew, anew=True)
            self._refresh(moved)
        except BaseException:
            self.note(anew, anew=True)
            self.note(moved)
            raise
        return 0

    def _refresh(self, due: list[str], *, anew: bool = False) -> None:
        """Work them off; those not done yet stay in the list."""
        while due:
            eta.refresh(self.ctx, due[:AT_ONCE], anew=anew)
            del due[:AT_ONCE]

    def look(self) -> None:
        """Have everybody's be worked out who has something in hand."""
        if self.follows_the_log():
            with self.ctx.store.read() as unit:
                self.note(unit.orders.holders())

    def _note_other_roads(self) -> None:
        """By its own clock, this process may drive by a change after the log told of it."""
        records = self.ctx.live_roads.in_force.records
        if self._driven_by is not None and records is not self._driven_by:
            with self.ctx.store.read() as unit:
                self.note(unit.orders.holders(), anew=True)
        self._driven_by = records

    def _note_change(self, logged: LoggedEvent) -> None:
        if logged.type == RoadsChanged.type:
            self.ctx.follow_roads()  # the event may be here before the roads
            with self.ctx.store.read() as unit:
                self.note(unit.orders.holders(), anew=True)
            return
        technician_id = logged.body.get("technician_id")
        if isinstance(technician_id, str) and logged.type != EtaPublished.type:
            self.note([technician_id])
