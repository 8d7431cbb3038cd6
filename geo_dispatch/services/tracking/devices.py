"""What technicians' apps tell of themselves: kept beside the positions, the newest of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

import structlog

from geo_dispatch.adapters.sql.signals import Signals
from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.kernel.errors import Busy, RedisUnavailable
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.kernel.time import datetime_to_ms
from geo_dispatch.services.context import Context
from geo_dispatch.services.tracking import sos
from geo_dispatch.tracking.devices import DeviceStatus, SosCall
from geo_dispatch.tracking.outages import ClockAhead

_log = structlog.get_logger(__name__)

_CLOCK_REMEMBERED = timedelta(hours=1)
"""So long after the last refused fix a clock may still be wrong."""


@dataclass(frozen=True, slots=True)
class Signs:
    """What is known of everybody's devices beside their fixes.

    Attributes
    ----------
    clocks
        Devices whose fixes were refused in the last hour because they lay in the future.
    calls
        Alarms that nobody has answered.
    """

    statuses: Mapping[TechnicianId, DeviceStatus] = field(default_factory=dict)
    clocks: Mapping[TechnicianId, ClockAhead] = field(default_factory=dict)
    calls: Mapping[TechnicianId, SosCall] = field(default_factory=dict)


def note(ctx: Context, statuses: Mapping[str, DeviceStatus]) -> None:
    """Keep what these technicians' apps told; when this returns, it is safe, alarms in the log.

    The same word within a minute costs nothing. A clock that runs ahead is not believed: what it
    told counts as told now. Unknown technicians are left out. An alarm that is written down is not
    refused because the rest can't be kept: a phone that sends it again and again calls only once.

    Raises
    ------
    Busy, RedisUnavailable, DatabaseUnavailable
        What keeps it is away; tell it again.
    """
    now_ms = datetime_to_ms(ctx.clock())
    told = {
        TechnicianId(name): replace(status, at_ms=min(status.at_ms, now_ms))
        for name, status in statuses.items()
    }
    news = {name: one for name, one in told.items() if ctx.live.devices.is_news(name, one)}
    if not news:
        return
    by_shard: defaultdict[int, dict[TechnicianId, DeviceStatus]] = defaultdict(dict)
    alarmed: list[Technician] = []
    with ctx.store.read() as unit:
        for technician in unit.technicians.many(news).values():
            by_shard[technician.shard][technician.id] = news[technician.id]
            if news[technician.id].sos:
                alarmed.append(technician)
    for technician in alarmed:
        sos.call(ctx, technician, news[technician.id])
    for shard, those in by_shard.items():
        try:
            ctx.live.devices.keep(shard, those)
        except (Busy, RedisUnavailable) as error:
            if not all(status.sos for status in those.values()):
                raise
            _log.warning("device_not_kept", code=error.code, detail=error.message)


def of(ctx: Context, technician_ids: Iterable[str]) -> dict[TechnicianId, DeviceStatus]:
    """What the apps of these technicians told last; who never told anything is left out.

    Raises
    ------
    RedisUnavailable
        Redis does not answer.
    """
    with ctx.store.read() as unit:
        shards = {one.id: one.shard for one in unit.technicians.many(technician_ids).values()}
    return ctx.live.devices.by_id(shards)


def signs(ctx: Context) -> Signs:
    """What is known of all devices.

    Raises
    ------
    RedisUnavailable, DatabaseUnavailable
        What keeps it is away.
    """
    with ctx.store.read() as unit:
        known = Signals(unit.connection)
        ahead = known.clocks_ahead(ctx.clock() - _CLOCK_REMEMBERED)
        calls = known.calls()
    return Signs(ctx.live.devices.everybody(ctx.live.shards), ahead, calls)
