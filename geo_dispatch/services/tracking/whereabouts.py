"""Where technicians are, as far as their fixes can be believed."""

from __future__ import annotations

from collections.abc import Iterable

from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.services.context import Context
from geo_dispatch.tracking.live_positions import live_positions
from geo_dispatch.tracking.nearest import PositionIndex
from geo_dispatch.tracking.plausibility import Trust
from geo_dispatch.tracking.positions import Position, position_to_fix


def trusts(ctx: Context, technician_ids: Iterable[str] | None = None) -> dict[TechnicianId, Trust]:
    """What the tracks of these technicians, or of all, believe as far as the worker has come."""
    with ctx.store.read() as unit:
        return unit.tracking.trusts(technician_ids)


def believed(ctx: Context, technicians: Iterable[Technician]) -> dict[TechnicianId, Position]:
    """The newest position of each that is believed: no jump, nothing made up.

    Raises
    ------
    RedisUnavailable
        Redis does not answer.
    """
    newest = ctx.live.positions_by_id({one.id: one.shard for one in technicians})
    live = live_positions(map(position_to_fix, newest.values()), trusts(ctx, newest))
    return {position.technician_id: position for position in live.index if not position.mock}


def everybody(ctx: Context) -> PositionIndex:
    """The newest position of everybody that is believed.

    Raises
    ------
    RedisUnavailable
        Redis does not answer.
    """
    newest = ctx.live.positions()
    return live_positions(map(position_to_fix, newest), trusts(ctx)).index
