"""Files of a work order: taken in with their event, listed, read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.work.events import OrderFileAdded, stream_of
from geo_dispatch.dispatch.work.files import NewFile, added
from geo_dispatch.dispatch.work.steps import refusal
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import NotFound
from geo_dispatch.services.desk import Desk


@dataclass(frozen=True, slots=True)
class OrderFile:
    """A file on the record, and when it came there, by whom."""

    told: OrderFileAdded
    added_at: datetime
    added_by: str


def add(desk: Desk, order_id: str, new: NewFile, *, actor: Actor) -> OrderFile:
    """Put a file on the order's record; the same content again is the file that is there.

    Raises
    ------
    NotFound
        There is no such order.
    TransitionNotAllowed
        It is retired.
    UnsupportedMediaType, InvalidInput
        The file is not what it should be; every fault found.
    """
    with desk.store.write() as unit:
        order = unit.orders.get(order_id)
        if order.retired:
            raise refusal(order, f"add a {new.kind}")
        known = {file.told.sha256: file for file in of_order(unit, order.id)}
        now = desk.clock()
        event = added(
            new,
            (file.told for file in known.values()),
            order_id=order.id,
            technician_id=actor.technician_id,
            now=now,
        )
        if event.sha256 in known:
            return known[event.sha256]
        if not unit.files.put(order.id, event.sha256, new.content):  # it came in this moment
            return _of_hash(unit, order.id, event.sha256)
        (logged,) = unit.append(stream_of(order.id), [event], actor=actor, at=now)
        unit.commit()
    return OrderFile(event, logged.at, logged.actor)


def listed(desk: Desk, order_id: str) -> list[OrderFile]:
    """The files on the order's record, oldest first."""
    with desk.store.read() as unit:
        return of_order(unit, order_id)


def read(desk: Desk, order_id: str, sha256: str) -> tuple[OrderFile, bytes]:
    """A file and its content.

    Raises
    ------
    NotFound
        The order has no such file.
    """
    with desk.store.read() as unit:
        content = unit.files.content(order_id, sha256)
        if content is None:
            raise NotFound("file", sha256, "the order's `files` lists those it has")
        return _of_hash(unit, order_id, sha256), content


def of_order(unit: Unit, order_id: str) -> list[OrderFile]:
    """The files that the log tells of, oldest first."""
    logged = unit.events(types=[OrderFileAdded.type], streams=[stream_of(order_id)])
    return [
        OrderFile(event, one.at, one.actor)
        for one in logged
        if isinstance(event := one.event, OrderFileAdded)
    ]


def _of_hash(unit: Unit, order_id: str, sha256: str) -> OrderFile:
    return next(one for one in of_order(unit, order_id) if one.told.sha256 == sha256)
