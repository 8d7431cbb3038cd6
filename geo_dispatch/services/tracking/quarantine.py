"""Fixes that were refused, each with what was wrong and what helps."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from geo_dispatch.adapters.sql.quarantine import Quarantined
from geo_dispatch.kernel.errors import Fault, InvalidInput
from geo_dispatch.kernel.time import ms_to_datetime
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.views import View

REMEDIES: Final = {
    "malformed": "set the app up again by `geo-dispatch technicians connect`: it sends something "
    "that can't be read; docs/phones.md says what each app sends",
    "off_earth": "see whether longitude and latitude are swapped where the app's URL was typed",
    "future": "set the phone's clock to automatic time",
    "too_old": "nothing: the phone was away too long, and its days are settled",
    "unknown_technician": "enter the technician, or make this name their external id or call sign",
    "retired": "switch the app off on that phone, or reinstate the technician",
    "not_yours": "give each phone its own key by `geo-dispatch technicians connect`; a tracking "
    "server needs one by `geo-dispatch tokens create --role fleet`",
    "unreadable": "nothing to send again; see what else writes into this Redis, and whether its "
    "log was repaired",
    "unfoldable": "the fixes are kept, and tried again every ten minutes; correct what the message "
    "names, the fence of a site for instance, or report it",
}
"""What helps, by the code of what was wrong."""

_MAX_ID: Final = 2**63 - 1


def page(
    ctx: Desk,
    *,
    technician_id: str | None = None,
    since: datetime | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> list[Quarantined]:
    """The newest first, behind the one whose id is ``after``.

    Parameters
    ----------
    technician_id
        As sent: also a device's name that nobody here has.

    Raises
    ------
    InvalidInput
        ``after`` is no id.
    """
    with ctx.store.read() as unit:
        return unit.quarantine.page(
            technician_id, limit, since=since, before=None if after is None else _id(after)
        )


def quarantined_view(refused: Quarantined) -> View:
    """The refused fix, with what helps."""
    return {
        "id": str(refused.id),
        "technician_id": refused.technician_id,
        "at": None if refused.at_ms is None else _moment(refused.at_ms),
        "lon": refused.lon,
        "lat": refused.lat,
        "code": refused.code,
        "message": refused.message,
        "remedy": REMEDIES.get(refused.code, ""),
        "received_at": refused.received_at,
        "sent_by": refused.actor,
    }


def _id(cursor: str) -> int:
    if cursor.isascii() and cursor.isdigit() and int(cursor) <= _MAX_ID:
        return int(cursor)
    raise InvalidInput(
        f"cursor {cursor!r} is not one of ours; leave it out to begin at the first page",
        [Fault("cursor", f"{cursor!r} is not the `next` of a page of this list")],
    )


def _moment(at_ms: int) -> datetime | None:
    """The time that was told; None for one that no calendar has."""
    try:
        return ms_to_datetime(at_ms)
    except OverflowError:
        return None
