"""The tables of messages, of the webhooks that listen, and of what was delivered."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from geo_dispatch.adapters.sql.tables import Id, metadata
from geo_dispatch.adapters.sql.types import BigKey, Named, Nested, UtcTime
from geo_dispatch.dispatch.messages.webhooks import DeliveryState

messages = Table(
    "messages",
    metadata,
    Column("seq", BigKey, primary_key=True, autoincrement=True),
    Column("id", Id, nullable=False, unique=True),
    Column("type", String(64), nullable=False),
    Column("to", String(16), nullable=False),
    Column("recipient_id", Id, nullable=False),
    Column("order_id", Id, ForeignKey("work_orders.id")),
    Column("text", Text, nullable=False),
    Column("data", JSON, nullable=False),
    Column("at", UtcTime, nullable=False, index=True),
    Index(None, "order_id", "to"),
    Index(None, "recipient_id", "seq"),
    sqlite_autoincrement=True,
)

further_orders = Table(
    "message_further_orders",
    metadata,
    Column("message_id", Id, ForeignKey("messages.id"), primary_key=True),
    Column("order_id", Id, ForeignKey("work_orders.id"), primary_key=True, index=True),
    Column("type", String(64), nullable=False, comment="what it says of this order"),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Id, primary_key=True),
    Column("url", Text, nullable=False),
    Column("types", Nested(tuple[str, ...]), nullable=False),
    Column("to", Nested(tuple[str, ...]), nullable=False),
    Column("description", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("disabled_reason", Text, nullable=False),
    Column("secret", String(255), nullable=False),
    Column("previous_secret", String(255)),
    Column("previous_until", UtcTime),
    Column("created_at", UtcTime, nullable=False),
    Column("retired", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("pace_s", Double, nullable=False),
    Column("not_before", UtcTime),
    Column("claimed_by", String(255), comment="the worker that writes to it"),
    Column("claimed_until", UtcTime, comment="in real time"),
)

deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("seq", BigKey, primary_key=True, autoincrement=True),
    Column("id", Id, nullable=False, unique=True),
    Column("endpoint_id", Id, ForeignKey("webhooks.id"), nullable=False),
    Column("message_id", Id, ForeignKey("messages.id"), nullable=False, index=True),
    Column("queued_at", UtcTime, nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("state", Named(DeliveryState), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("ended_at", UtcTime),
    Index(None, "endpoint_id", "state", "seq"),
    sqlite_autoincrement=True,
)

attempts = Table(
    "webhook_attempts",
    metadata,
    Column("seq", BigKey, primary_key=True, autoincrement=True),
    Column("delivery_id", Id, ForeignKey("webhook_deliveries.id"), nullable=False, index=True),
    Column("at", UtcTime, nullable=False),
    Column("took_s", Double, nullable=False),
    Column("status", Integer),
    Column("error", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("retry_after_s", Double),
)
