"""From Redis to SQL exactly once: fixes to history, track states, visits and orders, in one commit.

Where folding them would take long, that is left to `catch_up`, slice by slice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from geo_dispatch.adapters.live_redis import Entry
from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.adapters.sql.tracking import ShardPosition
from geo_dispatch.kernel.errors import Conflict, Unavailable
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.kernel.time import datetime_to_ms
from geo_dispatch.services.context import Context
from geo_dispatch.services.tracking.folding import Folded, fold_new, fold_slice
from geo_dispatch.services.tracking.privacy import Sifted, sifted
from geo_dispatch.services.tracking.spoilt import put_off, spoilt_parts
from geo_dispatch.tracking.fixes import Fix
from geo_dispatch.tracking.track import TrackState

_log = structlog.get_logger(__name__)


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
    with ctx.store.write(first=True) as unit:
        before = unit.tracking.position(shard)
        news = behind_of(entries, before)
        if not news:
            return Outcome(before)
        after = ShardPosition(news[-1].id, fence)
        unit.tracking.advance(shard, before, after)
        unit.quarantine.add(spoilt_parts(news))
        sift = sifted(unit, [fix for entry in news for fix in entry.fixes], ctx.clock())
        new = unit.tracking.add_fixes(sift.kept, news[-1].received_ms)
        folded = fold_new(ctx, unit, new)
        unit.refolds.put(shard, folded.left)
        unit.commit()
    forget(ctx, shard, sift)
    return outcome(after, new, folded)


def catch_up(ctx: Context, shard: int, fence: int, behind: str = "") -> TechnicianId | None:
    """Fold a slice of what is left to do: of the first technician behind that, in turn.

    Whose fold fails is put off, with the reason, and tried again later: the others go on.

    Returns
    -------
    str or None
        The technician; None when nothing is left to do now in the shard.

    Raises
    ------
    Conflict
        Another worker has taken the shard over.
    """
    with ctx.store.read() as unit:
        due = unit.refolds.next(shard, behind, datetime_to_ms(ctx.clock()))
    if due is None:
        return None
    try:
        with ctx.store.write() as unit:
            still_ours(unit, shard, fence)
            from_ms = unit.refolds.take(due)
            if from_ms is not None:
                folded = fold_slice(ctx, unit, due, from_ms)
                unit.refolds.put(shard, folded.left)
                unit.commit()
    except (Unavailable, Conflict):
        raise
    except Exception as error:  # noqa: BLE001 - the edge of what one technician's fail by
        _log.exception("fixes can't be folded", technician=due, shard=shard)
        put_off(ctx, due, error)
    return due


def is_behind(ctx: Context, shard: int) -> bool:
    """Whether `catch_up` would find something to do."""
    with ctx.store.read() as unit:
        return unit.refolds.next(shard, "", datetime_to_ms(ctx.clock())) is not None


def position(ctx: Context, shard: int) -> ShardPosition:
    """How far the shard has come."""
    with ctx.store.read() as unit:
        return unit.tracking.position(shard)


@dataclass(frozen=True, slots=True)
class ShardHealth:
    """How a shard's fixes get into SQL: who works it, how many batches wait, whose fold fails."""

    shard: int
    worker: str | None
    waiting: int
    stuck: tuple[TechnicianId, ...] = ()


def health(ctx: Context) -> list[ShardHealth]:
    """The state of every shard; ``worker`` None means that nobody works it.

    Raises
    ------
    RedisUnavailable, DatabaseUnavailable
        One of the two is away.
    """
    with ctx.store.read() as unit:
        stuck = {
            shard: tuple(one.technician_id for one in unit.refolds.stuck(shard))
            for shard in range(ctx.live.shards)
        }
    return [
        ShardHealth(
            shard,
            ctx.live.holder(shard),
            ctx.live.backlog(shard, position(ctx, shard).stream_id),
            stuck[shard],
        )
        for shard in range(ctx.live.shards)
    ]


def track_of(ctx: Context, technician_id: str) -> TrackState | None:
    """What the technician's fixes say so far."""
    with ctx.store.read() as unit:
        return unit.tracking.state(technician_id)


def behind_of(entries: Sequence[Entry], known: ShardPosition) -> list[Entry]:
    """The entries that are not in SQL yet."""
    return [entry for entry in entries if _order(entry.id) > _order(known.stream_id)]


def still_ours(unit: Unit, shard: int, fence: int) -> ShardPosition:
    """Have the shard stay where it is, under this lease."""
    now = unit.tracking.position(shard)
    after = replace(now, fence=fence)
    unit.tracking.advance(shard, now, after)
    return after


def forget(ctx: Context, shard: int, sift: Sifted) -> None:
    """Take away the last positions of those who are private now."""
    for technician_id in sift.gone:
        ctx.live.forget(shard, technician_id)


def outcome(position: ShardPosition, new: Sequence[Fix], folded: Folded) -> Outcome:
    """What a step did that folded these new fixes."""
    return Outcome(
        position,
        len(new),
        len(folded.again),
        frozenset(fix.technician_id for fix in new),
        len(folded.left),
        folded.happened,
    )


def _order(stream_id: str) -> tuple[int, int]:
    time_ms, _, number = stream_id.partition("-")
    return int(time_ms), int(number)
