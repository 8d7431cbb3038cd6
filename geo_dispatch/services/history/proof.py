"""What an order's times come from: status posts, and the fixes as the phones sent them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.work.events import LoggedEvent, stream_of
from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.kernel.actors import WORKER, Actor
from geo_dispatch.kernel.ids import TechnicianId, VisitId
from geo_dispatch.kernel.time import Window, datetime_to_ms, ms_to_datetime
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.history import access
from geo_dispatch.tracking.fixes import Fix


@dataclass(frozen=True, slots=True)
class Time:
    """A time on the order, and what it comes from.

    Attributes
    ----------
    what
        The event: ``"order.arrived"``.
    source
        ``"gps"`` when fixes said so, ``"person"`` when somebody did, ``"office"`` for what
        happens at the desk.
    seq
        Of the event in the log.
    fixes
        The fixes that prove it, as the evidence keeps them.
    """

    what: str
    at: datetime
    told_at: datetime
    source: str
    actor: str
    technician_id: TechnicianId | None
    visit_id: VisitId | None
    seq: int
    fixes: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """What an order's times come from.

    Attributes
    ----------
    times
        Oldest first, by when they were told.
    fixes
        As they came from the phones, from setting out until the last departure.
    """

    times: tuple[Time, ...]
    fixes: tuple[Fix, ...]


def of_order(unit: Unit, order: WorkOrder) -> Proof:
    """The status posts, times and fixes behind the order's times."""
    logged = unit.stream(stream_of(order.id))
    times = tuple(_time(event) for event in logged if event.type in _TIMED)
    fixes = [
        fix
        for technician_id, first, last in _under_way(unit, order, times)
        for fix in unit.tracking.fixes(
            technician_id, datetime_to_ms(first) - 1, datetime_to_ms(last)
        )
    ]
    return Proof(times, tuple(fixes))


def looked_at(ctx: Desk, unit: Unit, found: Proof, *, actor: Actor, what: str) -> None:
    """Write into the log that the actor looks at the fixes, within the unit."""
    for technician_id, own in itertools.groupby(found.fixes, key=lambda fix: fix.technician_id):
        times = [fix.at_ms for fix in own]
        span = Window(ms_to_datetime(times[0]), ms_to_datetime(times[-1] + 1))
        access.note(ctx, unit, [technician_id], span, what, actor=actor)


def read_by(ctx: Desk, order: WorkOrder, *, actor: Actor) -> Proof:
    """`of_order`, and in the log whose fixes the actor looked at."""
    with ctx.store.write() as unit:
        found = of_order(unit, order)
        looked_at(ctx, unit, found, actor=actor, what="proof")
        unit.commit()
    return found


_FIELD: Final = frozenset(
    {
        "order.en_route",
        "order.arrived",
        "order.arrival_reviewed",
        "order.started",
        "order.needs_help",
        "order.resumed",
        "order.completed",
        "order.departed",
        "visit.revised",
        "order.set_out_revised",
    }
)
_TIMED: Final = _FIELD | {"order.assigned", "order.unassigned", "order.cancelled"}


def _time(logged: LoggedEvent) -> Time:
    body = logged.body
    at = body.get("occurred_at") or body.get("arrived_at")
    return Time(
        what=logged.type,
        at=logged.at if at is None else datetime.fromisoformat(at),
        told_at=logged.at,
        source=_source(logged),
        actor=logged.actor,
        technician_id=body.get("technician_id"),
        visit_id=body.get("visit_id"),
        seq=logged.seq,
        fixes=tuple((body.get("evidence") or {}).get("fixes", ())),
    )


def _source(logged: LoggedEvent) -> str:
    told = logged.body.get("source")
    if logged.type in _FIELD and told is not None:
        return str(told)
    if logged.type not in _FIELD:
        return "office"
    return "gps" if logged.actor == WORKER.label else "person"


def _under_way(
    unit: Unit, order: WorkOrder, times: Sequence[Time]
) -> list[tuple[str, datetime, datetime]]:
    """Who was on the way or there, from when until when."""
    spans: list[tuple[str, datetime, datetime]] = []
    visits = [visit for visit in unit.visits.of_order(order.id) if not visit.retracted]
    moments = [
        (time.technician_id, time.at)
        for time in times
        if time.technician_id is not None and time.what in _FIELD
    ]
    moments += [
        (visit.technician_id, at)
        for visit in visits
        for at in (visit.arrived_at, visit.departed_at)
        if at is not None
    ]
    moments.sort()
    for who, own in itertools.groupby(moments, key=lambda moment: moment[0]):
        at = [moment[1] for moment in own]
        spans.append((who, at[0], at[-1]))
    return spans
