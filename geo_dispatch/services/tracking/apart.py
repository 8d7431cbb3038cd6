"""From Redis to SQL where all together fails: technician by technician, so that one fails alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from geo_dispatch.adapters.live_redis import Entry
from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.adapters.sql.tracking import ShardPosition
from geo_dispatch.kernel.errors import Conflict, Unavailable
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.services.context import Context
from geo_dispatch.services.tracking.folding import Folded, fold_new
from geo_dispatch.services.tracking.privacy import sifted
from geo_dispatch.services.tracking.process import (
    Outcome,
    behind_of,
    forget,
    outcome,
    position,
    still_ours,
)
from geo_dispatch.services.tracking.spoilt import put_off, spoilt_parts
from geo_dispatch.tracking.fixes import Fix

_log = structlog.get_logger(__name__)

_Fold = Callable[[Context, Unit, Sequence[Fix]], Folded]


def take_apart(ctx: Context, shard: int, entries: Sequence[Entry], fence: int) -> Outcome:
    """Bring entries into SQL that fail together: each technician's fixes in a unit of their own.

    Whose fold fails has their fixes in history all the same, with a note that they are still to
    be folded: `process.catch_up` tries that again later. So nobody else's are held up, and none
    is lost. Whoever dies in between does it again: what is in history already changes nothing.

    Raises
    ------
    Conflict
        Another worker has taken the shard over.
    """
    before = position(ctx, shard)
    news = behind_of(entries, before)
    if not news:
        return Outcome(before)
    one_by_one = _OneByOne(ctx, shard, fence, news[-1].received_ms)
    own: defaultdict[TechnicianId, list[Fix]] = defaultdict(list)
    for entry in news:
        for fix in entry.fixes:
            own[fix.technician_id].append(fix)
    done = [one_by_one.take(technician_id, fixes) for technician_id, fixes in own.items()]
    after = ShardPosition(news[-1].id, fence)
    with ctx.store.write() as unit:
        unit.tracking.advance(shard, unit.tracking.position(shard), after)
        unit.quarantine.add(spoilt_parts(news))
        unit.commit()
    return Outcome(
        after,
        sum(one.fixes for one in done),
        sum(one.refolds for one in done),
        frozenset().union(*(one.moved for one in done)),
        sum(one.left for one in done),
        sum(one.happened for one in done),
    )


@dataclass(frozen=True, slots=True)
class _OneByOne:
    """Takes technicians' fixes into SQL; the shard stays where it is."""

    ctx: Context
    shard: int
    fence: int
    received_ms: int

    def take(self, technician_id: TechnicianId, fixes: Sequence[Fix]) -> Outcome:
        """Into history and folded; where folding fails, into history."""
        try:
            return self._take(fixes, fold_new)
        except (Unavailable, Conflict):
            raise
        except Exception as error:  # noqa: BLE001 - the edge of what one technician's fail by
            _log.exception("fixes can't be folded", technician=technician_id, shard=self.shard)
            done = self._take(fixes, _fold_later)
            put_off(self.ctx, technician_id, error)
            return done

    def _take(self, fixes: Sequence[Fix], fold: _Fold) -> Outcome:
        with self.ctx.store.write() as unit:
            now = still_ours(unit, self.shard, self.fence)
            sift = sifted(unit, fixes, self.ctx.clock())
            new = unit.tracking.add_fixes(sift.kept, self.received_ms)
            folded = fold(self.ctx, unit, new)
            unit.refolds.put(self.shard, folded.left)
            unit.commit()
        forget(self.ctx, self.shard, sift)
        return outcome(now, new, folded)


def _fold_later(_ctx: Context, _unit: Unit, new: Sequence[Fix]) -> Folded:
    return Folded(left={fix.technician_id: fix.at_ms for fix in reversed(new)})
