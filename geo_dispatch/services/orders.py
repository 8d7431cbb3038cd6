"""Work orders as use cases: load, decide, append, commit, answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final, Literal

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch import commands as c
from geo_dispatch.dispatch.evolution import evolve
from geo_dispatch.dispatch.lifecycle import decide
from geo_dispatch.dispatch.orders import OrderFields, Status, WorkOrder, order_faults
from geo_dispatch.dispatch.visits import Review
from geo_dispatch.kernel.actors import Actor, Role
from geo_dispatch.kernel.errors import Fault, Forbidden, InvalidInput
from geo_dispatch.kernel.ids import NewId, OrderId, VisitId
from geo_dispatch.services import sla
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.projections import project


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


def place_in(ctx: Desk, unit: Unit, fields: OrderFields, *, actor: Actor) -> WorkOrder:
    """`place` within a unit."""
    missing = [Fault(name, "is missing") for name in ("type", "site_id") if name not in fields]
    if missing:
        raise InvalidInput("this work order cannot be placed", missing)
    now = ctx.clock()
    order = WorkOrder(
        id=OrderId(ctx.new_id("wo")),
        number=unit.next_order_number(),
        placed_at=now,
        status_at=now,
        **_with_customer(unit, fields),
    )
    _refuse_faulty(unit, order, "this work order cannot be placed")
    events = decide(None, c.PlaceOrder(order=order), now)
    clocks = sla.promise(ctx, unit, order)
    events += sla.clocks_moved(ctx, order, None, clocks, now)
    order = replace(order, sla=clocks)
    unit.orders.add(order)
    unit.append(stream_of(order.id), events, actor=actor, at=now)
    return order


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
    _refuse_faulty(unit, order_after, f"{order.number} cannot be changed like that")
    return order_after


def step(
    ctx: Desk,
    order_id: str,
    target: Status,
    *,
    actor: Actor,
    note: str = "",
    expected_version: int | None = None,
) -> WorkOrder:
    """Move an order to where a person says it stands.

    Whoever is on the way to it, or there, is on the way to no other: orders of the same
    technician that were go back to assigned.

    Parameters
    ----------
    note
        Notes on completion; the reason of a cancellation or a call for help.

    Raises
    ------
    NotFound, VersionConflict, TransitionNotAllowed
        No such order; changed meanwhile; not possible from where it stands.
    Forbidden
        A technician's token, and another technician's order.
    InvalidInput
        The target is reached by assigning or unassigning.
    """
    with ctx.store.write() as unit:
        order = unit.orders.expect(order_id, expected_version)
        _refuse_others(order, actor)
        if target is Status.CANCELLED and actor.role is Role.TECHNICIAN:
            raise Forbidden(f"technicians cannot cancel {order.number}; ask for help instead")
        command = command_for(order, target, note, ctx.new_id)
        order = apply(ctx, unit, order, command, actor=actor)
        if isinstance(command, _HERE):
            _turn_back_others(ctx, unit, order, actor)
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
        It is not the order's latest arrival.
    InvalidInput
        Contested without a reason.
    """
    with ctx.store.write() as unit:
        visit = unit.visits.get(visit_id)
        order = unit.orders.get(visit.order_id)
        _refuse_others(order, actor)
        command = c.ReviewArrival(visit_id=visit.id, verdict=verdict, reason=reason)
        order = apply(ctx, unit, order, command, actor=actor)
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
            retired=retired,
            after=after,
            limit=limit,
        )


def apply(
    ctx: Desk,
    unit: Unit,
    order: WorkOrder,
    command: c.Command,
    *,
    actor: Actor,
    now: datetime | None = None,
) -> WorkOrder:
    """Decide, append, project: what every change of an order goes through.

    Parameters
    ----------
    order
        As just read in this unit.

    Returns
    -------
    WorkOrder
        As stored; the same object when nothing happened.

    Raises
    ------
    TransitionNotAllowed, InvalidInput, VersionConflict
        As `lifecycle.decide` and `Records.save`.
    """
    now = now or ctx.clock()
    events = decide(order, command, now)
    if not events:
        return order
    events += sla.moves(ctx, unit, order, events, now)
    unit.append(stream_of(order.id), events, actor=actor, at=now)
    after = order
    for event in events:
        before, after = after, evolve(after, event)
        project(unit, before, after, event, actor=actor)
    return order if after == order else unit.orders.save(after)


def stream_of(order_id: OrderId) -> str:
    """The stream of everything that happens to the order."""
    return f"order:{order_id}"


def command_for(order: WorkOrder, target: Status, note: str, new_id: NewId) -> c.Command:
    """The command of a person who says that the order stands at ``target``."""
    if order.status is Status.NEEDS_HELP and target is order.helped_from:
        return c.Resume()
    unreviewed = _unreviewed(order)
    if target is Status.ON_SITE and unreviewed is not None:
        return c.ReviewArrival(visit_id=unreviewed, verdict="confirmed")
    if target not in _TOLD:
        way = "unassign" if target is Status.NEW else "assign"
        raise InvalidInput(
            f"{order.number} cannot be set to {target}; {way} it instead",
            [Fault("status", f"{target} is reached by {way}ing only")],
        )
    return _TOLD[target](note, new_id)


_TOLD: Final[dict[Status, Callable[[str, NewId], c.Command]]] = {
    Status.EN_ROUTE: lambda _note, _new_id: c.SetOut(source="person"),
    Status.ON_SITE: lambda _note, new_id: c.ConfirmArrival(
        visit_id=VisitId(new_id("vi")), source="person"
    ),
    Status.ON_THE_TOOLS: lambda _note, _new_id: c.Start(),
    Status.NEEDS_HELP: lambda note, _new_id: c.AskForHelp(reason=note),
    Status.COMPLETE: lambda note, _new_id: c.Complete(notes=note),
    Status.CANCELLED: lambda note, _new_id: c.Cancel(reason=note),
}


_HERE: Final = (c.SetOut, c.ConfirmArrival, c.Start)
"""Steps after which the technician is on the way to this order, or there."""


def _turn_back_others(ctx: Desk, unit: Unit, order: WorkOrder, actor: Actor) -> None:
    for other in unit.orders.open([order.technician_id or ""]):
        if other.id != order.id and other.status is Status.EN_ROUTE:
            back = c.ReviseSetOut(source="person", occurred_at=None)
            apply(ctx, unit, other, back, actor=actor)


def _unreviewed(order: WorkOrder) -> VisitId | None:
    """The arrival that fixes confirmed and a person now repeats."""
    arrival = order.arrival
    if order.status is not Status.ON_SITE or arrival is None or arrival.source == "person":
        return None
    return arrival.visit_id if arrival.review is Review.OPEN else None


def _with_customer(unit: Unit, fields: OrderFields) -> OrderFields:
    """The site's customer, unless another is named."""
    site = unit.sites.find(fields["site_id"])
    if fields.get("customer_id") is not None or site is None:
        return fields
    return {**fields, "customer_id": site.customer_id}


def _refuse_faulty(unit: Unit, order: WorkOrder, refusal: str) -> None:
    """Refuse what the order says of itself and of other records, all of it at once."""
    faults = order_faults(order)
    site = unit.sites.find(order.site_id)
    if site is None or site.retired:
        state = "no" if site is None else "a retired"
        faults.append(Fault("site_id", f"{state} site {order.site_id!r}; enter it first"))
    if order.customer_id is not None and unit.customers.find(order.customer_id) is None:
        faults.append(Fault("customer_id", f"no customer {order.customer_id!r}; enter it first"))
    if faults:
        raise InvalidInput(refusal, faults)


def _refuse_others(order: WorkOrder, actor: Actor) -> None:
    if actor.technician_id is not None and order.technician_id != actor.technician_id:
        raise Forbidden(f"{order.number} is not yours")
