"""From Redis to SQL exactly once: fixes to history, track states, visits and orders, in one commit.

Where folding them would take long, that is left to `catch_up`, slice by slice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from geo_dispatch.adapters.live_redis import Entry
from geo_dispatch.adapters.sql.tracking import ShardPosition
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.services.context import Context
from geo_dispatch.services.tracking.folding import fold_new, fold_slice
from geo_dispatch.services.tracking.privacy import sifted
from geo_dispatch.tracking.track import TrackState


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
    left
        How many technicians have something left to fold: `catch_up` does it.
    happened
        How many changes of orders and visits came of it.
    """

    position: ShardPosition
    fixes: int = 0
    refolds: int = 0
    moved: frozenset[TechnicianId] = frozenset()
    left: int = 0
    happened: int = 0


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
        sift = sifted(unit, [fix for entry in news for fix in entry.fixes], ctx.clock())
        new = unit.tracking.add_fixes(sift.kept, news[-1].received_ms)
        folded = fold_new(ctx, unit, new)
        unit.refolds.put(shard, folded.left)
        unit.commit()
    for technician_id in sift.gone:
        ctx.live.forget(shard, technician_id)
    return Outcome(
        after,
        len(new),
        len(folded.again),
        frozenset(fix.technician_id for fix in new),
        len(folded.left),
        folded.happened,
    )


def catch_up(ctx: Context, shard: int, fence: int, behind: str = "") -> str | None:
    """Fold a slice of what late fixes left to do: of the first technician behind that, in turn.

    Returns
    -------
    str or None
        The technician; None when nothing is left to do in the shard.

    Raises
    ------
    Conflict
        Another worker has taken the shard over.
    """
    with ctx.store.write() as unit:
        due = unit.refolds.next(shard, behind)
        if due is None:
            return None
        now = unit.tracking.position(shard)
        unit.tracking.advance(shard, now, replace(now, fence=fence))
        folded = fold_slice(ctx, unit, *due)
        unit.refolds.drop(due[0])
        unit.refolds.put(shard, folded.left)
        unit.commit()
    return due[0]


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


def _order(stream_id: str) -> tuple[int, int]:
    time_ms, _, number = stream_id.partition("-")
    return int(time_ms), int(number)
