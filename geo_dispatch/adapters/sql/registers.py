"""Equipment at sites, what technicians share, and crews, in SQL."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)

from geo_dispatch.adapters.sql import log
from geo_dispatch.adapters.sql.records import Records
from geo_dispatch.adapters.sql.tables import Id, metadata, record_columns, work_orders
from geo_dispatch.adapters.sql.types import Nested, UtcTime
from geo_dispatch.dispatch.records.equipment import Equipment
from geo_dispatch.dispatch.records.resources import Booking, Crew, Resource
from geo_dispatch.kernel.errors import Conflict, Fault, NotFound
from geo_dispatch.kernel.ids import OrderId, TechnicianId
from geo_dispatch.kernel.time import Window

equipment_table = Table(
    "equipment",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site_id", Id, ForeignKey("sites.id"), nullable=False, index=True),
    Column("type", String(255), nullable=False),
    Column("name", String(255), nullable=False, index=True),
    Column("serial", String(255), nullable=False),
    Column("notes", Text, nullable=False),
    *record_columns(),
)

resources_table = Table(
    "resources",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(255), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("provides", Nested(tuple[str, ...]), nullable=False),
    *record_columns(),
)

bookings_table = Table(
    "bookings",
    metadata,
    Column("id", Id, primary_key=True),
    Column("resource_id", Id, ForeignKey("resources.id"), nullable=False),
    Column("start_at", UtcTime, nullable=False),
    Column("end_at", UtcTime, nullable=False, index=True),
    Column("order_id", Id, ForeignKey("work_orders.id"), index=True),
    Column("reason", Text, nullable=False),
    Index(None, "resource_id", "end_at"),
)

crews_table = Table(
    "crews",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(255), nullable=False, index=True),
    Column("lead_id", Id, ForeignKey("technicians.id"), nullable=False),
    Column("member_ids", Nested(tuple[TechnicianId, ...]), nullable=False),
    *record_columns(),
)

crew_members_table = Table(
    "crew_members",
    metadata,
    Column("order_id", Id, ForeignKey("work_orders.id"), primary_key=True),
    Column("technician_id", Id, ForeignKey("technicians.id"), primary_key=True, index=True),
    Column("sequence", Integer, nullable=False, comment="place in the member's own day, from 1"),
)
"""Who goes besides the technician that has an order; kept once it has ended."""

predecessors_table = Table(
    "predecessors",
    metadata,
    Column("order_id", Id, ForeignKey("work_orders.id"), primary_key=True),
    Column("after_id", Id, ForeignKey("work_orders.id"), primary_key=True, index=True),
)
"""``work_orders.after`` once more, to be asked from the other end."""

_BEYOND: Final = 3
"""Bookings told of in a refusal."""


class EquipmentRegister(Records[Equipment]):
    """Equipment, by name."""

    kind = "equipment item"
    table = equipment_table
    order_by = "name"
    record_type = Equipment

    def of_site(self, site_id: str) -> list[Equipment]:
        """What is in use at the site."""
        return self.list(self.table.c.site_id == site_id)


class Resources(Records[Resource]):
    """Vehicles and tools to be booked, by name."""

    kind = "resource"
    table = resources_table
    order_by = "name"
    record_type = Resource


class Crews(Records[Crew]):
    """Crews, by name."""

    kind = "crew"
    table = crews_table
    order_by = "name"
    record_type = Crew

    def of_technician(self, technician_id: str) -> list[Crew]:
        """The crews in use that the technician leads or belongs to."""
        return [crew for crew in self.list() if technician_id in crew.technician_ids]


class Bookings:
    """Who has which resource from when until when; never two at once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, booking_id: str, resource_id: str) -> Booking:
        """The booking of that resource.

        Raises
        ------
        NotFound
            It has none with this id.
        """
        columns = bookings_table.c
        found = self._select(columns.id == booking_id, columns.resource_id == resource_id)
        if not found:
            raise NotFound("booking", booking_id, "those of a resource are listed with it")
        return found[0]

    def during(self, window: Window, resource_ids: Iterable[str] | None = None) -> list[Booking]:
        """Bookings that share any time with the window, of these resources or of all."""
        columns = bookings_table.c
        conditions = [columns.start_at < window.end, columns.end_at > window.start]
        if resource_ids is not None:
            conditions.append(columns.resource_id.in_(sorted(set(resource_ids))))
        return self._select(*conditions)

    def of_order(self, order_id: str) -> list[Booking]:
        """What is booked for the order."""
        return self._select(bookings_table.c.order_id == order_id)

    def of_orders(self, order_ids: Iterable[str]) -> list[Booking]:
        """What is booked for any of these orders."""
        return self._select(bookings_table.c.order_id.in_(sorted(set(order_ids))))

    def of_resource(self, resource_id: str) -> list[Booking]:
        """All of the resource, also those that are over."""
        return self._select(bookings_table.c.resource_id == resource_id)

    def take_turn(self) -> None:
        """Let nobody else book until commit: what is free now is free then."""
        log.take_turn(self._connection)

    def book(self, booking: Booking) -> None:
        """Keep a new booking.

        Raises
        ------
        Conflict
            The resource is taken for some of the time.
        """
        self.take_turn()
        taken = self.during(booking.window, [booking.resource_id])
        if taken:
            raise Conflict(
                f"resource {booking.resource_id!r} is taken until "
                f"{taken[0].window.end.isoformat()}",
                [
                    Fault("window", f"{one.order_id or one.reason} has it until {one.window.end}")
                    for one in taken[:_BEYOND]
                ],
            )
        row = {
            "id": booking.id,
            "resource_id": booking.resource_id,
            "start_at": booking.window.start,
            "end_at": booking.window.end,
            "order_id": booking.order_id,
            "reason": booking.reason,
        }
        self._connection.execute(insert(bookings_table).values(row))

    def drop(self, booking_id: str) -> None:
        """Forget it: the resource is free for that time."""
        self._connection.execute(delete(bookings_table).where(bookings_table.c.id == booking_id))

    def release(self, order_id: str, at: datetime) -> None:
        """Nobody needs it for the order from then on: what was not begun is forgotten."""
        columns = bookings_table.c
        mine = columns.order_id == order_id
        self._connection.execute(delete(bookings_table).where(mine, columns.start_at >= at))
        self._connection.execute(
            update(bookings_table).where(mine, columns.end_at > at).values(end_at=at)
        )

    def _select(self, *conditions: Any) -> list[Booking]:
        columns = bookings_table.c
        statement = (
            select(bookings_table, work_orders.c.number)
            .outerjoin(work_orders, work_orders.c.id == columns.order_id)
            .where(*conditions)
            .order_by(columns.start_at, columns.id)
        )
        return [
            Booking(
                id=row["id"],
                resource_id=row["resource_id"],
                window=Window(row["start_at"], row["end_at"]),
                order_id=row["order_id"],
                reason=row["reason"],
                number=row["number"] or "",
            )
            for row in self._connection.execute(statement).mappings()
        ]


class CrewMembers:
    """Who goes to an order besides its technician, and where it stands in their own day."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, order_id: str, sequences: dict[TechnicianId, int]) -> None:
        """These go, each with the place in their own day; nobody else."""
        columns = crew_members_table.c
        self._connection.execute(delete(crew_members_table).where(columns.order_id == order_id))
        rows = [
            {"order_id": order_id, "technician_id": member, "sequence": sequence}
            for member, sequence in sorted(sequences.items())
        ]
        if rows:
            self._connection.execute(insert(crew_members_table), rows)

    def of_order(self, order_id: str) -> dict[TechnicianId, int]:
        """The members, each with the order's place in their own day."""
        columns = crew_members_table.c
        statement = select(columns.technician_id, columns.sequence).where(
            columns.order_id == order_id
        )
        rows = self._connection.execute(statement.order_by(columns.technician_id))
        return {TechnicianId(member): sequence for member, sequence in rows}

    def places_of(self, technician_id: str) -> dict[OrderId, int]:
        """Where the orders of other leads stand in the member's own day."""
        columns = crew_members_table.c
        statement = select(columns.order_id, columns.sequence).where(
            columns.technician_id == technician_id
        )
        rows = self._connection.execute(statement)
        return {OrderId(order_id): sequence for order_id, sequence in rows}

    def of_orders(self, order_ids: Iterable[str]) -> dict[OrderId, dict[TechnicianId, int]]:
        """The members of those orders that have any, as `of_order`."""
        columns = crew_members_table.c
        statement = select(columns.order_id, columns.technician_id, columns.sequence).where(
            columns.order_id.in_(sorted(set(order_ids)))
        )
        found: dict[OrderId, dict[TechnicianId, int]] = {}
        rows = self._connection.execute(statement.order_by(columns.technician_id))
        for order_id, member, sequence in rows:
            found.setdefault(OrderId(order_id), {})[TechnicianId(member)] = sequence
        return found
