"""Giving orders to technicians and taking them back, by hand or to the top of the ranking."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import msgspec

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.ranking.exclusions import Exclusion
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.lifecycle import decide
from geo_dispatch.dispatch.work.orders import Status, WorkOrder
from geo_dispatch.dispatch.work.steps import refusal
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import Fault, InvalidInput, VersionConflict
from geo_dispatch.kernel.ids import AssignmentId, TechnicianId
from geo_dispatch.kernel.time import Window
from geo_dispatch.services.context import Context
from geo_dispatch.services.dispatching import bookings, crews
from geo_dispatch.services.dispatching.candidates import Considered
from geo_dispatch.services.dispatching.choosing import considered_for
from geo_dispatch.services.dispatching.cut_off import named
from geo_dispatch.services.dispatching.objections import (
    against_moving,
    first_of,
    refuse_excluded,
    refuse_fixed,
    refuse_unseen,
)
from geo_dispatch.services.dispatching.placing import (
    ANYWHERE,
    Placement,
    Ripple,
    Wish,
    placed,
    ripple,
    unchanged,
)
from geo_dispatch.services.dispatching.plans import load_plans
from geo_dispatch.services.dispatching.sequences import carry_out, close_gaps, number
from geo_dispatch.services.dispatching.teams import Members, members_of
from geo_dispatch.services.orders.lifecycle import apply
from geo_dispatch.services.policy import decisions
from geo_dispatch.tracking.nearest import PositionIndex

_TRIES: Final = 3
"""Another order may go into the same day meanwhile: then the place is worked out anew."""


@dataclass(frozen=True, slots=True)
class Plea:
    """What somebody asks for: an order for a technician, in some way.

    Attributes
    ----------
    technician_id
        None takes the first of the ranking.
    force
        Override what speaks against it; needs a reason.
    source
        Who decided, as `WorkOrder.assignment_source`; None: a person, or with no technician the
        ranking.
    """

    technician_id: TechnicianId | None
    wish: Wish = ANYWHERE
    force: bool = False
    reason: str = ""
    source: str | None = None

    @property
    def by_hand(self) -> bool:
        """Whether a person names the technician."""
        return self.source is None and self.technician_id is not None


def assign(
    ctx: Context,
    order_id: str,
    technician_id: str | None,
    *,
    positions: PositionIndex,
    actor: Actor,
    wish: Wish | None = None,
    force: bool = False,
    reason: str = "",
    expected_version: int | None = None,
    source: str | None = None,
    considered: Considered | None = None,
) -> WorkOrder:
    """Give the order to a technician, or move it in their day; whoever had it before loses it.

    It goes into the day where the ranking has it, or where the wish says. What the work needs and
    nobody has aboard is booked for the visit; an order for several takes them along.

    Parameters
    ----------
    technician_id
        None takes the first of the ranking.
    force
        Override what speaks against it; needs a reason.
    expected_version
        The order as the caller saw it. None takes it as it is, as long as nobody has it.
    source
        Who decided, as `WorkOrder.assignment_source`; None: a person, or with no technician the
        ranking.
    considered
        The ranking that it was decided on, made just now; None ranks.

    Returns
    -------
    WorkOrder
        As stored. Giving it to who has it already, without a wish, changes nothing.

    Raises
    ------
    NotFound
        No such order or technician.
    AssignmentConflict
        The technician is excluded, another visit would be pushed past its limits, or, with None,
        everybody is excluded; ``conflicts`` says why.
    InvalidInput
        Force without a technician or without a reason; a position that there is not; no word why
        another goes than the machine's first, where the policy asks for one.
    VersionConflict
        The order changed while this was decided: somebody else was first.
    Conflict
        Somebody has it, and the caller didn't say to know that.
    TransitionNotAllowed
        The order stands where it can't change hands.
    """
    plea = Plea(*crews.named(ctx, technician_id, wish or ANYWHERE), force, reason, source)
    _check_force(plea)
    for _ in range(_TRIES):
        made = _make(ctx, order_id, plea, positions, considered)
        if made is None:
            return _stored(ctx, order_id)
        given = _carry_out(ctx, made, plea, actor, expected_version)
        if given is not None:
            return given
        considered = None
    raise VersionConflict("the technician's day changes all the time; try again")


def preview(
    ctx: Context,
    order_id: str,
    technician_id: str | None,
    *,
    positions: PositionIndex,
    wish: Wish | None = None,
) -> Ripple:
    """What `assign` would do, without doing it: each visit that moves, and what speaks against it.

    Raises
    ------
    NotFound, Conflict, InvalidInput, AssignmentConflict
        As `assign`; what speaks against a technician who is named is told, not raised.
    """
    plea = Plea(*crews.named(ctx, technician_id, wish or ANYWHERE))
    considered = considered_for(ctx, order_id, plea.technician_id, plea.wish, positions=positions)
    made = _make(ctx, order_id, plea, positions, considered, judge=False)
    if made is not None:
        return ripple(considered, made.placement, made.members.placements)
    return unchanged(considered, plea.technician_id or first_of(ctx, considered))


def unassign(
    ctx: Context,
    order_id: str,
    *,
    actor: Actor,
    reason: str = "",
    force: bool = False,
    expected_version: int | None = None,
) -> WorkOrder:
    """Take the order from its technician; it waits again.

    Parameters
    ----------
    force
        Though it is pinned, or they are on the way.

    Raises
    ------
    NotFound, VersionConflict
        No such order; changed meanwhile.
    AssignmentConflict
        It is pinned, or they are on the way or at work on it; ``conflicts`` says which.
    TransitionNotAllowed
        Nobody has it.
    """
    return carry_out(
        ctx,
        order_id,
        c.Unassign(reason=reason),
        actor=actor,
        expected_version=expected_version,
        unless=partial(refuse_fixed, force=force),
    )


@dataclass(frozen=True, slots=True)
class _Made:
    """An assignment worked out, to be carried out while nothing has changed."""

    considered: Considered
    placement: Placement
    members: Members
    conflicts: tuple[Exclusion, ...]


def _make(
    ctx: Context,
    order_id: str,
    plea: Plea,
    positions: PositionIndex,
    considered: Considered | None,
    *,
    judge: bool = True,
) -> _Made | None:
    """Work the assignment out; None when it asks for what is so already."""
    if considered is None:
        considered = considered_for(
            ctx, order_id, plea.technician_id, plea.wish, positions=positions
        )
    order = considered.case.order
    same = plea.technician_id is not None and plea.technician_id == order.technician_id
    if same and plea.wish.empty and order.status is not Status.NEEDS_HELP:
        return None
    unpins = plea.wish.pinned is False
    if judge:
        refuse_fixed(order, force=plea.force, unpins=unpins)
    if plea.wish.start_at is not None:
        decide(order, c.ChangeOrder(changes={"start_at": plea.wish.start_at}), considered.case.now)
    wish = plea.wish
    if same and wish.crew is None and order.crew:
        wish = replace(wish, crew=order.crew)  # whoever moves the visit leaves who goes along
    members = members_of(ctx, considered, plea.technician_id, wish)
    lead = members.lead_id or plea.technician_id or first_of(ctx, considered)
    placement = members.placement or placed(considered, lead, plea.wish)
    conflicts = (*against_moving(order, unpins=unpins), *placement.conflicts, *members.conflicts)
    if judge:
        told = named(ctx, considered.case, considered.fleet, lead, conflicts)
        refuse_excluded(considered, placement, told, force=plea.force)
    return _Made(considered, replace(placement, conflicts=conflicts), members, conflicts)


def _carry_out(
    ctx: Context, made: _Made, plea: Plea, actor: Actor, expected_version: int | None
) -> WorkOrder | None:
    """Do it, in one unit; None when the day isn't as it was when it was worked out."""
    case, placement, now = made.considered.case, made.placement, made.considered.case.now
    chosen = placement.plan.technician.id
    with ctx.store.write() as unit:
        if expected_version is None:
            refuse_unseen(unit, case.order, chosen)
            expected_version = case.order.version
        order = unit.orders.expect(case.order.id, expected_version)
        days = [placement, *made.members.placements]
        if not all(_as_it_was(unit, day) for day in days):
            return None
        if order.technician_id == chosen and order.status is not Status.NEEDS_HELP:
            given = _rearrange(ctx, unit, order, made, plea=plea, actor=actor)
        else:
            given = _give(ctx, unit, order, made, plea=plea, actor=actor)
        for day in days:
            bookings.move_along(ctx, unit, day.others, actor=actor, force=plea.force, now=now)
            number(ctx, unit, day.plan.technician.id, day.sequence, actor=actor, now=now)
        gone = [one for one in order.technician_ids if one not in given.technician_ids]
        close_gaps(ctx, unit, gone, actor=actor)
        given = unit.orders.get(order.id)
        window = placement.window or _any_time(case.earliest, order)
        bookings.book_for(ctx, unit, given, window, actor=actor, force=plea.force, now=now)
        unit.commit()
    return given


def _give(
    ctx: Context, unit: Unit, order: WorkOrder, made: _Made, *, plea: Plea, actor: Actor
) -> WorkOrder:
    considered, chosen = made.considered, made.placement.plan.technician.id
    source = plea.source or ("manual" if plea.by_hand else "auto")
    if plea.by_hand and chosen != order.technician_id:
        decisions.refuse_unexplained(unit, considered, chosen, plea.reason)
    kept = decisions.keep(
        ctx,
        unit,
        considered,
        kind="manual" if plea.by_hand else "auto",
        source=source,
        chosen_id=chosen,
        reason=plea.reason,
        actor=actor,
    )
    command = c.Assign(
        assignment_id=AssignmentId(ctx.new_id("as")),
        technician_id=chosen,
        sequence=made.placement.position + 1,
        source=source,
        crew=made.members.ids,
        start_at=made.members.begin_at or plea.wish.start_at,
        pinned=bool(plea.wish.pinned),
        reason=plea.reason,
        decision_id=kept.id,
        conflicts=tuple(msgspec.to_builtins(conflict) for conflict in made.conflicts),
        ranking=tuple(decisions.shown(considered.ranking, chosen)),
    )
    return apply(ctx, unit, order, command, actor=actor, now=considered.case.now)


def _rearrange(
    ctx: Context, unit: Unit, order: WorkOrder, made: _Made, *, plea: Plea, actor: Actor
) -> WorkOrder:
    """Move it within the day of who has it."""
    now, wish = made.considered.case.now, plea.wish
    if order.status is not Status.ASSIGNED:
        raise refusal(order, "move")
    start_at = made.members.begin_at or wish.start_at
    if start_at is not None:
        changed = c.ChangeOrder(changes={"start_at": start_at})
        order = apply(ctx, unit, order, changed, actor=actor, now=now)
    if made.members.ids != order.crew:
        crew = c.ChangeCrew(
            assignment_id=AssignmentId(ctx.new_id("as")), crew=made.members.ids, reason=plea.reason
        )
        order = apply(ctx, unit, order, crew, actor=actor, now=now)
    if wish.pinned is not None:
        order = apply(ctx, unit, order, c.Pin(pinned=wish.pinned), actor=actor, now=now)
    return order


def _as_it_was(unit: Unit, placement: Placement) -> bool:
    technician = unit.technicians.get(placement.plan.technician.id)
    [plan] = load_plans(unit, [technician], lambda _: None)
    left = plan.without(placement.case.order.id)
    return placement.versions == [(stop.order.id, stop.order.version) for stop in left.stops]


def _any_time(earliest: datetime, order: WorkOrder) -> Window:
    return Window(earliest, earliest + timedelta(seconds=order.duration_s))


def _check_force(plea: Plea) -> None:
    faults = []
    if plea.force and plea.technician_id is None:
        faults.append(Fault("technician_id", "is missing; force overrides one technician's limits"))
    if plea.force and not plea.reason.strip():
        faults.append(Fault("reason", "is empty; say why the limits are overridden"))
    if faults:
        raise InvalidInput("this assignment cannot be forced", faults)


def _stored(ctx: Context, order_id: str) -> WorkOrder:
    with ctx.store.read() as unit:
        return unit.orders.get(order_id)
