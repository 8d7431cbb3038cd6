"""Work orders as use cases: load, decide, append, commit, answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, Literal

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.records.technicians import Part
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.events import Event, OrderFollowedUp, stream_of
from geo_dispatch.dispatch.work.evolution import evolve_all
from geo_dispatch.dispatch.work.lifecycle import decide
from geo_dispatch.dispatch.work.orders import (
    ENDED,
    HoldReason,
    OrderFields,
    Outcome,
    Status,
    WorkOrder,
    order_faults,
)
from geo_dispatch.dispatch.work.told import command_for, follow_up_fields
from geo_dispatch.kernel.actors import Actor, Role
from geo_dispatch.kernel.errors import Fault, Forbidden, InvalidInput, TransitionNotAllowed
from geo_dispatch.kernel.ids import OrderId
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.dispatching.sequences import close_gaps
from geo_dispatch.services.messages import outbox
from geo_dispatch.services.orders import job_types
from geo_dispatch.services.orders.lifecycle import apply, worked_out
from geo_dispatch.services.records import stock
from geo_dispatch.services.records.references import reference_faults
from geo_dispatch.services.sla import clocks as sla
from geo_dispatch.services.tracking import suggestions


def place(ctx: Desk, fields: OrderFields, *, actor: Actor) -> WorkOrder:
    """Take in a new work order.

    Raises
    ------
    InvalidInput
        Every fault found.
    Conflict
        Its external id is taken.
    """
    with ctx.store.write() as unit:
        order = place_in(ctx, unit, fields, actor=actor)
        unit.commit()
    return order


def place_in(
    ctx: Desk,
    unit: Unit,
    fields: OrderFields,
    *,
    actor: Actor,
    order_id: OrderId | None = None,
) -> WorkOrder:
    """`place` within a unit; ``order_id`` is one that was made for it before."""
    order_id = order_id or OrderId(ctx.new_id("wo"))
    number = unit.next_order_numbers()[0]
    order, events = drafted(ctx, unit, fields, order_id=order_id, number=number)
    unit.orders.add(order)
    unit.append(stream_of(order.id), events, actor=actor, at=order.placed_at)
    outbox.note(ctx, unit, None, order, events[0], actor=actor, at=order.placed_at)
    return order


def drafted(
    ctx: Desk, unit: Unit, fields: OrderFields, *, order_id: OrderId, number: str
) -> tuple[WorkOrder, list[Event]]:
    """The new order that the fields ask for, and what goes into its record, an `OrderPlaced` first.

    Raises
    ------
    InvalidInput
        Every fault found.
    """
    missing = [Fault(name, "is missing") for name in ("type", "site_id") if name not in fields]
    if missing:
        raise InvalidInput("this work order cannot be placed", missing)
    now = ctx.clock()
    order = WorkOrder(
        id=order_id,
        number=number,
        placed_at=now,
        status_at=now,
        **_with_customer(unit, job_types.filled_in(unit, fields)),
    )
    _refuse_faulty(unit, order, "this work order cannot be placed")
    events = decide(None, c.PlaceOrder(order=order), now)
    clocks = sla.promise(ctx, unit, order)
    events += sla.clocks_moved(ctx, order, None, clocks, now)
    return replace(order, sla=clocks), events


def change(
    ctx: Desk,
    order_id: str,
    fields: OrderFields,
    *,
    actor: Actor,
    expected_version: int | None,
) -> WorkOrder:
    """Change what an order asks for; without a difference nothing happens.

    Raises
    ------
    NotFound, VersionConflict, InvalidInput, TransitionNotAllowed
        No such order; changed meanwhile; every fault found; it has ended.
    """
    with ctx.store.write() as unit:
        order = unit.orders.expect(order_id, expected_version)
        order = change_in(ctx, unit, order, fields, actor=actor)
        unit.commit()
    return order


def change_in(
    ctx: Desk, unit: Unit, order: WorkOrder, fields: OrderFields, *, actor: Actor
) -> WorkOrder:
    """`change` within a unit."""
    order_after = apply(ctx, unit, order, c.ChangeOrder(changes=fields), actor=actor)
    _refuse_faulty(unit, order_after, f"{order.number} cannot be changed like that", order)
    return order_after


def redrafted(
    ctx: Desk, unit: Unit, order: WorkOrder, fields: OrderFields, now: datetime
) -> tuple[WorkOrder, list[Event]]:
    """The order as `change_in` would leave it, refused as that would, and what would be recorded.

    Raises
    ------
    InvalidInput, TransitionNotAllowed
        As `change`.
    """
    events = worked_out(ctx, unit, order, c.ChangeOrder(changes=fields), now)
    after = evolve_all(order, events)
    if after != order:
        _refuse_faulty(unit, after, f"{order.number} cannot be changed like that", order)
    return after, events


def step(
    ctx: Desk,
    order_id: str,
    target: Status,
    *,
    actor: Actor,
    note: str = "",
    outcome: Outcome = "",
    follow_ups: Sequence[OrderFields] = (),
    parts_used: Sequence[Part] = (),
    arrived_at: datetime | None = None,
    expected_version: int | None = None,
) -> WorkOrder:
    """Move an order to where a person says it stands.

    Whoever is on the way to it, or there, is on the way to no other: orders of the same
    technician that were go back to assigned. Nobody is at two sites: what they said to be at, or at
    work on, elsewhere has to be ended first.

    Parameters
    ----------
    note
        Notes on completion; the reason of a cancellation or a call for help.
    outcome
        What a completion came to; when not told, what the follow-ups say.
    follow_ups
        What is still to be done, each placed as a draft: an order on hold, of the same type at
        the same place unless it says otherwise.
    parts_used
        What a completion took out of the van of who tells it, or else of who has the order.
    arrived_at
        Since when they are on site; None: now. The time that fixes suggested brings their proof.

    Raises
    ------
    NotFound, VersionConflict, TransitionNotAllowed
        No such order; changed meanwhile; not possible from where it stands, or from where the
        technician is.
    Forbidden
        A technician's token, and another technician's order.
    InvalidInput
        The target is reached by assigning or unassigning; an outcome or follow-ups without a
        completion; a completion without a word; every fault of a follow-up.
    """
    with ctx.store.write() as unit:
        order = unit.orders.expect(order_id, expected_version)
        _refuse_others(order, actor)
        if target is Status.CANCELLED and actor.role is Role.TECHNICIAN:
            raise Forbidden(f"technicians cannot cancel {order.number}; ask for help instead")
        command = command_for(
            order,
            target,
            note,
            ctx.new_id,
            outcome=outcome,
            follow_ups=bool(follow_ups),
            parts_used=parts_used,
        )
        if arrived_at is not None:
            command = suggestions.back_dated(ctx, unit, order, command, arrived_at)
        order = apply(ctx, unit, order, command, actor=actor)
        if order.status in _HERE:
            _turn_back_others(ctx, unit, order, actor)
            _refuse_two_places(unit, order)
        if order.status in ENDED:
            close_gaps(ctx, unit, order.technician_ids, actor=actor)
        stock.take(ctx, unit, order, parts_used, actor=actor)
        _place_follow_ups(ctx, unit, order, follow_ups, actor)
        unit.commit()
    return order


def review(
    ctx: Desk,
    visit_id: str,
    verdict: Literal["confirmed", "contested"],
    *,
    actor: Actor,
    reason: str = "",
) -> WorkOrder:
    """The technician confirms or contests the arrival of a visit.

    Raises
    ------
    NotFound
        There is no such visit.
    Forbidden
        A technician's token, and another technician's order.
    TransitionNotAllowed
        It is not the order's latest arrival; confirmed, and the technician said to be elsewhere.
    InvalidInput
        Contested without a reason.
    """
    with ctx.store.write() as unit:
        visit = unit.visits.get(visit_id)
        order = unit.orders.get(visit.order_id)
        _refuse_others(order, actor)
        command = c.ReviewArrival(visit_id=visit.id, verdict=verdict, reason=reason)
        order = apply(ctx, unit, order, command, actor=actor)
        if verdict == "confirmed":
            _refuse_two_places(unit, order)
        unit.commit()
    return order


def retire(ctx: Desk, order_id: str, *, actor: Actor, expected_version: int | None) -> WorkOrder:
    """Put an ended order out of the lists; its history stays.

    Raises
    ------
    NotFound, VersionConflict, TransitionNotAllowed
        No such order; changed meanwhile; it has not ended.
    """
    with ctx.store.write() as unit:
        order = unit.orders.expect(order_id, expected_version)
        if not order.retired:
            order = apply(ctx, unit, order, c.Retire(), actor=actor)
            unit.commit()
    return order


def get(ctx: Desk, order_id: str) -> WorkOrder:
    """The order, by its id or its number.

    Raises
    ------
    NotFound
        There is none.
    """
    with ctx.store.read() as unit:
        return unit.orders.by_number(order_id) or unit.orders.get(order_id)


def page(
    ctx: Desk,
    *,
    statuses: Iterable[Status] | None = None,
    technician_id: str | None = None,
    site_id: str | None = None,
    customer_id: str | None = None,
    parent_id: str | None = None,
    flagged: bool | None = None,
    retired: bool = False,
    after: str | None = None,
    limit: int | None = None,
) -> list[WorkOrder]:
    """Orders that meet every condition given, by number, behind the one whose id is ``after``."""
    with ctx.store.read() as unit:
        return unit.orders.search(
            statuses=statuses,
            technician_id=technician_id,
            site_id=site_id,
            customer_id=customer_id,
            parent_id=parent_id,
            flagged=flagged,
            retired=retired,
            after=after,
            limit=limit,
        )


_AT_WORK: Final = frozenset({Status.ON_SITE, Status.ON_THE_TOOLS})

_HERE: Final = _AT_WORK | {Status.EN_ROUTE}
"""Where an order stands whose technician is on the way to it, or there."""


def _place_follow_ups(
    ctx: Desk, unit: Unit, order: WorkOrder, follow_ups: Sequence[OrderFields], actor: Actor
) -> None:
    faults: list[Fault] = []
    for index, told in enumerate(follow_ups):
        try:
            draft = place_in(ctx, unit, follow_up_fields(order, told), actor=actor)
        except InvalidInput as error:
            faults += [Fault(f"follow_ups[{index}].{f.where}", f.message) for f in error.faults]
            continue
        hold = c.PutOnHold(reason=HoldReason.DRAFT, note=f"follows up {order.number}")
        draft = apply(ctx, unit, draft, hold, actor=actor)
        now = ctx.clock()
        followed_up = OrderFollowedUp(
            order_id=order.id,
            follow_up_id=draft.id,
            number=draft.number,
            work=draft.type,
            occurred_at=now,
        )
        unit.append(stream_of(order.id), [followed_up], actor=actor, at=now)
    if faults:
        raise InvalidInput(f"follow-ups of {order.number} cannot be placed", faults)


def _turn_back_others(ctx: Desk, unit: Unit, order: WorkOrder, actor: Actor) -> None:
    for other in unit.orders.open([order.technician_id or ""]):
        if other.id != order.id and other.status is Status.EN_ROUTE:
            back = c.ReviseSetOut(source="person", occurred_at=None)
            apply(ctx, unit, other, back, actor=actor)


def _refuse_two_places(unit: Unit, order: WorkOrder) -> None:
    """Refuse what a person says if they said to be at another site, too."""
    if order.status not in _AT_WORK or order.technician_id is None:
        return
    for other in unit.orders.open([order.technician_id]):
        if (
            other.technician_id == order.technician_id
            and other.site_id != order.site_id
            and other.status in _AT_WORK
            and other.status_source == "person"
        ):
            raise TransitionNotAllowed(
                f"whoever has {order.number} is {other.status} at {other.number}, which is at "
                f"another site; complete {other.number}, or ask for help there, first",
                [Fault("status", f"{other.number} is {other.status} at another site")],
            )


def _with_customer(unit: Unit, fields: OrderFields) -> OrderFields:
    """The site's customer, unless another is named."""
    site = unit.sites.find(fields["site_id"])
    if fields.get("customer_id") is not None or site is None:
        return fields
    return {**fields, "customer_id": site.customer_id}


def _refuse_faulty(
    unit: Unit, order: WorkOrder, refusal: str, before: WorkOrder | None = None
) -> None:
    """Refuse what the order says of itself and of other records, all of it at once."""
    faults = [
        *order_faults(order),
        *reference_faults(unit, order, before),
        *job_types.faults(unit, order, before),
    ]
    if faults:
        raise InvalidInput(refusal, faults)


def _refuse_others(order: WorkOrder, actor: Actor) -> None:
    if actor.technician_id is not None and actor.technician_id not in order.technician_ids:
        raise Forbidden(f"{order.number} is not yours; ask the office to give it to you")
