"""How a position looks in lists and streams."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import to_builtins

from api.live.roster import Doing
from geo_dispatch.config import Settings
from geo_dispatch.dispatch.boards.activity import activity
from geo_dispatch.kernel.cells import cell_to_str
from geo_dispatch.kernel.time import datetime_to_ms, ms_to_datetime
from geo_dispatch.services.tracking.devices import Signs
from geo_dispatch.tracking.freshness import Freshness, freshness
from geo_dispatch.tracking.outages import Outage, outages
from geo_dispatch.tracking.positions import Position

PositionView = dict[str, Any]


def position_view(
    position: Position,
    doing: Doing,
    signs: Signs,
    settings: Settings,
    now: datetime,
    *,
    working: bool,
    made_up: bool,
) -> PositionView:
    """The position, how much it is worth at that moment, and whose it is."""
    fresh = freshness_of(position, settings, now)
    status = signs.statuses.get(position.technician_id)
    call = signs.calls.get(position.technician_id)
    return {
        "technician_id": position.technician_id,
        "call_sign": doing.technician.call_sign,
        "lon": round(position.place.lon, 7),
        "lat": round(position.place.lat, 7),
        "cell": cell_to_str(position.cell),
        "at": to_builtins(ms_to_datetime(position.at_ms)),
        "accuracy_m": position.accuracy_m,
        "speed_mps": position.speed_mps,
        "heading_deg": position.heading_deg,
        "mock": made_up,
        "status": doing.status,
        "order_id": doing.order.id if doing.order else None,
        "freshness": fresh.value,
        "activity": activity(
            doing.order.status if doing.order else None,
            working=working,
            freshness=fresh,
            speed_mps=position.speed_mps,
        ).value,
        "sos_at": to_builtins(call.called_at) if call else None,
        "battery": status.battery if status else None,
        "outages": [
            {
                "code": one.code.value,
                "since": to_builtins(ms_to_datetime(one.since_ms)),
                "text": one.text,
            }
            for one in outages_of(position, signs, settings, now, working=working)
        ],
    }


def freshness_of(position: Position, settings: Settings, now: datetime) -> Freshness:
    """What the position is worth by its age."""
    age_s = (now - ms_to_datetime(position.at_ms)).total_seconds()
    return freshness(age_s, stale_s=settings.position_stale_s, silent_s=settings.position_silent_s)


def outages_of(
    position: Position, signs: Signs, settings: Settings, now: datetime, *, working: bool
) -> tuple[Outage, ...]:
    """Why no newer position comes; none is expected of who is not at work."""
    if not working:
        return ()
    return outages(
        signs.statuses.get(position.technician_id),
        position.at_ms,
        datetime_to_ms(now),
        silent_s=settings.position_silent_s,
        clock=signs.clocks.get(position.technician_id),
    )
