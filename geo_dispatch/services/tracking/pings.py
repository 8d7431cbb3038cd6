"""Pings at the door: judge each, keep the good ones in Redis, the others where people see them."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from geo_dispatch.adapters.sql.tracking import Quarantined
from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import InvalidPosition
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.kernel.time import datetime_to_ms
from geo_dispatch.services.context import Context
from geo_dispatch.tracking.fixes import DEGREE_SCALE, Fix
from geo_dispatch.tracking.plausibility import Implausible, refusal


@dataclass(frozen=True, slots=True)
class Ping:
    """One position report as it came in, unchecked.

    Attributes
    ----------
    accuracy_m, speed_mps, heading_deg
        None, negative or not finite: not told.
    """

    technician_id: str
    at_ms: int
    lon: float
    lat: float
    accuracy_m: float | None = None
    speed_mps: float | None = None
    heading_deg: float | None = None
    mock: bool = False


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An item that holds no position that could be kept: it goes to quarantine.

    Attributes
    ----------
    message
        What is wrong with it, naming the field and the value.
    """

    message: str
    technician_id: str = ""


@dataclass(frozen=True, slots=True)
class PingVerdict:
    """What became of a ping. ``code`` and ``message`` say why one was rejected.

    ``private`` ones are acknowledged and kept nowhere.
    """

    verdict: Literal["accepted", "late", "duplicate", "rejected", "private"]
    code: str = ""
    message: str = ""


def accept(ctx: Context, pings: Sequence[Ping], actor: Actor) -> list[PingVerdict]:
    """Take the pings that are good, one verdict each; when this returns, Redis has them.

    Rejected ones are kept in quarantine and never block the others.

    Raises
    ------
    Busy
        The worker is too far behind; nothing of the fullest shard was taken. Send all again:
        pings that are known already change nothing.
    RedisUnavailable, DatabaseUnavailable
        What keeps them is away; send all again.
    Unavailable
        Somebody's home shard is beyond those of this deployment.
    """
    now = ctx.clock()
    now_ms = datetime_to_ms(now)
    with ctx.store.read() as unit:
        fleet = unit.technicians.many(
            ping.technician_id for ping in pings if may_be_an_id(ping.technician_id)
        )
    verdicts: dict[int, PingVerdict] = {}
    by_shard: defaultdict[int, list[int]] = defaultdict(list)
    refused = []
    for index, ping in enumerate(pings):
        fault = fault_of(ping, fleet.get(ping.technician_id), actor, now_ms)
        if fault is None:
            by_shard[fleet[ping.technician_id].shard].append(index)
        else:
            verdicts[index] = PingVerdict("rejected", fault.code, fault.message)
            refused.append(to_quarantine(ping, fault, now, actor))
    for shard, indexes in by_shard.items():
        taken = ctx.live.append(shard, [ping_to_fix(pings[i]) for i in indexes], now_ms)
        for index, verdict in zip(indexes, taken, strict=True):
            verdicts[index] = PingVerdict(verdict.value)
    if refused:
        with ctx.store.write() as unit:
            unit.tracking.quarantine(refused)
            unit.commit()
    return [verdicts[index] for index in range(len(pings))]


def quarantined(
    ctx: Context, technician_id: str | None = None, limit: int = 100
) -> list[Quarantined]:
    """The newest rejected pings first, of one technician or of all."""
    with ctx.store.read() as unit:
        return unit.tracking.quarantined(technician_id, limit)


def ping_to_fix(ping: Ping) -> Fix:
    """The fix that a good ping tells."""
    return Fix(
        technician_id=TechnicianId(ping.technician_id),
        at_ms=ping.at_ms,
        lon_e7=round(ping.lon * DEGREE_SCALE),
        lat_e7=round(ping.lat * DEGREE_SCALE),
        accuracy_m=_told(ping.accuracy_m),
        speed_mps=_told(ping.speed_mps),
        heading_deg=None if (told := _told(ping.heading_deg)) is None else told % 360.0,
        mock=ping.mock,
    )


_MAX_INT64 = 2**63
_LONGEST_NAME = 255


def fault_of(
    item: Ping | Unreadable, technician: Technician | None, actor: Actor, now_ms: int
) -> Implausible | None:
    """Why the item can't be kept; None when it can, for the technician given."""
    if isinstance(item, Unreadable):
        return Implausible("malformed", item.message)
    stranger = _stranger(item.technician_id, technician, actor)
    if stranger is not None:
        return stranger
    try:
        return refusal(LonLat(item.lon, item.lat), item.at_ms, now_ms)
    except InvalidPosition as error:
        return Implausible("off_earth", error.message)


def _stranger(name: str, technician: Technician | None, actor: Actor) -> Implausible | None:
    if actor.technician_id is not None and actor.technician_id != name:
        return Implausible("not_yours", f"this key speaks for {actor.technician_id}, not {name!r}")
    if not name:
        return Implausible("unknown_technician", "technician_id is missing; say whose ping it is")
    if technician is None:
        return Implausible("unknown_technician", f"no technician {name[:80]!r}; enter them first")
    if technician.retired:
        return Implausible("retired", f"technician {technician.call_sign} ({name}) is retired")
    return None


def to_quarantine(
    item: Ping | Unreadable, why: Implausible, received_at: datetime, actor: Actor
) -> Quarantined:
    """The item as people see it in quarantine."""
    name = _storable(item.technician_id)
    if isinstance(item, Unreadable):
        return Quarantined(name, None, None, None, why.code, why.message, received_at, actor.label)
    at_ms = item.at_ms if abs(item.at_ms) < _MAX_INT64 else None
    return Quarantined(
        name, at_ms, item.lon, item.lat, why.code, why.message, received_at, actor.label
    )


def may_be_an_id(name: str) -> bool:
    """Whether a database can be asked for it."""
    return name.isascii() and name.isprintable() and len(name) <= _LONGEST_NAME


def _storable(name: str) -> str:
    """What was sent, without what no database takes: half characters and NUL."""
    text = name.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
    return text[:_LONGEST_NAME]


def _told(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) and value >= 0 else None
