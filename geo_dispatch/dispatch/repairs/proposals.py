"""Repairs that a dispatcher may accept or reject, as a difference to the days as they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from geo_dispatch.dispatch.repairs.changes import Rearrangement
from geo_dispatch.kernel.ids import OrderId, ProposalId, TechnicianId


class Cause(StrEnum):
    """What upset the day. Stable: clients rely on them."""

    OVERRUN = "overrun"
    LATE = "late"
    ILL = "ill"
    STUCK = "stuck"
    CANCELLED = "cancelled"
    NO_ACCESS = "no_access"
    MATERIAL = "material"
    HELD = "held"
    ROADS = "roads"


class ProposalState(StrEnum):
    """Where a proposal stands. Only open ones can be accepted.

    ``NO_OP``: nothing need be done, or nothing can. ``SUPERSEDED``: a newer one is about the same.
    ``STALE``: somebody wanted to accept it when the world had moved on.
    """

    OPEN = "open"
    NO_OP = "no_op"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What could be done about a disruption, or why nothing need be.

    Attributes
    ----------
    subject
        Id of the order, the technician or the closure that it is about.
    fact
        What happened and what comes of it, for a person.
    technician_ids
        Whose days it touches, or looked at.
    rearrangement
        What would be otherwise; without changes when nothing need be done, or nothing can.
    base
        Versions of the orders that it was worked out on, by id.
    as_of
        Seq of the newest event then.
    reason
        Why it was rejected.
    working_id
        What it was worked out from; None when it changes nothing.
    """

    id: ProposalId
    cause: Cause
    subject: str
    fact: str
    state: ProposalState
    at: datetime
    expires_at: datetime
    technician_ids: tuple[TechnicianId, ...] = ()
    rearrangement: Rearrangement = field(default_factory=Rearrangement)
    base: Mapping[OrderId, int] = field(default_factory=dict)
    as_of: int = 0
    decided_at: datetime | None = None
    decided_by: str = ""
    reason: str = ""
    working_id: str | None = None
