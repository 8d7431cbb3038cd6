"""Webhooks: URLs that hear messages, what was delivered to them, and sending again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.auth import Caller
from api.deps import BasedOn, Ctx
from api.idempotency import IdempotentRoute
from api.records import Cursor, Limit, Retired, answer
from api.schemas.common import Page
from api.schemas.webhooks import (
    DeliveryDetailOut,
    DeliveryOut,
    DisableIn,
    ReplayedOut,
    ReplayIn,
    WebhookChange,
    WebhookIn,
    WebhookOut,
    WebhookSecretOut,
)
from geo_dispatch.dispatch.messages.webhooks import DeliveryState
from geo_dispatch.services.messages import deliveries, webhooks
from geo_dispatch.services.messages.deliveries import Sent
from geo_dispatch.services.views import View, delivery_view, webhook_secret_view, webhook_view

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"], route_class=IdempotentRoute)


@router.get("", operation_id="list_webhooks")
def list_webhooks(context: Ctx, _caller: Caller, retired: Retired = False) -> list[WebhookOut]:
    """List webhooks, oldest first; never their secrets."""
    found = webhooks.list_all(context, retired=retired)
    return [WebhookOut.model_validate(webhook_view(one)) for one in found]


@router.post("", operation_id="create_webhook", status_code=201)
def create_webhook(
    context: Ctx, caller: Caller, body: WebhookIn, response: Response
) -> WebhookSecretOut:
    """Let a URL hear messages from now on. Its secret is in this answer and nowhere else."""
    endpoint = webhooks.create(context, body.fields(), actor=caller)
    response.headers["Location"] = f"/v1/webhooks/{endpoint.id}"
    return answer(response, endpoint, webhook_secret_view, WebhookSecretOut)


@router.get("/{webhook_id}", operation_id="get_webhook")
def get_webhook(context: Ctx, _caller: Caller, webhook_id: str, response: Response) -> WebhookOut:
    """Read a webhook."""
    return answer(response, webhooks.get(context, webhook_id), webhook_view, WebhookOut)


@router.patch("/{webhook_id}", operation_id="change_webhook")
def change_webhook(
    context: Ctx,
    caller: Caller,
    webhook_id: str,
    body: WebhookChange,
    version: BasedOn,
    response: Response,
) -> WebhookOut:
    """Change what a webhook hears, or where it is."""
    endpoint = webhooks.change(
        context, webhook_id, body.fields(), actor=caller, expected_version=version
    )
    return answer(response, endpoint, webhook_view, WebhookOut)


@router.delete("/{webhook_id}", operation_id="retire_webhook")
def retire_webhook(
    context: Ctx, caller: Caller, webhook_id: str, version: BasedOn, response: Response
) -> WebhookOut:
    """Retire a webhook: it hears nothing more; what was delivered stays on record."""
    endpoint = webhooks.retire(context, webhook_id, actor=caller, expected_version=version)
    return answer(response, endpoint, webhook_view, WebhookOut)


@router.post("/{webhook_id}/secret", operation_id="rotate_webhook_secret")
def rotate_webhook_secret(
    context: Ctx, caller: Caller, webhook_id: str, response: Response
) -> WebhookSecretOut:
    """Give a webhook a new secret; for a day the old one signs beside it."""
    endpoint = webhooks.rotate_secret(context, webhook_id, actor=caller)
    return answer(response, endpoint, webhook_secret_view, WebhookSecretOut)


@router.post("/{webhook_id}/enable", operation_id="enable_webhook")
def enable_webhook(context: Ctx, caller: Caller, webhook_id: str, response: Response) -> WebhookOut:
    """Enable a webhook again; what still waited for it goes first, at once."""
    endpoint = webhooks.enable(context, webhook_id, actor=caller)
    return answer(response, endpoint, webhook_view, WebhookOut)


@router.post("/{webhook_id}/disable", operation_id="disable_webhook")
def disable_webhook(
    context: Ctx, caller: Caller, webhook_id: str, body: DisableIn, response: Response
) -> WebhookOut:
    """Disable a webhook: nothing is queued for it or sent to it until it is enabled."""
    endpoint = webhooks.disable(context, webhook_id, actor=caller, reason=body.reason)
    return answer(response, endpoint, webhook_view, WebhookOut)


@router.post("/{webhook_id}/test", operation_id="send_webhook_test", status_code=202)
def send_webhook_test(context: Ctx, _caller: Caller, webhook_id: str) -> DeliveryOut:
    """Queue a message of type `webhook.test` for this webhook alone."""
    return _shown(deliveries.send_test(context, webhook_id))


@router.post("/{webhook_id}/replay", operation_id="replay_webhook", status_code=202)
def replay_webhook(context: Ctx, _caller: Caller, webhook_id: str, body: ReplayIn) -> ReplayedOut:
    """Queue a message, or those of a period, again: under their ids, oldest first."""
    return ReplayedOut(queued=deliveries.replay(context, webhook_id, body.to_core()))


@router.get("/{webhook_id}/deliveries", operation_id="list_webhook_deliveries")
def list_webhook_deliveries(
    context: Ctx,
    _caller: Caller,
    webhook_id: str,
    state: Annotated[DeliveryState | None, Query(description="Only these.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[DeliveryOut]:
    """List what went to a webhook, is on its way or failed, newest first."""
    found = deliveries.page(context, webhook_id, state=state, after=cursor, limit=limit + 1)
    return Page(
        items=[_shown(one) for one in found[:limit]],
        next=found[limit - 1].delivery.id if len(found) > limit else None,
    )


@router.get("/{webhook_id}/deliveries/{delivery_id}", operation_id="get_webhook_delivery")
def get_webhook_delivery(
    context: Ctx, _caller: Caller, webhook_id: str, delivery_id: str
) -> DeliveryDetailOut:
    """Read a delivery with its message and every try."""
    return _in_full(deliveries.get(context, delivery_id, endpoint_id=webhook_id))


@router.post("/{webhook_id}/deliveries/{delivery_id}/skip", operation_id="skip_webhook_delivery")
def skip_webhook_delivery(
    context: Ctx, _caller: Caller, webhook_id: str, delivery_id: str
) -> DeliveryDetailOut:
    """Give up a delivery that the webhook chokes on, so that those behind it go."""
    return _in_full(deliveries.skip(context, delivery_id, endpoint_id=webhook_id))


def _shown(sent: Sent) -> DeliveryOut:
    return DeliveryOut.model_validate(_view(sent))


def _in_full(sent: Sent) -> DeliveryDetailOut:
    return DeliveryDetailOut.model_validate(_view(sent))


def _view(sent: Sent) -> View:
    return delivery_view(sent.delivery, sent.message, sent.attempts)
