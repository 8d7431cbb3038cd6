"""Messages: what people and programs were told."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import Caller
from api.deps import Ctx
from api.records import Cursor, Limit
from api.schemas.common import Page
from api.schemas.webhooks import MessageOut, Recipients
from geo_dispatch.services.messages import inbox as messages
from geo_dispatch.services.views import message_view

router = APIRouter(prefix="/v1/messages", tags=["webhooks"])


@router.get("", operation_id="list_messages")
def list_messages(
    context: Ctx,
    caller: Caller,
    to: Annotated[Recipients | None, Query(description="Kind of recipient.")] = None,
    recipient_id: Annotated[str | None, Query(description="One technician or customer.")] = None,
    order_id: Annotated[str | None, Query(description="About one order.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[MessageOut]:
    """List messages, newest first; a technician's token sees those to that technician."""
    found = messages.page(
        context,
        caller,
        to=to,
        recipient_id=recipient_id,
        order_id=order_id,
        after=cursor,
        limit=limit + 1,
    )
    return Page(
        items=[MessageOut.model_validate(message_view(one)) for one in found[:limit]],
        next=found[limit - 1].id if len(found) > limit else None,
    )
