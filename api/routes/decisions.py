"""Decisions about who goes: as they were made, made again, and counted."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query

from api.auth import Caller
from api.deps import Ctx
from api.routes.work_orders import readable
from api.schemas.common import Moment
from api.schemas.policy import DecisionOut, DecisionReplayOut, DecisionsOut, OverrideReportOut
from geo_dispatch.services.policy import decisions

router = APIRouter(prefix="/v1", tags=["policy"])


@router.get("/work-orders/{order_id}/decisions", operation_id="list_decisions")
def list_decisions(context: Ctx, caller: Caller, order_id: str) -> DecisionsOut:
    """List who decided what about the order, oldest first."""
    order = readable(context, caller, order_id)
    found = decisions.of_order(context, order.id)
    return DecisionsOut.model_validate({"items": msgspec.to_builtins(found)})


@router.get("/decisions/{decision_id}", operation_id="get_decision")
def get_decision(context: Ctx, _caller: Caller, decision_id: str) -> DecisionOut:
    """Read a decision with the ranking as it stood."""
    return DecisionOut.model_validate(decisions.view(decisions.get(context, decision_id)))


@router.get("/decisions/{decision_id}/replay", operation_id="replay_decision")
def replay_decision(context: Ctx, _caller: Caller, decision_id: str) -> DecisionReplayOut:
    """Make a decision again from what was known when it was made, and compare."""
    return DecisionReplayOut.model_validate(
        decisions.replayed_view(decisions.again(context, decision_id))
    )


@router.get("/reports/overrides", operation_id="get_override_report")
def get_override_report(
    context: Ctx,
    _caller: Caller,
    start: Annotated[Moment, Query(alias="from", description="Decisions from here ...")],
    end: Annotated[Moment, Query(alias="to", description="... until here.")],
) -> OverrideReportOut:
    """Say how often people sent another than the machine's first, and why."""
    report = decisions.override_report(context, start, end)
    return OverrideReportOut.model_validate(msgspec.to_builtins(report))
