"""What becomes of a ping at the door, from what is known of its technician."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from geo_dispatch.adapters.sql.quarantine import Quarantined
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import InvalidPosition
from geo_dispatch.services.tracking.known import Member
from geo_dispatch.services.tracking.pings import PRIVATE, Ping, PingVerdict, Unreadable
from geo_dispatch.tracking.plausibility import is_plausible, refusal

_MAX_INT64: Final = 2**63
_LONGEST_NAME: Final = 255
_SHOWN: Final = 80


def judge(
    item: Ping | Unreadable, member: Member | None, actor: Actor, now_ms: int
) -> PingVerdict | None:
    """Why the item is not kept; None when it is to be, as a fix of that technician.

    Parameters
    ----------
    member
        Whose ping it says it is; None when nobody is known by that name.
    """
    if isinstance(item, Unreadable):
        return _rejected("malformed", item.message)
    stranger = _stranger(item.technician_id, member, actor)
    if stranger is not None or member is None:
        return stranger
    if _is_private(item, member):
        return PRIVATE
    try:
        implausible = refusal(item.lon, item.lat, item.at_ms, now_ms)
    except InvalidPosition as error:
        return _rejected("off_earth", error.message)
    if implausible is not None:
        return _rejected(implausible.code, implausible.message)
    return None


def is_plain(item: Ping | Unreadable, member: Member, sender: str | None, now_ms: int) -> bool:
    """Whether `judge` has nothing to say, seen at a glance: it may have nothing all the same.

    Parameters
    ----------
    sender
        For whom alone the key speaks; None: for everybody.
    """
    return (
        type(item) is Ping
        and (sender is None or sender == item.technician_id)
        and member.tracked.at(item.at_ms)  # nobody's who is retired
        and is_plausible(item.lon, item.lat, item.at_ms, now_ms)
    )


def to_quarantine(
    item: Ping | Unreadable,
    why: PingVerdict,
    member: Member | None,
    received_at: datetime,
    actor: Actor,
) -> Quarantined:
    """The item as people see it; where somebody was when nobody knows if they were at work isn't.

    Parameters
    ----------
    member
        As for `judge`.
    """
    at_ms = lon = lat = None
    if isinstance(item, Ping):
        at_ms = item.at_ms if abs(item.at_ms) < _MAX_INT64 else None
        if member is None or member.tracked.at(item.at_ms):
            lon, lat = item.lon, item.lat
    return Quarantined(
        technician_id=_storable(item.technician_id),
        at_ms=at_ms,
        lon=lon,
        lat=lat,
        code=why.code,
        message=why.message,
        received_at=received_at,
        actor=actor.label,
    )


def may_be_an_id(name: str) -> bool:
    """Whether a database can be asked for it."""
    return name.isascii() and name.isprintable() and len(name) <= _LONGEST_NAME


def _stranger(name: str, member: Member | None, actor: Actor) -> PingVerdict | None:
    if actor.technician_id is not None and actor.technician_id != name:
        message = f"this key speaks for {actor.technician_id}, not {name[:_SHOWN]!r}"
        return _rejected("not_yours", message)
    if not name:
        return _rejected("unknown_technician", "technician_id is missing; say whose ping it is")
    if member is None:
        message = f"no technician {name[:_SHOWN]!r}; enter them first"
        return _rejected("unknown_technician", message)
    if member.technician.retired:
        call_sign = member.technician.call_sign
        return _rejected("retired", f"technician {call_sign} ({name}) is retired")
    return None


def _is_private(ping: Ping, member: Member) -> bool:
    tracked = member.tracked
    return tracked.knows(ping.at_ms) and not tracked.at(ping.at_ms)


def _rejected(code: str, message: str) -> PingVerdict:
    return PingVerdict("rejected", code, message)


def _storable(name: str) -> str:
    """What was sent, without what no database takes: half characters and NUL."""
    text = name.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
    return text[:_LONGEST_NAME]
