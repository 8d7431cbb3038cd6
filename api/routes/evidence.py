"""What proves who was where and when, and that the record is as it was written."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.auth import Caller
from api.deps import Ctx, parse_lonlat
from api.idempotency import IdempotentRoute
from api.routes.work_orders import readable
from api.schemas.evidence import FixOut, HeadOut, PresencesOut, ProofOut
from api.schemas.invoicing import InvoiceDraftOut
from geo_dispatch.dispatch.work.events import as_json
from geo_dispatch.services.history import audit, export, invoicing, presence, proof
from geo_dispatch.services.history.presence import span

router = APIRouter(prefix="/v1", tags=["evidence"], route_class=IdempotentRoute)

ZIP = "application/zip"


@router.get("/visits", operation_id="list_presences")
def list_presences(
    context: Ctx,
    caller: Caller,
    near: Annotated[str, Query(description="lon,lat", examples=["9.5209,47.1410"])],
    since: Annotated[datetime, Query(alias="from", description="With its zone.")],
    until: Annotated[datetime, Query(alias="to", description="At most 31 days later.")],
    radius_m: Annotated[float, Query(description="From 10 to 2000.")] = 100.0,
) -> PresencesOut:
    """Say who was near a place and when, from the stored fixes; no fence need have been there.

    Technicians see in their access log that somebody looked.
    """
    place = parse_lonlat(near, "near")
    found = presence.looked_up(context, place, radius_m, span(since, until), actor=caller)
    return PresencesOut.model_validate({"items": as_json(found)})


@router.get("/work-orders/{order_id}/proof", operation_id="get_proof")
def get_proof(context: Ctx, caller: Caller, order_id: str) -> ProofOut:
    """List the status posts, times and fixes that the order's times come from."""
    order = readable(context, caller, order_id)
    found = proof.read_by(context, order, actor=caller)
    fixes = [
        FixOut(
            technician_id=fix.technician_id,
            at_ms=fix.at_ms,
            lon=fix.place.lon,
            lat=fix.place.lat,
            accuracy_m=fix.accuracy_m,
            speed_mps=fix.speed_mps,
            heading_deg=fix.heading_deg,
            mock=fix.mock,
        )
        for fix in found.fixes
    ]
    return ProofOut.model_validate({"times": as_json(found.times), "fixes": fixes})


@router.get(
    "/work-orders/{order_id}/export",
    operation_id="export_work_order",
    response_class=Response,
    responses={200: {"content": {ZIP: {"schema": {"type": "string", "format": "binary"}}}}},
)
def export_work_order(context: Ctx, caller: Caller, order_id: str) -> Response:
    """Pack all that is on the order's record into a ZIP file that verifies without us.

    `geo-dispatch audit verify-export FILE` checks it, anywhere.
    """
    order = readable(context, caller, order_id)
    package = export.hand_out(context, order.id, actor=caller)
    return Response(
        export.to_zip(package),
        media_type=ZIP,
        headers={"Content-Disposition": f'attachment; filename="{package.number}.zip"'},
    )


@router.get("/work-orders/{order_id}/invoice-draft", operation_id="get_invoice_draft")
def get_invoice_draft(context: Ctx, caller: Caller, order_id: str) -> InvoiceDraftOut:
    """Say what the record gives for an invoice: hours, ways, parts, and what is still open.

    All of it comes from the order's events, nothing can be entered. Quantities only: no prices,
    no tax. Metres driven are not on the record, so ways are minutes.
    """
    order = readable(context, caller, order_id)
    return InvoiceDraftOut.model_validate(invoicing.of_order(context, order.id))


@router.get("/audit/head", operation_id="get_audit_head")
def get_audit_head(context: Ctx, _caller: Caller) -> HeadOut:
    """Read the end of the event log, to be noted elsewhere."""
    return HeadOut.model_validate(as_json(audit.head(context)))
