"""Webhooks: who listens to which messages, and what an answer to one means for the next.

Deliveries follow Standard Webhooks 1.0.0 (standard-webhooks/spec, "Deliverability and
reliability"): any answer but 2xx is a failure, tried again on a schedule; 410 ends it all; 429,
502 and 504 slow down. One endpoint gets its messages one after another, first in, first out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from geo_dispatch.dispatch.messages.queueing import TEST, Draft, To
from geo_dispatch.kernel.ids import DeliveryId, MessageId, WebhookId

SCHEDULE_S: Final = (
    0.0,
    5.0,
    5 * 60.0,
    30 * 60.0,
    2 * 3600.0,
    5 * 3600.0,
    10 * 3600.0,
    14 * 3600.0,
    20 * 3600.0,
    24 * 3600.0,
)
"""Wait before each try, after the one before it."""

JITTER: Final = 0.1
"""Waits are longer by up to this share: endpoints that failed together don't come together."""

ROTATION_S: Final = 24 * 3600.0
"""So long after a rotation messages carry the old secret's signature too."""

MAX_RETRY_AFTER_S: Final = 24 * 3600.0
MIN_PACE_S: Final = 1.0
MAX_PACE_S: Final = 60.0

EVERYTHING: Final = "*"
_GONE: Final = 410
_OVERLOADED: Final = frozenset({429, 502, 504})


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Lane:
    """How fast an endpoint is written to.

    Attributes
    ----------
    pace_s
        Pause between two messages; 0 unless it said that it has too much to do.
    not_before
        Nothing is sent before; None at once.
    """

    pace_s: float = 0.0
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A URL that hears messages.

    Attributes
    ----------
    types
        ``"order.eta"``, ``"order.*"`` or ``"*"``.
    to
        Whose messages: those to clients, and for who passes them on to people, theirs.
    secret, previous_secret
        ``whsec_…``; both sign until ``previous_until``.
    disabled_reason
        Why nothing is queued for it any more; empty while it is enabled.
    """

    id: WebhookId
    url: str
    secret: str
    created_at: datetime
    types: tuple[str, ...] = (EVERYTHING,)
    to: tuple[To, ...] = ("client",)
    description: str = ""
    enabled: bool = True
    disabled_reason: str = ""
    previous_secret: str | None = None
    previous_until: datetime | None = None
    retired: bool = False
    version: int = 1

    def secrets_at(self, now: datetime) -> tuple[str, ...]:
        """What signs now, the newest first."""
        old = self.previous_secret
        if old is None or self.previous_until is None or now >= self.previous_until:
            return (self.secret,)
        return (self.secret, old)

    def hears(self, message: Draft) -> bool:
        """Whether it asked for such messages; a test reaches every endpoint that it is sent to."""
        if message.type == TEST:
            return True
        return message.to in self.to and any(
            wanted in {EVERYTHING, part.type}
            or (wanted.endswith(".*") and part.type.startswith(wanted[:-1]))
            for wanted in self.types
            for part in message.parts
        )


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message on its way to one endpoint.

    Attributes
    ----------
    tries
        Failed tries since it was queued or its endpoint enabled: its place in the schedule.
    due_at
        Not tried before.
    """

    id: DeliveryId
    endpoint_id: WebhookId
    message_id: MessageId
    queued_at: datetime
    due_at: datetime
    state: DeliveryState = DeliveryState.PENDING
    tries: int = 0
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one try.

    Attributes
    ----------
    status
        HTTP status; None when there was no answer, and ``error`` says why.
    body
        The beginning of what it said, safe to show.
    retry_after_s
        As it asked for; None if it did not.
    """

    took_s: float
    status: int | None = None
    error: str = ""
    body: str = ""
    retry_after_s: float | None = None

    @property
    def accepted(self) -> bool:
        """Whether the message arrived."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - HTTP's own

    @property
    def told(self) -> str:
        """It in a few words."""
        return f"HTTP {self.status}" if self.status is not None else self.error


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try, as kept."""

    delivery_id: DeliveryId
    at: datetime
    answer: Answer


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an answer means.

    Attributes
    ----------
    disable
        Why the endpoint gets nothing more; empty: it does.
    """

    delivery: Delivery
    lane: Lane
    disable: str = ""


def judge(delivery: Delivery, lane: Lane, answer: Answer, now: datetime, jitter: float) -> Verdict:
    """What the answer means for the delivery, its endpoint's pace, and the endpoint.

    Parameters
    ----------
    jitter
        In [0, 1): where in `JITTER` the next wait lies.
    """
    if answer.accepted:
        pace_s = lane.pace_s / 2 if lane.pace_s / 2 >= MIN_PACE_S else 0.0
        done = replace(delivery, state=DeliveryState.DELIVERED, ended_at=now)
        return Verdict(done, _lane(pace_s, now))
    tries = delivery.tries + 1
    failed = replace(delivery, state=DeliveryState.FAILED, ended_at=now, tries=tries)
    if answer.status == _GONE:
        return Verdict(failed, Lane(), "it answered 410 Gone: it wants no more messages")
    if tries >= len(SCHEDULE_S):
        days = sum(SCHEDULE_S) / 86400
        why = f"it accepted nothing for {days:.1f} days; the last answer was {answer.told}"
        return Verdict(failed, Lane(), why)
    pace_s = lane.pace_s
    if answer.status in _OVERLOADED:
        pace_s = min(MAX_PACE_S, max(MIN_PACE_S, 2 * pace_s))
    wait_s = max(
        SCHEDULE_S[tries] * (1 + JITTER * jitter),
        min(MAX_RETRY_AFTER_S, answer.retry_after_s or 0.0),
    )
    due_at = now + timedelta(seconds=wait_s)
    return Verdict(replace(delivery, tries=tries, due_at=due_at), _lane(pace_s, now))


def _lane(pace_s: float, now: datetime) -> Lane:
    return Lane(pace_s, now + timedelta(seconds=pace_s) if pace_s else None)
