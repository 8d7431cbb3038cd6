"""Bodies of disruptions and of the repairs proposed for them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import shapely
from pydantic import Field

from api.schemas.common import Input, Name, Number, Output, Text
from api.schemas.shapes import ShapeIn


class AreaIn(ShapeIn):
    """An area, as a GeoJSON geometry."""

    def to_core(self) -> shapely.Polygon | shapely.MultiPolygon:
        """The polygon."""
        return self.shape("area")


class ReplanIn(Input):
    """Where driving is slower, or not possible."""

    area: AreaIn
    factor: Number | None = Field(
        None, gt=0, le=1000, description="Driving takes so many times as long; null: closed."
    )
    reason: Text = Field("", examples=["black ice"])


class DisruptionIn(Input):
    """What a dispatcher hears of before the record does."""

    cause: Literal["overrun", "late", "ill", "stuck", "cancelled", "no_access", "material", "held"]
    technician_id: Name = Field(description="Whose day it upsets.")
    order_id: Name | None = Field(
        None,
        description="The order that it happened with; may be left out of late, ill and stuck.",
    )


class ProposedChangeOut(Output):
    """One order that would not be as it was."""

    order_id: str
    number: str = Field(examples=["WO-1042"])
    kind: Literal["assigned", "bumped", "moved", "unassigned"]
    technician_before: str | None
    technician_after: str | None
    begin_before: datetime | None = Field(description="Planned beginning of the work.")
    begin_after: datetime | None
    why: str
    breaks: list[str] = Field(description="Limits that it would miss and does not now.")
    crew_before: list[str] = Field(description="Who was to go along.")
    crew_after: list[str] = Field(description="Who would go along.")


class ProposalOut(Output):
    """What could be done about a disruption, or why nothing need be."""

    id: str = Field(examples=["pr_5q2k7m9x"])
    cause: str = Field(examples=["overrun"])
    subject: str = Field(description="The order, technician or closure that it is about.")
    fact: str = Field(description="What happened, and what comes of it.")
    state: Literal["open", "no_op", "accepted", "rejected", "expired", "superseded", "stale"] = (
        Field(description="Only open ones can be accepted. `no_op`: nothing need be done, or can.")
    )
    at: datetime
    expires_at: datetime
    technician_ids: list[str] = Field(description="Whose days would change.")
    changes: list[ProposedChangeOut] = Field(
        description="Whatever isn't listed stays to the second."
    )
    decided_at: datetime | None
    decided_by: str
    reason: str


class ProposalsOut(Output):
    """Proposals, newest first."""

    items: list[ProposalOut]
