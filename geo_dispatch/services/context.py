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
from geo_dispatch.services.areas.live_roads import LiveRoads


@dataclass(frozen=True, slots=True)
class Context:
    """One deployment's records, live state, roads, clock and id maker.

    Attributes
    ----------
    live_roads
        The roads as built, and as they are now.
    clock
        The deployment's time, scaled in simulations. Leases, tokens and heartbeats don't use it.
    """

    settings: Settings
    store: Store
    live: Live
    live_roads: LiveRoads
    clock: Clock
    new_id: NewId

    @property
    def roads(self) -> RoadEngine:
        """The roads of the moment; read it once for what must be of one piece."""
        return self.live_roads.in_force.engine

    @property
    def roads_as_built(self) -> RoadEngine:
        """The roads without what is different on them now: what was driven is found on these."""
        return self.live_roads.built

    def follow_roads(self) -> None:
        """Have the roads as they are in SQL now.

        Raises
        ------
        DatabaseUnavailable
            The database does not answer; the roads stay as they are.
        """
        self.live_roads.follow(self.store, self.settings.area, self.clock())

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of shifts and days."""
        return ZoneInfo(self.settings.time_zone)
