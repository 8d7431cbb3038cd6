"""Service level agreements: an order's promises with their evidence, and how well they are kept."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Query, Response
from fastapi.responses import PlainTextResponse

from api.auth import Caller
from api.deps import Ctx
from api.idempotency import IdempotentRoute
from api.routes.work_orders import readable
from api.schemas.common import Moment
from api.schemas.sla import OrderSlaOut, SlaReportOut
from geo_dispatch.services.sla import report as sla_report
from geo_dispatch.services.sla import view as sla_view

router = APIRouter(prefix="/v1", tags=["service levels"], route_class=IdempotentRoute)

From = Annotated[Moment, Query(alias="from", description="Orders placed from then on.")]
To = Annotated[Moment, Query(description="And before then.")]


@router.get("/work-orders/{order_id}/sla", operation_id="get_order_sla")
def get_order_sla(context: Ctx, caller: Caller, order_id: str) -> OrderSlaOut:
    """Say what the order was promised, how that stands, and which events prove it."""
    order = readable(context, caller, order_id)
    found = sla_view.of_order(context, order.id)
    return OrderSlaOut.model_validate(msgspec.to_builtins(found))


@router.get("/sla/report", operation_id="get_sla_report")
def get_sla_report(context: Ctx, _caller: Caller, since: From, to: To) -> SlaReportOut:
    """Say how well promises were kept, by policy, tier and customer, with every miss."""
    found = sla_report.report(context, since, to)
    return SlaReportOut.model_validate(msgspec.to_builtins(found))


@router.get(
    "/sla/report.csv",
    operation_id="get_sla_report_csv",
    response_class=PlainTextResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def get_sla_report_csv(
    context: Ctx,
    _caller: Caller,
    since: From,
    to: To,
    table: Annotated[
        Literal["attainment", "missed"], Query(description="Which half of the report.")
    ] = "attainment",
) -> Response:
    """Give the report as CSV, for a spreadsheet."""
    found = sla_report.report(context, since, to)
    return Response(sla_report.TABLES[table](found), media_type="text/csv; charset=utf-8")
