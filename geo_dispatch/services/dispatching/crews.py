"""Orders that take several technicians: who goes, who goes instead, and their places in days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import Fault, InvalidInput
from geo_dispatch.kernel.ids import AssignmentId, TechnicianId
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.dispatching.placing import Wish
from geo_dispatch.services.dispatching.sequences import close_gaps
from geo_dispatch.services.orders.lifecycle import apply
from geo_dispatch.services.records.keeping import technician_in_service


def change(
    ctx: Desk,
    order_id: str,
    member_ids: Sequence[str],
    *,
    actor: Actor,
    reason: str = "",
    expected_version: int | None = None,
) -> WorkOrder:
    """These go with the technician who has the order: somebody joins, is replaced, or stays away.

    Raises
    ------
    NotFound, VersionConflict
        No such order; changed meanwhile.
    TransitionNotAllowed
        Nobody has the order, or it has ended.
    InvalidInput
        Somebody is named who isn't there, or named twice; every fault found.
    """
    with ctx.store.write() as unit:
        order = unit.orders.expect(order_id, expected_version)
        members = tuple(TechnicianId(one) for one in member_ids)
        check(unit, order.technician_id, members)
        command = c.ChangeCrew(
            assignment_id=AssignmentId(ctx.new_id("as")), crew=members, reason=reason
        )
        changed = apply(ctx, unit, order, command, actor=actor)
        close_gaps(ctx, unit, sorted(set(order.crew) - set(members)), actor=actor)
        unit.commit()
    return changed


def resolve(unit: Unit, crew_id: str) -> tuple[TechnicianId, tuple[TechnicianId, ...]]:
    """The lead and the members of a crew by its id.

    Raises
    ------
    NotFound
        There is none.
    InvalidInput
        It is retired.
    """
    crew = unit.crews.get(crew_id)
    if crew.retired:
        raise InvalidInput(
            f"crew {crew.name!r} is retired",
            [Fault("crew_id", f"{crew.name} is retired; name another, or its technicians")],
        )
    return crew.lead_id, crew.member_ids


def named(ctx: Desk, technician_id: str | None, wish: Wish) -> tuple[TechnicianId | None, Wish]:
    """Who is to have the order, and the wish with the members of the crew that it means.

    Raises
    ------
    NotFound, InvalidInput
        As `resolve` and `check`.
    """
    lead_id = None if technician_id is None else TechnicianId(technician_id)
    if wish.crew_id is None and wish.crew is None:
        return lead_id, wish
    with ctx.store.read() as unit:
        if wish.crew_id is not None:
            lead_id, member_ids = resolve(unit, wish.crew_id)
            wish = replace(wish, crew=member_ids)
        check(unit, lead_id, wish.crew or ())
    return lead_id, wish


def check(unit: Unit, lead_id: TechnicianId | None, member_ids: Sequence[TechnicianId]) -> None:
    """Refuse a crew of somebody who isn't there, or goes twice.

    Raises
    ------
    InvalidInput
        Every fault found.
    """
    faults = [
        fault
        for index, one in enumerate(member_ids)
        for fault in technician_in_service(unit, f"crew[{index}]", one)
    ]
    everybody = [one for one in (lead_id, *member_ids) if one is not None]
    faults.extend(
        Fault("crew", f"names {one!r} twice, or to lead as well; each goes once")
        for one in sorted({one for one in everybody if everybody.count(one) > 1})
    )
    if faults:
        raise InvalidInput("this crew cannot be sent", faults)
