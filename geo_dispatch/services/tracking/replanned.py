"""What changed under the tracks: fences, sites and plans, after which days are folded again.

The fold takes fences and plans as they stand. So that what it said before holds too, whose stays
a change concerns is noted among the refolds, without waiting for the technician's next fix.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.work.events import LoggedEvent
from geo_dispatch.kernel.errors import Unavailable
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import OrderId, SiteId, TechnicianId
from geo_dispatch.kernel.time import datetime_to_ms
from geo_dispatch.services.context import Context
from geo_dispatch.services.relay import Follower
from geo_dispatch.services.tracking.plans import load_plan
from geo_dispatch.tracking.neighbours import NEAR_M
from geo_dispatch.tracking.track import REMEMBERED_MS, first_difference_ms

CONSUMER: Final = "refolds"

HORIZON: Final = timedelta(milliseconds=REMEMBERED_MS)
"""What is older is settled: four days, as for fixes."""

_BATCH: Final = 1000
_EVERY_S: Final = 1.0

_OF_PLANS: Final = frozenset(
    {
        "order.assigned",
        "order.unassigned",
        "order.crew_changed",
        "order.changed",
        "order.en_route",
        "order.arrived",
        "order.arrival_reviewed",
        "order.started",
        "order.completed",
        "order.cancelled",
        "order.held",
    }
)
"""Whose job it is, from when until when, for which day, and what a person said of it."""

_OF_PLACES: Final = frozenset({"location", "fence", "fence_radius_m"})


def follower(ctx: Context, turn_is_ours: Callable[[], bool], stopping: threading.Event) -> Follower:
    """Noting what is to be folded again, to run beside other work."""
    return Follower(
        name="replanned",
        follow=lambda: follow(ctx),
        look=lambda: None,
        look_every_s=_EVERY_S,
        turn_is_ours=turn_is_ours,
        stopping=stopping,
        every_s=_EVERY_S,
    )


def follow(ctx: Context) -> int:
    """Note whose days the next events of the log change, and remember how far that is, at once.

    Returns
    -------
    int
        How many events were dealt with.
    """
    with ctx.store.read() as unit:
        events = unit.events(after=unit.cursor(CONSUMER), limit=_BATCH)
        if not events:
            return 0
        kept = timedelta(days=ctx.settings.fixes_kept_days)
        since = ctx.clock() - min(HORIZON, kept)  # what is forgotten can't be folded again
        due = _concerned(unit, [event for event in events if event.at > since], since)
        homes = {key: one.shard for key, one in unit.technicians.many(due).items()}
    with ctx.store.write() as unit:
        for shard in sorted(set(homes.values())):
            unit.refolds.put(shard, {who: ms for who, ms in due.items() if homes[who] == shard})
        unit.refolds.at_once(due)
        unit.advance(CONSUMER, events[-1].seq)
        unit.commit()
    return len(events)


def _concerned(
    unit: Unit, events: Iterable[LoggedEvent], since: datetime
) -> dict[TechnicianId, int]:
    """Whose days to fold again, and from when on."""
    sites: set[SiteId] = set()
    places: set[LonLat] = set()
    orders: set[OrderId] = set()
    elsewhere: set[OrderId] = set()
    for event in events:
        kind, _, key = event.stream.partition(":")
        if kind == "site" and _moves(event):
            sites.add(SiteId(key))
            places |= _places(unit, event)
        elif event.type in _OF_PLANS and event.body.get("source") != "gps":
            orders.add(OrderId(key))
            if "site_id" in event.body.get("changes", ()):
                elsewhere.add(OrderId(key))
    sites |= unit.sites_near.around(places, NEAR_M)
    due = {
        who: datetime_to_ms(max(held_since, since))
        for who, held_since in unit.jobs.holders(sites, elsewhere, since).items()
    }
    for who in unit.jobs.holders((), orders, since):
        changed_ms = _plan_changed_ms(unit, who)
        if changed_ms is not None:
            from_ms = max(changed_ms, datetime_to_ms(since))
            due[who] = min(from_ms, due.get(who, from_ms))
    return due


def _moves(event: LoggedEvent) -> bool:
    """Whether the event of a site changes who was there, or next door."""
    changes = event.body.get("changes")
    return changes is None or not _OF_PLACES.isdisjoint(changes)


def _places(unit: Unit, event: LoggedEvent) -> set[LonLat]:
    """Where the site was at any time, up to the event: neighbours of each are concerned."""
    told: Iterable[Mapping[str, Any]] = (
        one.body.get("record") or one.body.get("changes") or {}
        for one in unit.stream(event.stream)
        if one.version <= event.version
    )
    found = (one["location"] for one in told if "location" in one)
    return {LonLat(place["lon"], place["lat"]) for place in found}


def _plan_changed_ms(unit: Unit, technician_id: TechnicianId) -> int | None:
    """From when on the technician's plan is not as the track knows it."""
    try:
        state = unit.tracking.state(technician_id)
        if state is None:
            return None  # nothing is known, or all is folded again with the next fix
        return first_difference_ms(state, load_plan(unit, technician_id, state.seen_ms).stops)
    except Unavailable:
        raise
    except Exception:  # noqa: BLE001 - one technician's; the fold meets the same, and tells it
        return 0
