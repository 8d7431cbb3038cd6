"""What is kept of technicians' ways, and for how long: fixes and refused fixes go by age.

Visits, their evidence and everything on the record of orders stay. Small transactions, so that
nobody waits: each drops one chunk.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.kernel.errors import Unavailable
from geo_dispatch.kernel.progress import Progress, silent
from geo_dispatch.kernel.time import datetime_to_ms
from geo_dispatch.services.desk import Desk

CHUNK: Final = 2_000
"""Rows dropped in one transaction: tens of milliseconds."""

_EVERY_S: Final = 24 * 3600.0
_LOOK_S: Final = 5.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was dropped, or would be.

    Attributes
    ----------
    fixes_before, quarantine_before
        What is older goes.
    """

    fixes_before: datetime
    quarantine_before: datetime
    fixes: int = 0
    quarantined: int = 0


def due(ctx: Desk) -> Pruned:
    """How much is older than the settings keep; nothing is dropped."""
    limits = _limits(ctx)
    before_ms = datetime_to_ms(limits.fixes_before)
    with ctx.store.read() as unit:
        people = unit.technicians.list(retired=True)
        fixes = sum(unit.fix_history.count(one.id, before_ms) for one in people)
        quarantined = unit.fix_history.quarantined_before(limits.quarantine_before)
    return replace(limits, fixes=fixes, quarantined=quarantined)


def prune(
    ctx: Desk, progress: Progress = silent, stopping: Callable[[], bool] = lambda: False
) -> Pruned:
    """Drop all that is older than the settings keep; broken off, it goes on where it stood.

    Parameters
    ----------
    stopping
        Asked between transactions.
    """
    limits = _limits(ctx)
    before_ms = datetime_to_ms(limits.fixes_before)
    with ctx.store.read() as unit:
        people = [one.id for one in unit.technicians.list(retired=True)]
    fixes = 0
    for number, technician_id in enumerate(people):
        progress("forget fixes", number, len(people))
        fixes += _all(ctx, partial(_forget, technician_id, before_ms), stopping)
    progress("forget fixes", len(people), len(people))
    quarantined = _all(
        ctx,
        lambda unit: unit.fix_history.forget_quarantine(CHUNK, before=limits.quarantine_before),
        stopping,
    )
    if not stopping():
        with ctx.store.write() as unit:
            unit.fix_history.forget_snapshots(before_ms)
            unit.fix_cells.forget_before(before_ms)
            unit.privacy.forget(limits.fixes_before)
            unit.commit()
    return replace(limits, fixes=fixes, quarantined=quarantined)


@dataclass(slots=True)
class Keeper:
    """Prunes once a day, in the one worker that leads.

    Attributes
    ----------
    leads
        Whether this worker is the one of all that does it.
    """

    ctx: Desk
    leads: Callable[[], bool]
    stopping: threading.Event
    _next_at: float = 0.0

    def run(self) -> None:
        """Until stopped; what is away is waited for."""
        while not self.stopping.wait(_LOOK_S):
            if time.monotonic() < self._next_at or not self.leads():
                continue
            try:
                done = prune(self.ctx, stopping=self.stopping.is_set)
            except Unavailable as error:
                _log.warning("what is old waits", reason=error.message)
                continue
            except Exception:  # noqa: BLE001 - the edge of the loop
                _log.exception("what is old was not forgotten")
                continue
            self._next_at = time.monotonic() + _EVERY_S
            if done.fixes or done.quarantined:
                _log.info("forgot", fixes=done.fixes, quarantined=done.quarantined)


def _forget(technician_id: str, before_ms: int, unit: Unit) -> int:
    return unit.fix_history.forget(technician_id, CHUNK, before_ms)


def _all(ctx: Desk, step: Callable[[Unit], int], stopping: Callable[[], bool]) -> int:
    """Do the step, each time in a transaction of its own, until it drops less than a chunk."""
    dropped, gone = 0, CHUNK
    while gone == CHUNK and not stopping():
        with ctx.store.write() as unit:
            gone = step(unit)
            if gone:
                unit.commit()
        dropped += gone
    return dropped


def _limits(ctx: Desk) -> Pruned:
    now = ctx.clock()
    return Pruned(
        now - timedelta(days=ctx.settings.fixes_kept_days),
        now - timedelta(days=ctx.settings.quarantine_kept_days),
    )
