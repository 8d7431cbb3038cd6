"""Personal words taken out of the log, without breaking its seals.

The digest of an event stays, and with it every chain value; what is gone are the words that it
stood for. A later event, `TechnicianErased`, lists which events were erased, and is sealed like
any other: so an erased event that no event lists is found as changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from geo_dispatch.dispatch.work.events import (
    LoggedEvent,
    RecordChanged,
    RecordCreated,
    TechnicianErased,
    TechnicianSos,
)

Body = dict[str, Any]

_BLANKED: Final[dict[str, Callable[[Body], Body]]] = {
    RecordCreated.type: lambda body: {"kind": body.get("kind"), "record": {}},
    RecordChanged.type: lambda body: {"kind": body.get("kind"), "changes": {}},
    TechnicianSos.type: lambda body: {**body, "lon": None, "lat": None, "position_at": None},
}


def blanked(event: LoggedEvent) -> Body | None:
    """The event's body without what is personal in it; None when nothing is."""
    take_out = _BLANKED.get(event.type)
    return None if take_out is None else take_out(event.body)


def is_erased(event: LoggedEvent, listed: frozenset[int]) -> bool:
    """Whether the event is one that was listed as erased, and says no more than such a one may."""
    return event.seq in listed and event.body == blanked(event)


def listed_in(events: Iterable[LoggedEvent]) -> frozenset[int]:
    """The events that these `TechnicianErased` list."""
    return frozenset(
        int(seq)
        for event in events
        if event.type == TechnicianErased.type
        for seq in event.body.get("seqs", ())
    )
