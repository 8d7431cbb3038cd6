"""Bodies of messages and webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, cast

from pydantic import AfterValidator, Field, model_validator

from api.schemas.common import MAX_ITEMS, Change, Input, Moment, Name, Output, Piece, Text
from geo_dispatch.dispatch.messages.webhooks import DeliveryState
from geo_dispatch.kernel.ids import MessageId
from geo_dispatch.kernel.text import checked_text
from geo_dispatch.services.messages.deliveries import Period
from geo_dispatch.services.messages.webhooks import EndpointFields

Url = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(checked_text)]
Recipients = Literal["technician", "customer", "client"]


class WebhookChange(Change):
    """What to change of a webhook."""

    url: Url = Field("", examples=["https://example.com/hooks/dispatch"])
    types: list[Name] = Field(
        ["*"],
        max_length=MAX_ITEMS,
        description="Types of messages that it hears; `order.*` and `*` match several.",
        examples=[["order.assigned", "order.eta"]],
    )
    to: list[Recipients] = Field(
        ["client"],
        max_length=3,
        description="Whose messages: `client` for programs; `technician` and `customer` for who "
        "passes them on to people.",
    )
    description: Text = ""

    def fields(self) -> EndpointFields:
        """As the records take them."""
        return cast("EndpointFields", self.given())


class WebhookIn(WebhookChange):
    """A new webhook."""

    url: Url = Field(examples=["https://example.com/hooks/dispatch"])


class WebhookOut(Output):
    """A URL that hears messages."""

    id: str = Field(examples=["wh_5q2k7m9x"])
    url: str
    types: list[str]
    to: list[Recipients]
    description: str
    enabled: bool
    disabled_reason: str = Field(description="Why nothing is queued for it; empty if it is.")
    previous_until: datetime | None = Field(
        description="Until when the secret before the last rotation signs too."
    )
    created_at: datetime
    retired: bool
    version: int = Field(description="The ETag, without its quotes.")


class WebhookSecretOut(WebhookOut):
    """A webhook with its new secret, which is shown only now."""

    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])


class MessageOut(Output):
    """What somebody is told."""

    id: str = Field(examples=["msg_5q2k7m9x"])
    type: str = Field(examples=["order.assigned"])
    to: Recipients
    recipient_id: str = Field(description="The technician or customer; `clients` for programs.")
    order_id: str | None = Field(description="The first of its orders; `data.also` has the others.")
    text: str
    data: dict[str, Any]
    at: datetime


class AnswerOut(Output):
    """What came of one try."""

    at: datetime
    took_s: float
    status: int | None = Field(description="null: there was no answer; `error` says why.")
    error: str
    body: str = Field(description="The beginning of what it said.")
    retry_after_s: float | None


class DeliveryOut(Output):
    """One message on its way to one webhook."""

    id: str = Field(examples=["dl_5q2k7m9x"])
    endpoint_id: str
    message_id: str = Field(description="Also its `webhook-id`.")
    message_type: str
    queued_at: datetime
    due_at: datetime = Field(description="When it is tried next, while it is pending.")
    state: DeliveryState
    tries: int = Field(description="Failed tries of the schedule so far.")
    ended_at: datetime | None


class DeliveryDetailOut(DeliveryOut):
    """A delivery with its message and every try."""

    message: MessageOut
    attempts: list[AnswerOut]


class DisableIn(Input):
    """Why a webhook is disabled."""

    reason: Text = ""


class ReplayIn(Piece):
    """What to send again: one message, or those of a period."""

    message_id: Name | None = None
    start: Moment | None = Field(None, description="From then on.")
    end: Moment | None = Field(None, description="Until then, that moment left out.")
    which: Literal["missing", "all"] = Field(
        "missing", description="`missing` leaves out what the endpoint accepted."
    )

    @model_validator(mode="after")
    def _is_one_or_a_period(self) -> ReplayIn:
        period = (self.start, self.end)
        if self.message_id is not None and period == (None, None):
            return self
        if self.message_id is not None or self.start is None or self.end is None:
            raise ValueError("name a message_id, or both start and end")
        if self.end <= self.start:
            raise ValueError("a period must end after it starts")
        return self

    def to_core(self) -> Period | MessageId:
        """The message or the period."""
        if self.start is None or self.end is None:
            return MessageId(self.message_id or "")
        return Period(self.start, self.end, self.which)


class ReplayedOut(Output):
    """What was queued again."""

    queued: int
