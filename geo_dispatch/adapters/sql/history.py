"""What was done before: ended orders of a place, a customer or a piece of equipment."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

import shapely
from sqlalchemy import BigInteger, Connection, and_, cast, or_, select

from geo_dispatch.adapters.sql import log, tables
from geo_dispatch.adapters.sql.fix_cells import HOUR_MS, RESOLUTION, fix_cells_table
from geo_dispatch.adapters.sql.orders import Orders
from geo_dispatch.adapters.sql.tracking import fixes_table
from geo_dispatch.dispatch.work.events import LoggedEvent, stream_of
from geo_dispatch.dispatch.work.orders import ENDED, WorkOrder
from geo_dispatch.dispatch.work.visits import Visit
from geo_dispatch.kernel.cells import overlapping_cells
from geo_dispatch.kernel.errors import Fault, InvalidInput
from geo_dispatch.kernel.geo import METRES_PER_DEGREE, LonLat
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.tracking.fixes import DEGREE_SCALE

_ENDINGS = ("order.completed", "order.cancelled")


class History:
    """Reads the past; writes nothing."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._orders = Orders(connection)

    def ended(
        self,
        *,
        site_id: str | None = None,
        customer_id: str | None = None,
        equipment_id: str | None = None,
        before: str | None = None,
        limit: int | None = None,
    ) -> list[WorkOrder]:
        """Ended orders that meet every condition given, latest number first.

        Parameters
        ----------
        before
            Go on behind the order with this id.

        Raises
        ------
        InvalidInput
            There never was an order ``before``.
        """
        columns = tables.work_orders.c
        wanted = {
            columns.site_id: site_id,
            columns.customer_id: customer_id,
            columns.equipment_id: equipment_id,
        }
        conditions: list[Any] = [columns.status.in_(sorted(ENDED))]
        conditions += [column == value for column, value in wanted.items() if value is not None]
        if before is not None:
            conditions.append(columns.serial < self._serial(before))
        statement = (
            select(columns.id).where(*conditions).order_by(columns.serial.desc()).limit(limit)
        )
        keys = list(self._connection.execute(statement).scalars())
        found = self._orders.many(keys)
        return [found[key] for key in keys]

    def endings(self, order_ids: Collection[str]) -> dict[str, LoggedEvent]:
        """How each of the orders ended, by its id."""
        streams = [stream_of(order_id) for order_id in order_ids]
        ended = log.read(self._connection, types=_ENDINGS, streams=streams) if streams else []
        return {event.stream.removeprefix("order:"): event for event in ended}

    def visits(self, order_ids: Collection[str]) -> dict[str, list[Visit]]:
        """All attendances that were not taken back, by order, oldest first."""
        columns = tables.visits.c
        statement = (
            select(tables.visits)
            .where(columns.order_id.in_(sorted(set(order_ids))), columns.retracted.is_(False))
            .order_by(columns.arrived_at, columns.id)
        )
        made: dict[str, list[Visit]] = defaultdict(list)
        for row in self._connection.execute(statement).mappings():
            visit = Visit(**row)
            made[visit.order_id].append(visit)
        return made

    def visits_of(self, technician_id: str, since: datetime, until: datetime | None) -> list[Visit]:
        """The technician's attendances that share any time with since until then."""
        columns = tables.visits.c
        conditions = [
            columns.technician_id == technician_id,
            columns.retracted.is_(False),
            or_(columns.departed_at.is_(None), columns.departed_at >= since),
        ]
        if until is not None:
            conditions.append(columns.arrived_at <= until)
        statement = select(tables.visits).where(*conditions).order_by(columns.arrived_at)
        return [Visit(**row) for row in self._connection.execute(statement).mappings()]

    def held_by(self, technician_id: str) -> dict[str, list[dict[str, Any]]]:
        """Orders that the technician has or had, each with from when until when."""
        columns = tables.assignments.c
        rows = self._connection.execute(
            select(columns.order_id, columns.assigned_at, columns.released_at)
            .where(columns.technician_id == technician_id)
            .order_by(columns.assigned_at)
        )
        held: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for order_id, assigned_at, released_at in rows:
            held[order_id].append({"from": assigned_at, "to": released_at})
        return dict(held)

    def near(
        self, place: LonLat, radius_m: float, start_ms: int, end_ms: int
    ) -> dict[TechnicianId, list[int]]:
        """When each technician had fixes in the square around the place, oldest first."""
        north_deg = radius_m / METRES_PER_DEGREE
        east_deg = north_deg / math.cos(math.radians(place.lat))
        square = shapely.box(
            place.lon - east_deg, place.lat - north_deg, place.lon + east_deg, place.lat + north_deg
        )
        rows, fixes = fix_cells_table.c, fixes_table.c
        hours = (
            select(rows.technician_id, (cast(rows.hour, BigInteger) * HOUR_MS).label("from_ms"))
            .where(
                rows.cell.in_(sorted(overlapping_cells(square, RESOLUTION))),
                rows.hour.between(start_ms // HOUR_MS, end_ms // HOUR_MS),
            )
            .distinct()
            .subquery()
        )
        found = self._connection.execute(
            select(fixes.technician_id, fixes.at_ms)
            .join(
                hours,
                and_(
                    fixes.technician_id == hours.c.technician_id,
                    fixes.at_ms >= hours.c.from_ms,
                    fixes.at_ms < hours.c.from_ms + HOUR_MS,
                ),
            )
            .where(
                fixes.lon_e7.between(*_around(place.lon, east_deg)),
                fixes.lat_e7.between(*_around(place.lat, north_deg)),
            )
            .order_by(fixes.technician_id, fixes.at_ms)
        )
        times: dict[TechnicianId, list[int]] = defaultdict(list)
        for technician_id, at_ms in found:  # asked for here, SQLite reads all of that time
            if start_ms <= at_ms <= end_ms:
                times[technician_id].append(at_ms)
        return dict(times)

    def _serial(self, order_id: str) -> int:
        columns = tables.work_orders.c
        serial: int | None = self._connection.execute(
            select(columns.serial).where(columns.id == order_id)
        ).scalar()
        if serial is None:
            raise InvalidInput(
                f"cursor {order_id!r} is not one of ours; leave it out to begin at the latest",
                [Fault("cursor", f"{order_id!r} is not the `next` of a page")],
            )
        return serial


def _around(degrees: float, reach_deg: float) -> tuple[int, int]:
    """The borders in whole 1e-7 degrees, outwards."""
    return (
        math.floor((degrees - reach_deg) * DEGREE_SCALE),
        math.ceil((degrees + reach_deg) * DEGREE_SCALE),
    )
