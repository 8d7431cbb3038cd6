"""From Redis to SQL exactly once: fixes to history, track states, visits and orders, in one commit.

What comes of the fixes is a function of their set. New ones are folded onto the last state; for
a late one, the fold starts again from a snapshot before it, and the visits follow.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from geo_dispatch.adapters.live_redis import Entry
from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.adapters.sql.tracking import ShardPosition
from geo_dispatch.dispatch.records.sites import Site
from geo_dispatch.dispatch.work.orders import Assignment, Status, WorkOrder
from geo_dispatch.kernel.ids import OrderId, TechnicianId
from geo_dispatch.kernel.time import datetime_to_ms, ms_to_datetime
from geo_dispatch.services.context import Context
from geo_dispatch.services.tracking.arrivals import Follower
from geo_dispatch.tracking.fences import circle_fence, polygon_fence
from geo_dispatch.tracking.fixes import Fix
from geo_dispatch.tracking.track import (
    REMEMBERED_MS,
    Stop,
    TrackState,
    advance,
    first_difference_ms,
)

SNAPSHOT_MS: Final = 600_000
"""A state is kept for each ten minutes of event time, to fold again from."""

_BEFORE_ARRIVAL: Final = frozenset({Status.ASSIGNED, Status.EN_ROUTE})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one step did.

    Attributes
    ----------
    position
        Where the shard now stands in SQL: the stream may be trimmed up to it.
    fixes
        How many were new to history.
    refolds
        How many technicians' days were folded again.
    moved
        Technicians with new fixes.
    """

    position: ShardPosition
    fixes: int = 0
    refolds: int = 0
    moved: frozenset[TechnicianId] = frozenset()


def process(ctx: Context, shard: int, entries: Sequence[Entry], fence: int) -> Outcome:
    """Bring stream entries into SQL, wholly or not at all; those already there are left out.

    Parameters
    ----------
    fence
        Of the lease under which this is done.

    Raises
    ------
    Conflict
        Another worker has taken the shard over.
    """
    with ctx.store.write() as unit:
        before = unit.tracking.position(shard)
        news = [entry for entry in entries if _order(entry.id) > _order(before.stream_id)]
        if not news:
            return Outcome(before)
        after = ShardPosition(news[-1].id, fence)
        unit.tracking.advance(shard, before, after)
        unknown = {
            technician_id: unit.tracking.unknown(own)
            for technician_id, own in _by_technician(news).items()
        }
        new = {technician_id: fixes for technician_id, fixes in unknown.items() if fixes}
        fixes = [fix for own in new.values() for fix in own]
        unit.tracking.add_fixes(fixes, news[-1].received_ms)
        refolds = sum([_fold(ctx, unit, who, own) for who, own in new.items()])
        unit.commit()
    return Outcome(after, len(fixes), refolds, frozenset(new))


def position(ctx: Context, shard: int) -> ShardPosition:
    """How far the shard has come."""
    with ctx.store.read() as unit:
        return unit.tracking.position(shard)


@dataclass(frozen=True, slots=True)
class ShardHealth:
    """How a shard's fixes get into SQL: who works it, and how many batches wait."""

    shard: int
    worker: str | None
    waiting: int


def health(ctx: Context) -> list[ShardHealth]:
    """The state of every shard; ``worker`` None means that nobody works it.

    Raises
    ------
    RedisUnavailable, DatabaseUnavailable
        One of the two is away.
    """
    return [
        ShardHealth(
            shard,
            ctx.live.holder(shard),
            ctx.live.backlog(shard, position(ctx, shard).stream_id),
        )
        for shard in range(ctx.live.shards)
    ]


def track_of(ctx: Context, technician_id: str) -> TrackState | None:
    """What the technician's fixes say so far."""
    with ctx.store.read() as unit:
        return unit.tracking.state(technician_id)


def suggestions(ctx: Context, technician_id: str) -> dict[OrderId, datetime]:
    """Orders at whose site the technician is likely but not surely, and since when.

    Only orders where nobody has arrived: ask the technician whether they have.
    """
    with ctx.store.read() as unit:
        track = unit.tracking.state(technician_id) or TrackState()
        held = unit.orders.open([technician_id])
    orders = [order for order in held if order.technician_id == technician_id]
    found = {}
    for order in orders:
        stop = track.stop(order.assignment_id) if order.assignment_id else None
        likely = stop.fence.likely if stop and stop.fence.suggested else None
        if likely and order.status in _BEFORE_ARRIVAL and not order.arrival:
            found[order.id] = ms_to_datetime(likely.since_ms)
    return found


def _order(stream_id: str) -> tuple[int, int]:
    time_ms, _, number = stream_id.partition("-")
    return int(time_ms), int(number)


def _by_technician(entries: Iterable[Entry]) -> dict[TechnicianId, list[Fix]]:
    fixes: defaultdict[TechnicianId, list[Fix]] = defaultdict(list)
    for entry in entries:
        for fix in entry.fixes:
            fixes[fix.technician_id].append(fix)
    return dict(sorted(fixes.items()))


def _fold(ctx: Context, unit: Unit, technician_id: TechnicianId, new: Sequence[Fix]) -> bool:
    """Fold the new fixes, which are in history by now; say whether from further back."""
    known = unit.tracking.state(technician_id)
    state = known or TrackState()
    plan = _plan(unit, technician_id, state.seen_ms)
    changed_ms = first_difference_ms(state, plan)
    from_ms = min(new[0].at_ms, changed_ms if changed_ms is not None else new[0].at_ms)
    again = known is None or from_ms <= state.seen_ms
    base = state
    if again:
        base = unit.tracking.snapshot_before(technician_id, from_ms)
        plan = _plan(unit, technician_id, base.seen_ms)
        new = unit.tracking.fixes(technician_id, base.seen_ms)
    after, snapshots = _fold_with_snapshots(base, new, plan, base_is_kept=again)
    if again or snapshots:
        unit.tracking.replace_snapshots(technician_id, base.seen_ms, snapshots)
    unit.tracking.save_state(technician_id, after)
    Follower(ctx, unit, technician_id).follow(plan, state, after)
    return again and known is not None


def _fold_with_snapshots(
    base: TrackState, fixes: Sequence[Fix], plan: Sequence[Stop], *, base_is_kept: bool
) -> tuple[TrackState, list[TrackState]]:
    """The state after the fixes, and those before each border of ten minutes that they cross."""
    state = base
    snapshots = []
    for fix in fixes:
        crosses = fix.at_ms // SNAPSHOT_MS != state.seen_ms // SNAPSHOT_MS
        if crosses and state.seen_ms > 0 and not (base_is_kept and state is base):
            snapshots.append(state)
        state = advance(state, fix, plan)
    return state, snapshots


def _plan(unit: Unit, technician_id: TechnicianId, seen_ms: int) -> list[Stop]:
    """The jobs in the technician's hands, as far back as the fold may look."""
    since = ms_to_datetime(max(0, seen_ms - REMEMBERED_MS))
    assignments = unit.assignments.during(technician_id, since)
    orders = unit.orders.many(assignment.order_id for assignment in assignments)
    sites = unit.sites.many(order.site_id for order in orders.values())
    return [
        _stop(assignment, orders[assignment.order_id], sites[orders[assignment.order_id].site_id])
        for assignment in assignments
    ]


def _stop(assignment: Assignment, order: WorkOrder, site: Site) -> Stop:
    latest = order.assignment_id == assignment.id
    released = assignment.released_at
    return Stop(
        id=assignment.id,
        order_id=order.id,
        site_id=site.id,
        from_ms=datetime_to_ms(assignment.assigned_at),
        until_ms=None if released is None else datetime_to_ms(released),
        sequence=order.sequence if latest and order.sequence > 0 else assignment.sequence,
        fence=polygon_fence(site.fence)
        if site.fence is not None
        else circle_fence(site.location, site.fence_radius_m),
        told_ms=_told_ms(order) if latest else None,
    )


def _told_ms(order: WorkOrder) -> int | None:
    """Since when the technician is at the site by a person's word: arrived, or began to work."""
    arrival = order.arrival
    told = arrival.at if arrival and arrival.source == "person" else order.started_at
    return None if told is None else datetime_to_ms(told)
