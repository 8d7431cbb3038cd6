"""Disruptions, and the repairs proposed for them: listed, accepted, rejected."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Query

from api.auth import Caller
from api.deps import Ctx
from api.idempotency import IdempotentRoute
from api.records import Limit
from api.schemas.orders import ReasonIn
from api.schemas.proposals import DisruptionIn, ProposalOut, ProposalsOut, ReplanIn
from geo_dispatch.dispatch.repairs.proposals import Cause, Proposal, ProposalState
from geo_dispatch.kernel.ids import OrderId, TechnicianId
from geo_dispatch.services.repairs import disruptions, proposals
from geo_dispatch.services.repairs.disruptions import Disruption

router = APIRouter(prefix="/v1", tags=["disruptions"], route_class=IdempotentRoute)

_MOVED_ON: Final[dict[int | str, dict[str, Any]]] = {
    409: {"description": "It is not open any more, or the world moved on."}
}


@router.post(
    "/disruptions",
    operation_id="report_disruption",
    status_code=201,
    responses={404: {"description": "There is no such technician or order."}},
)
def report_disruption(context: Ctx, caller: Caller, body: DisruptionIn) -> ProposalOut:
    """Say what upset a day; answers the least change that mends it, or why nothing need be done.

    Proposals come by themselves too: for visits that overrun or run late, calls for help,
    cancellations, holds, and leave that begins at once.
    """
    disruption = Disruption(
        Cause(body.cause),
        TechnicianId(body.technician_id),
        None if body.order_id is None else OrderId(body.order_id),
    )
    return _view(disruptions.propose(context, disruption, actor=caller))


@router.post("/replans", operation_id="replan", status_code=201)
def replan(context: Ctx, caller: Caller, body: ReplanIn) -> ProposalOut:
    """Propose repairs for days in which driving in an area is slower, or not possible."""
    proposal = disruptions.replan(
        context, body.area.to_core(), body.factor, reason=body.reason, actor=caller
    )
    return _view(proposal)


@router.get("/proposals", operation_id="list_proposals")
def list_proposals(
    context: Ctx,
    _caller: Caller,
    state: Annotated[list[ProposalState] | None, Query(description="One or several.")] = None,
    limit: Limit = 100,
) -> ProposalsOut:
    """List proposals, newest first."""
    found = proposals.search(context, states=state, limit=limit)
    return ProposalsOut(items=[_view(proposal) for proposal in found])


@router.get("/proposals/{proposal_id}", operation_id="get_proposal")
def get_proposal(context: Ctx, _caller: Caller, proposal_id: str) -> ProposalOut:
    """Read a proposal."""
    return _view(proposals.get(context, proposal_id))


@router.post("/proposals/{proposal_id}/accept", operation_id="accept_proposal", responses=_MOVED_ON)
def accept_proposal(context: Ctx, caller: Caller, proposal_id: str) -> ProposalOut:
    """Do what the proposal says, all of it in one transaction."""
    return _view(proposals.accept(context, proposal_id, actor=caller))


@router.post("/proposals/{proposal_id}/reject", operation_id="reject_proposal", responses=_MOVED_ON)
def reject_proposal(context: Ctx, caller: Caller, proposal_id: str, body: ReasonIn) -> ProposalOut:
    """Leave everything as it is; the reason is kept."""
    return _view(proposals.reject(context, proposal_id, actor=caller, reason=body.reason))


def _view(proposal: Proposal) -> ProposalOut:
    view = msgspec.to_builtins(proposal)
    return ProposalOut.model_validate({**view, "changes": view["rearrangement"]["changes"]})
