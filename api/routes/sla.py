"""Service level agreements: an order's promises with their evidence, and how well they are kept."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from fastapi import APIRouter, Query, Response
from fastapi.responses import PlainTextResponse

from api.auth import Caller
from api.deps import Ctx
from api.idempotency import IdempotentRoute
from api.routes.work_orders import readable
from api.schemas.common import Moment
from api.schemas.sla import EvidenceFileOut, OrderSlaOut, SlaReportOut
from geo_dispatch.services.sla import evidence as sla_evidence
from geo_dispatch.services.sla import report as sla_report
from geo_dispatch.services.sla import view as sla_view

router = APIRouter(prefix="/v1", tags=["service levels"], route_class=IdempotentRoute)

From = Annotated[Moment, Query(alias="from", description="Orders placed from then on.")]
To = Annotated[Moment, Query(description="And before then.")]
Kind = Annotated[Literal["json", "csv"], Query(alias="as", description="Which file.")]

CSV: Final[dict[str, Any]] = {"text/csv": {"schema": {"type": "string"}}}
_CSV_TYPE: Final = "text/csv; charset=utf-8"


@router.get("/work-orders/{order_id}/sla", operation_id="get_order_sla")
def get_order_sla(context: Ctx, caller: Caller, order_id: str) -> OrderSlaOut:
    """Say what the order was promised, how that stands, and which events prove it."""
    order = readable(context, caller, order_id)
    found = sla_view.of_order(context, order.id)
    return OrderSlaOut.model_validate(msgspec.to_builtins(found))


@router.get(
    "/work-orders/{order_id}/sla/evidence",
    operation_id="get_order_sla_evidence",
    response_model=EvidenceFileOut,
    responses={200: {"content": CSV}},
)
def get_order_sla_evidence(
    context: Ctx, caller: Caller, order_id: str, kind: Kind = "json"
) -> Response:
    """Give the events that started, paused and stopped the order's clocks, as a file."""
    order = readable(context, caller, order_id)
    return _file(sla_evidence.of_order(context, order.id), f"sla-{order.number}", kind)


@router.get(
    "/sla/evidence",
    operation_id="get_sla_evidence",
    response_model=EvidenceFileOut,
    responses={200: {"content": CSV}},
)
def get_sla_evidence(
    context: Ctx, _caller: Caller, since: From, to: To, kind: Kind = "json"
) -> Response:
    """Give the evidence on all orders of a period, as a file.

    Each event comes with its seals in the hash-chained log; `geo-dispatch audit verify` checks
    the log, an order's export carries its whole record.
    """
    found = sla_evidence.of_period(context, since, to)
    return _file(found, f"sla-{since:%Y-%m-%d}-{to:%Y-%m-%d}", kind)


@router.get("/sla/report", operation_id="get_sla_report")
def get_sla_report(context: Ctx, _caller: Caller, since: From, to: To) -> SlaReportOut:
    """Say how well promises were kept, by policy, tier and customer, with every miss."""
    found = sla_report.report(context, since, to)
    return SlaReportOut.model_validate(msgspec.to_builtins(found))


@router.get(
    "/sla/report.csv",
    operation_id="get_sla_report_csv",
    response_class=PlainTextResponse,
    responses={200: {"content": CSV}},
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
    return Response(sla_report.TABLES[table](found), media_type=_CSV_TYPE)


def _file(found: sla_evidence.EvidenceFile, name: str, kind: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    if kind == "csv":
        return Response(sla_evidence.evidence_csv(found), media_type=_CSV_TYPE, headers=headers)
    plain = EvidenceFileOut.model_validate(msgspec.to_builtins(found))
    return Response(plain.model_dump_json(), media_type="application/json", headers=headers)
