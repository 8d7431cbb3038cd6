"""Work orders, who has them, and the visits made for them, in SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    exists,
    func,
    insert,
    null,
    or_,
    select,
    update,
)

from geo_dispatch.adapters.sql import tables
from geo_dispatch.adapters.sql.bulk import Ready
from geo_dispatch.adapters.sql.records import Records
from geo_dispatch.adapters.sql.registers import crew_members_table, predecessors_table
from geo_dispatch.dispatch.work.orders import OPEN, Assignment, FlagCode, Status, WorkOrder
from geo_dispatch.dispatch.work.visits import Visit
from geo_dispatch.kernel.errors import NotFound
from geo_dispatch.kernel.ids import OrderId, TechnicianId, VisitId
from geo_dispatch.kernel.time import Window

_NUMBER_PREFIX = "WO-"
_FIRST_SERIAL = 1001
_INSERT_ASSIGNMENT = insert(tables.assignments)
_LAST_SERIAL = select(func.max(tables.work_orders.c.serial))


class Orders(Records[WorkOrder]):
    """Work orders, by number."""

    kind = "work order"
    table = tables.work_orders
    order_by = "serial"
    record_type = WorkOrder

    def next_numbers(self, count: int) -> list[str]:
        """The numbers that follow the last one; unique because writers take turns."""
        last = self._connection.execute(_LAST_SERIAL).scalar()
        first = _FIRST_SERIAL if last is None else last + 1
        return [f"{_NUMBER_PREFIX}{serial}" for serial in range(first, first + count)]

    def by_number(self, number: str) -> WorkOrder | None:
        """The order that people call so, or None."""
        return self._one(self.table.c.number == number)

    def open(self, technician_ids: Iterable[str] | None = None) -> list[WorkOrder]:
        """Orders not yet ended; of these technicians, in their sequence, or of everybody.

        Also those in whose crew the technicians go.
        """
        conditions: list[ColumnElement[bool]] = [self.table.c.status.in_(sorted(OPEN))]
        if technician_ids is not None:
            conditions.append(self._held_by(sorted(set(technician_ids))))
        return sorted(self.list(*conditions), key=lambda order: order.sequence)

    def holders(
        self, technician_ids: Iterable[str] | None = None, *, no_eta_of: Window | None = None
    ) -> frozenset[TechnicianId]:
        """Who has an open order in hand.

        Parameters
        ----------
        technician_ids
            Only of orders that one of these has, alone or as one of a crew.
        no_eta_of
            Only those with an order whose ETA is not theirs, or was not worked out in that time:
            behind its start, and until its end.
        """
        columns, etas = self.table.c, tables.etas.c
        statement = select(columns.technician_id).where(
            columns.status.in_(sorted(OPEN)),
            columns.technician_id.is_not(None),
            columns.retired.is_(False),
        )
        if technician_ids is not None:
            statement = statement.where(self._held_by(sorted(set(technician_ids))))
        if no_eta_of is not None:
            known = and_(
                etas.order_id == columns.id,
                etas.technician_id == columns.technician_id,
                etas.computed_at > no_eta_of.start,
                etas.computed_at <= no_eta_of.end,
            )
            statement = statement.where(~exists().where(known))
        return frozenset(self._connection.execute(statement.distinct()).scalars())

    def _held_by(self, technician_ids: Sequence[str]) -> ColumnElement[bool]:
        """Orders that one of these has, alone or as one of a crew."""
        members = crew_members_table.c
        as_member = select(members.order_id).where(members.technician_id.in_(technician_ids))
        return or_(self.table.c.technician_id.in_(technician_ids), self.table.c.id.in_(as_member))

    def waiting_for(self, order_id: str) -> list[WorkOrder]:
        """Open orders that come after that one, by number."""
        links = predecessors_table.c
        later = select(links.order_id).where(links.after_id == order_id)
        found = self.many(self._connection.execute(later).scalars()).values()
        return sorted((one for one in found if one.status in OPEN), key=_serial)

    def waited_for(self) -> frozenset[OrderId]:
        """Orders that another one comes after."""
        statement = select(predecessors_table.c.after_id).distinct()
        return frozenset(self._connection.execute(statement).scalars())

    def add(self, record: WorkOrder) -> WorkOrder:
        """Keep a new order, and what it comes after."""
        super().add(record)
        if record.after:
            self.link(record)
        return record

    def add_all(self, records: Sequence[WorkOrder], rows: Sequence[Ready]) -> None:
        """Keep new orders, and what they come after."""
        super().add_all(records, rows)
        self._link(records)

    def link(self, order: WorkOrder) -> None:
        """What it comes after is this, and nothing else."""
        links = predecessors_table.c
        self._connection.execute(delete(predecessors_table).where(links.order_id == order.id))
        self._link([order])

    def _link(self, orders: Iterable[WorkOrder]) -> None:
        rows = [
            {"order_id": order.id, "after_id": key}
            for order in orders
            for key in dict.fromkeys(order.after)
        ]
        if rows:
            self._connection.execute(insert(predecessors_table), rows)

    def placed_between(self, start: datetime, end: datetime) -> list[WorkOrder]:
        """Those placed from ``start`` until ``end``, also those out of use, by number."""
        placed_at = self.table.c.placed_at
        return self.list(placed_at >= start, placed_at < end, retired=True)

    def search(
        self,
        *,
        statuses: Iterable[Status] | None = None,
        technician_id: str | None = None,
        site_id: str | None = None,
        customer_id: str | None = None,
        equipment_id: str | None = None,
        parent_id: str | None = None,
        flagged: bool | None = None,
        retired: bool = False,
        after: str | None = None,
        limit: int | None = None,
    ) -> list[WorkOrder]:
        """Orders that meet every condition given, by number; a technician's also as a member."""
        columns = self.table.c
        wanted = {
            columns.site_id: site_id,
            columns.customer_id: customer_id,
            columns.equipment_id: equipment_id,
            columns.parent_id: parent_id,
        }
        conditions: list[ColumnElement[bool]] = [
            column == value for column, value in wanted.items() if value is not None
        ]
        if technician_id is not None:
            conditions.append(self._held_by([technician_id]))
        if statuses is not None:
            conditions.append(columns.status.in_(sorted(statuses)))
        if flagged is not None:
            conditions.append(columns.flag.is_not(null()) if flagged else columns.flag.is_(null()))
        return self.list(*conditions, retired=retired, after=after, limit=limit)

    def unassigned(self) -> list[WorkOrder]:
        """Open orders that nobody has, by number."""
        columns = self.table.c
        return self.list(columns.status.in_(sorted(OPEN)), columns.technician_id.is_(None))

    def flagged(self, codes: Collection[FlagCode]) -> list[WorkOrder]:
        """Open orders that wait for a dispatcher for one of these reasons, by number."""
        columns = self.table.c
        waiting = self.list(columns.flag.is_not(null()), columns.status.in_(sorted(OPEN)))
        return [order for order in waiting if order.flag and order.flag.code in codes]

    def completed(self, since: datetime, until: datetime) -> list[WorkOrder]:
        """Orders completed from since until then, also those out of the lists."""
        columns = self.table.c
        return self.list(
            columns.status == Status.COMPLETE,
            columns.ended_at >= since,
            columns.ended_at < until,
            retired=True,
        )

    def followed_up(self) -> frozenset[OrderId]:
        """Orders that another one follows up."""
        parents = self.table.c.parent_id
        statement = select(parents).where(parents.is_not(None)).distinct()
        return frozenset(self._connection.execute(statement).scalars())

    def to_row(self, record: WorkOrder) -> dict[str, Any]:
        """The window in two columns; the number also as a number."""
        row = super().to_row(record)
        window = row.pop("window")
        row["window_start"] = window and window.start
        row["window_end"] = window and window.end
        row["serial"] = _serial(record)
        return row

    def from_row(self, row: Mapping[str, Any]) -> WorkOrder:
        """The window from two columns."""
        values = dict(row)
        del values["serial"]
        start, end = values.pop("window_start"), values.pop("window_end")
        return WorkOrder(window=None if start is None else Window(start, end), **values)


class Assignments:
    """Who had which order from when until when."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, assignment: Assignment) -> None:
        """Keep a new one."""
        self._connection.execute(_INSERT_ASSIGNMENT, _row(assignment))

    def release_all(
        self, order_id: str, at: datetime, *, technician_id: TechnicianId | None = None
    ) -> None:
        """Those of the order that had not ended, or one technician's, end."""
        columns = tables.assignments.c
        conditions = [columns.order_id == order_id, columns.released_at.is_(None)]
        if technician_id is not None:
            conditions.append(columns.technician_id == technician_id)
        self._connection.execute(
            update(tables.assignments).where(*conditions).values(released_at=at)
        )

    def of_order(self, order_id: str) -> list[Assignment]:
        """All that the order had, oldest first."""
        return self._select(tables.assignments.c.order_id == order_id)

    def during(
        self, technician_id: str, start: datetime, end: datetime | None = None
    ) -> list[Assignment]:
        """The technician's assignments that share any time with start until end, oldest first."""
        columns = tables.assignments.c
        conditions = [
            columns.technician_id == technician_id,
            or_(columns.released_at.is_(None), columns.released_at > start),
        ]
        if end is not None:
            conditions.append(columns.assigned_at < end)
        return self._select(*conditions)

    def _select(self, *conditions: Any) -> list[Assignment]:
        columns = tables.assignments.c
        statement = (
            select(tables.assignments).where(*conditions).order_by(columns.assigned_at, columns.id)
        )
        return [Assignment(**row) for row in self._connection.execute(statement).mappings()]


class Visits:
    """Attendances at sites, with what proves them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, visit_id: str) -> Visit:
        """The visit.

        Raises
        ------
        NotFound
            There is none with this id.
        """
        visit = self.find(visit_id)
        if visit is None:
            raise NotFound("visit", visit_id, "those of an order are listed with it")
        return visit

    def find(self, visit_id: str) -> Visit | None:
        """The visit, or None."""
        found = self._select(tables.visits.c.id == visit_id)
        return found[0] if found else None

    def add(self, visit: Visit) -> None:
        """Keep a new one."""
        self._connection.execute(insert(tables.visits).values(_row(visit)))

    def save(self, visit: Visit) -> None:
        """Keep a changed one.

        Raises
        ------
        NotFound
            There is none with its id.
        """
        columns = tables.visits.c
        statement = update(tables.visits).where(columns.id == visit.id).values(_row(visit))
        if self._connection.execute(statement).rowcount != 1:
            raise NotFound("visit", visit.id)

    def depart(self, visit_id: VisitId, at: datetime) -> None:
        """The technician left."""
        columns = tables.visits.c
        self._connection.execute(
            update(tables.visits).where(columns.id == visit_id).values(departed_at=at)
        )

    def of_order(self, order_id: str) -> list[Visit]:
        """All made for the order, oldest first."""
        return self._select(tables.visits.c.order_id == order_id)

    def of_orders(self, order_ids: Iterable[str]) -> dict[OrderId, list[Visit]]:
        """All made for each of the orders, oldest first; those without any are left out."""
        found: defaultdict[OrderId, list[Visit]] = defaultdict(list)
        for visit in self._select(tables.visits.c.order_id.in_(sorted(set(order_ids)))):
            found[visit.order_id].append(visit)
        return dict(found)

    def _select(self, *conditions: Any) -> list[Visit]:
        columns = tables.visits.c
        statement = (
            select(tables.visits).where(*conditions).order_by(columns.arrived_at, columns.id)
        )
        return [Visit(**row) for row in self._connection.execute(statement).mappings()]


def _serial(order: WorkOrder) -> int:
    return int(order.number.removeprefix(_NUMBER_PREFIX))


def _row(record: Assignment | Visit) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record)}
