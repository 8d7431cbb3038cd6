"""What every use case works with, handed in by `geo_dispatch.bootstrap`."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from geo_dispatch.adapters.live_redis import Live
from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.config import Settings
from geo_dispatch.kernel.ids import NewId
from geo_dispatch.kernel.time import Clock
from geo_dispatch.roads.engine import RoadEngine


@dataclass(frozen=True, slots=True)
class Context:
    """One deployment's records, live state, roads, clock and id maker.

    Attributes
    ----------
    clock
        The deployment's time, scaled in simulations. Leases, tokens and heartbeats don't use it.
    """

    settings: Settings
    store: Store
    live: Live
    roads: RoadEngine
    clock: Clock
    new_id: NewId

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of shifts and days."""
        return ZoneInfo(self.settings.time_zone)
