"""Who looked at whose trail: in the event log, before the answer, and for the technician to read.

Looking at the live map is not in it: that is the office at work, all day. Whatever goes back in
time is: trails, playback, the way driven, mileage, who was near a place, the fixes behind an
order, exports.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.work.events import LoggedEvent, TrailViewed
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.time import Window
from geo_dispatch.services.desk import Desk

COALESCED: Final = timedelta(hours=1)
"""Somebody who looks again so soon, in the same way at no more, is not written down again."""

_SHOWN_AT_MOST: Final = 500


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody looked at where a technician was.

    Attributes
    ----------
    at, viewer
        When, and who: role and name of the token.
    what
        How: ``"trail"``, ``"playback"``, ``"route"``, ``"mileage"``, ``"presence"``,
        ``"proof"``, ``"export"``.
    start, end
        The time that they looked at.
    """

    seq: int
    at: datetime
    viewer: str
    what: str
    start: datetime
    end: datetime
    purpose: str


def note(
    ctx: Desk,
    unit: Unit,
    technician_ids: Iterable[str],
    span: Window,
    what: str,
    *,
    actor: Actor,
    purpose: str = "",
) -> None:
    """Write down that the actor looks at where these technicians were, within the unit.

    Nobody is noted for looking at themselves.
    """
    now = ctx.clock()
    for technician_id in sorted(set(technician_ids)):
        if actor.technician_id == technician_id:
            continue
        recent = unit.privacy.looks(technician_id, now - COALESCED, actor.label)
        if any(_covers(_look(one), span, what, purpose) for one in recent):
            continue
        event = TrailViewed(
            technician_id=unit.technicians.get(technician_id).id,
            what=what,
            start=span.start,
            end=span.end,
            purpose=purpose,
        )
        unit.append(f"technician:{technician_id}", [event], actor=actor, at=now)


def looks_at(ctx: Desk, technician_id: str) -> list[Look]:
    """Who looked at where the technician was, the last first.

    Raises
    ------
    NotFound
        There is no such technician.
    """
    with ctx.store.read() as unit:
        technician = unit.technicians.get(technician_id)
        logged = unit.privacy.looks(technician.id, None, None, _SHOWN_AT_MOST)
    return [_look(one) for one in logged]


def _look(logged: LoggedEvent) -> Look:
    body = logged.body
    return Look(
        seq=logged.seq,
        at=logged.at,
        viewer=logged.actor,
        what=body["what"],
        start=datetime.fromisoformat(body["start"]),
        end=datetime.fromisoformat(body["end"]),
        purpose=body.get("purpose", ""),
    )


def _covers(look: Look, span: Window, what: str, purpose: str) -> bool:
    same = (look.what, look.purpose) == (what, purpose)
    return same and look.start <= span.start and span.end <= look.end
