"""Proposed repairs: kept, accepted in one transaction, rejected with a reason, run out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.repairs.proposals import Proposal, ProposalState
from geo_dispatch.dispatch.work import events as e
from geo_dispatch.dispatch.work.events import stream_of
from geo_dispatch.dispatch.work.orders import ENDED
from geo_dispatch.kernel.actors import WORKER, Actor
from geo_dispatch.kernel.errors import Conflict, Fault, InvalidInput
from geo_dispatch.kernel.ids import OrderId, TechnicianId
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.policy import workings
from geo_dispatch.services.repairs.changes import Grounds, apply_changes

HOLDS_FOR: Final = timedelta(minutes=30)
"""After so long the day has moved on too far for a repair to be worth a look."""

_BESIDE: Final = frozenset(
    {
        "order.at_risk",
        "order.risk_cleared",
        "order.eta",
        "order.delayed",
        "order.flagged",
        "order.flag_cleared",
        "message.queued",
    }
)
"""Events that tell of an order and change nothing that a repair was worked out on."""


_MINOR: Final = frozenset({"phone", "parts", "external_id", "call_sign"})
"""Changes of a technician's record that no repair depends on."""


def keep(unit: Unit, proposal: Proposal, *, actor: Actor) -> Proposal:
    """Keep a new proposal in place of open ones about the same.

    Returns
    -------
    Proposal
        The open one that says the same already, if there is one.
    """
    for other in unit.proposals.open_about(proposal.cause, proposal.subject):
        same = other.rearrangement == proposal.rearrangement and other.expires_at > proposal.at
        if same and proposal.state is ProposalState.OPEN:
            return other
        _decide(
            unit,
            other,
            ProposalState.SUPERSEDED,
            "a newer one is there",
            actor=actor,
            now=proposal.at,
        )
    proposed = e.RepairProposed(
        proposal_id=proposal.id,
        cause=proposal.cause.value,
        subject=proposal.subject,
        fact=proposal.fact,
        changes=[e.as_json(change) for change in proposal.rearrangement.changes],
    )
    unit.append(_stream(proposal), [proposed], actor=actor, at=proposal.at)
    return unit.proposals.add(proposal)


def get(ctx: Desk, proposal_id: str) -> Proposal:
    """The proposal.

    Raises
    ------
    NotFound
        There is none.
    """
    with ctx.store.read() as unit:
        return _as_of_now(unit.proposals.get(proposal_id), ctx.clock())


def search(
    ctx: Desk, *, states: Iterable[ProposalState] | None = None, limit: int | None = None
) -> list[Proposal]:
    """Those in these states, newest first."""
    now = ctx.clock()
    wanted = None if states is None else frozenset(states)
    with ctx.store.read() as unit:
        found = [_as_of_now(one, now) for one in unit.proposals.search(states=wanted, limit=limit)]
    return [one for one in found if wanted is None or one.state in wanted]


def accept(ctx: Desk, proposal_id: str, *, actor: Actor) -> Proposal:
    """Do what the proposal says: all of it, in one transaction.

    Raises
    ------
    NotFound
        There is none.
    Conflict
        It is not open any more; or the world moved on, ``conflicts`` saying where.
    """
    now = ctx.clock()
    with ctx.store.write() as unit:
        proposal = _open(unit, proposal_id, now)
        stale = _moved_on(unit, proposal)
        if stale:
            _decide(unit, proposal, ProposalState.STALE, "the world moved on", actor=actor, now=now)
            unit.commit()
        else:
            made = workings.decide(ctx, unit, proposal, actor=actor)
            grounds = {key: Grounds(decision_id=one.id) for key, one in made.items()}
            apply_changes(
                ctx,
                unit,
                proposal.rearrangement,
                source="repair",
                actor=actor,
                now=now,
                grounds=grounds,
            )
            proposal = _decide(unit, proposal, ProposalState.ACCEPTED, "", actor=actor, now=now)
            unit.commit()
    if stale:
        raise Conflict("the day is not as it was when this repair was worked out", stale)
    return proposal


def reject(ctx: Desk, proposal_id: str, *, actor: Actor, reason: str) -> Proposal:
    """Leave everything as it is.

    Raises
    ------
    NotFound, Conflict
        There is none; it is not open any more.
    InvalidInput
        Without a reason.
    """
    if not reason.strip():
        raise InvalidInput(
            "rejecting a repair needs a reason",
            [Fault("reason", "is empty; say why, so that the next proposal can be better")],
        )
    now = ctx.clock()
    with ctx.store.write() as unit:
        proposal = _open(unit, proposal_id, now)
        proposal = _decide(unit, proposal, ProposalState.REJECTED, reason, actor=actor, now=now)
        unit.commit()
    return proposal


def expire(ctx: Desk) -> int:
    """Close what nobody decided in time; says how many."""
    now = ctx.clock()
    with ctx.store.read() as unit:
        late = [
            one.id
            for one in unit.proposals.search(states=[ProposalState.OPEN])
            if one.expires_at <= now
        ]
    if late:
        with ctx.store.write() as unit:
            for one in unit.proposals.search(states=[ProposalState.OPEN]):
                if one.id in late:
                    _decide(
                        unit, one, ProposalState.EXPIRED, "nobody decided", actor=WORKER, now=now
                    )
            unit.commit()
    return len(late)


def _open(unit: Unit, proposal_id: str, now: datetime) -> Proposal:
    proposal = _as_of_now(unit.proposals.get(proposal_id), now)
    if proposal.state is not ProposalState.OPEN:
        raise Conflict(
            f"proposal {proposal.id!r} is {proposal.state.value}: only open ones can be decided",
            [Fault("state", f"is {proposal.state.value}")],
        )
    return proposal


def _as_of_now(proposal: Proposal, now: datetime) -> Proposal:
    over = proposal.state is ProposalState.OPEN and proposal.expires_at <= now
    return replace(proposal, state=ProposalState.EXPIRED) if over else proposal


def _moved_on(unit: Unit, proposal: Proposal) -> list[Fault]:
    """What is not as it was: orders that changed, and days with other orders in them."""
    changed = {
        logged.stream: logged
        for logged in unit.events(
            after=proposal.as_of, streams=[stream_of(one) for one in proposal.base]
        )
        if logged.type not in _BESIDE
    }
    orders = unit.orders.many(proposal.base)
    faults = [
        Fault(
            orders[key].number if key in orders else key,
            f"{changed[stream_of(key)].type} at {changed[stream_of(key)].at:%H:%M} UTC",
        )
        for key in proposal.base
        if stream_of(key) in changed
    ]
    if faults:
        return faults
    before = _days_before(proposal)
    return [
        Fault(str(owner), "has other orders now than then")
        for owner, then in before.items()
        if {one.id for one in unit.orders.open([owner]) if one.status not in ENDED} != then
    ] + _people_changed(unit, proposal, before)


def _people_changed(
    unit: Unit, proposal: Proposal, technician_ids: Iterable[TechnicianId]
) -> list[Fault]:
    """Those whose own record says something else of when they work and what they can."""
    streams = [f"technician:{one}" for one in technician_ids]
    changed = {
        logged.stream
        for logged in unit.events(after=proposal.as_of, streams=streams)
        if logged.type == "record.retired"
        or (logged.type == "record.changed" and not _MINOR.issuperset(logged.body["changes"]))
    }
    team = unit.technicians.many(one.partition(":")[2] for one in changed).values()
    return [
        Fault(one.call_sign, "works at other times now than then, or can do other work")
        for one in team
    ]


def _days_before(proposal: Proposal) -> dict[TechnicianId, set[OrderId]]:
    """Which orders each technician of a changed day had."""
    had: defaultdict[TechnicianId, set[OrderId]] = defaultdict(set)
    for owner, sequence in proposal.rearrangement.sequences.items():
        had[owner].update(sequence)
    for change in proposal.rearrangement.changes:
        for owner in change.team_after:
            had[owner].discard(change.order_id)
        for owner in change.team_before:
            had[owner].add(change.order_id)
    return had


def _decide(
    unit: Unit,
    proposal: Proposal,
    state: ProposalState,
    reason: str,
    *,
    actor: Actor,
    now: datetime,
) -> Proposal:
    decided = e.RepairDecided(proposal_id=proposal.id, state=state.value, reason=reason)
    unit.append(_stream(proposal), [decided], actor=actor, at=now)
    return unit.proposals.save(
        replace(proposal, state=state, decided_at=now, decided_by=actor.label, reason=reason)
    )


def _stream(proposal: Proposal) -> str:
    return f"proposal:{proposal.id}"
