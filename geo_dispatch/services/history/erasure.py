"""All that is personal of one technician taken away; what they did for orders stays.

It cannot be undone. Broken off, it goes on when it is asked for again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.audit.erasure import blanked
from geo_dispatch.dispatch.days.privacy import PrivacyTime
from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.dispatch.work.events import LoggedEvent, TechnicianErased
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import Fault, InvalidInput
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.services.context import Context
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.records.keeping import TECHNICIANS

CHUNK: Final = 2_000
_ALWAYS: Final = (datetime(1970, 1, 1, tzinfo=UTC), datetime(2199, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased.

    Attributes
    ----------
    events
        How many events of the log lost their words.
    """

    technician_id: TechnicianId
    erased_at: datetime
    fixes: int
    events: int


def erase(ctx: Context, technician_id: str, *, confirm: str, reason: str, actor: Actor) -> Erased:
    """Take away everything personal of the technician, who is retired with it.

    Fixes, positions, refused fixes, folded tracks, messages to them, private times and what their
    devices told go. On the record they are a number from now on, and so in the log.

    Parameters
    ----------
    confirm
        The call sign as it stands: whoever types it means it.

    Raises
    ------
    InvalidInput
        ``confirm`` is not the call sign, or there is no reason.
    Conflict
        They hold open orders, or a crew counts on them.
    NotFound
        There is no such technician.
    RedisUnavailable
        Redis is away: the last position could not be taken out. Ask again.
    """
    with ctx.store.read() as unit:
        technician = unit.technicians.get(technician_id)
        done = _done(unit, technician.id)
    if done is not None:
        return done
    _check(technician, confirm, reason)
    if not technician.retired:
        records.retire(ctx, TECHNICIANS, technician.id, actor=actor, expected_version=None)
    _close(ctx, technician.id)
    ctx.live.forget(technician.shard, technician.id)
    ctx.live.devices.forget(technician.shard, technician.id)
    fixes = _forget_fixes(ctx, technician.id)
    return _finish(ctx, technician.id, reason, fixes, actor)


def _check(technician: Technician, confirm: str, reason: str) -> None:
    faults = []
    if confirm != technician.call_sign:
        faults.append(
            Fault("confirm", f"{confirm!r} is not the call sign, {technician.call_sign!r}")
        )
    if not reason.strip():
        faults.append(Fault("reason", "is empty; say why: it stays in the log"))
    if faults:
        raise InvalidInput("nothing was erased", faults)


def _close(ctx: Context, technician_id: TechnicianId) -> None:
    """Private for ever: what still waits in Redis is not kept either."""
    with ctx.store.write() as unit:
        unit.privacy.begin(PrivacyTime(technician_id, "private", *_ALWAYS))
        unit.commit()


def _forget_fixes(ctx: Context, technician_id: TechnicianId) -> int:
    """All fixes, and those that were refused, each chunk in a transaction of its own."""
    fixes, gone = 0, CHUNK
    while gone == CHUNK:
        with ctx.store.write() as unit:
            gone = unit.fix_history.forget(technician_id, CHUNK)
            unit.commit()
        fixes += gone
    gone = CHUNK
    while gone == CHUNK:
        with ctx.store.write() as unit:
            gone = unit.fix_history.forget_quarantine(CHUNK, technician_id=technician_id)
            unit.commit()
    return fixes


def _finish(
    ctx: Context, technician_id: TechnicianId, reason: str, fixes: int, actor: Actor
) -> Erased:
    """The names, at last, and the event that says what went."""
    with ctx.store.write() as unit:
        technician = unit.technicians.get(technician_id)
        name = f"erased {technician.id.rpartition('_')[2]}"
        unit.fix_history.forget_states(technician.id)
        unit.fix_cells.forget(technician.id)
        unit.erasure.messages_to(technician.id)
        unit.erasure.breaks_of(technician.id)
        unit.erasure.signals_of(technician.id)
        unit.refolds.drop(technician.id)
        unit.erasure.token_names(technician.id, name)
        blank = {one.seq: blanked(one) for one in unit.stream(f"technician:{technician.id}")}
        seqs = [seq for seq, body in blank.items() if body is not None]
        event = TechnicianErased(
            technician_id=technician.id, reason=reason.strip(), seqs=seqs, fixes=fixes
        )
        now = ctx.clock()
        stream = f"technician:{technician.id}"
        [logged] = unit.append(stream, [event], actor=actor, at=now)
        for seq in seqs:
            unit.erasure.event(seq, blank[seq] or {})
        unit.technicians.save(_nobody(technician, name))
        unit.commit()
    return _told(logged)


def _nobody(technician: Technician, name: str) -> Technician:
    """What is left on the record: that there was somebody."""
    bare = Technician(technician.id, name, shard=technician.shard, retired=True)
    return replace(bare, territory_id=technician.territory_id, version=technician.version)


def _done(unit: Unit, technician_id: TechnicianId) -> Erased | None:
    stream = f"technician:{technician_id}"
    found = unit.events(streams=[stream], types=[TechnicianErased.type])
    return _told(found[-1]) if found else None


def _told(logged: LoggedEvent) -> Erased:
    body = logged.body
    return Erased(
        TechnicianId(body["technician_id"]), logged.at, int(body["fixes"]), len(body["seqs"])
    )
