"""How a position looks in lists and streams."""

from __future__ import annotations

from typing import Any

from msgspec import to_builtins

from api.live.roster import Doing
from geo_dispatch.kernel.cells import cell_to_str
from geo_dispatch.kernel.time import ms_to_datetime
from geo_dispatch.tracking.positions import Position

PositionView = dict[str, Any]


def position_view(position: Position, doing: Doing | None) -> PositionView | None:
    """The position and whose it is; None when the technician is out of use."""
    if doing is None:
        return None
    return {
        "technician_id": position.technician_id,
        "call_sign": doing.call_sign,
        "lon": round(position.place.lon, 7),
        "lat": round(position.place.lat, 7),
        "cell": cell_to_str(position.cell),
        "at": to_builtins(ms_to_datetime(position.at_ms)),
        "accuracy_m": position.accuracy_m,
        "speed_mps": position.speed_mps,
        "heading_deg": position.heading_deg,
        "mock": position.mock,
        "status": doing.status,
        "order_id": doing.order_id,
    }
