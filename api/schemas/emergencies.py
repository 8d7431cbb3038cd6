"""Bodies of emergencies: what is called in, and what it does to the day."""

from __future__ import annotations

from datetime import datetime
from typing import Self, cast

from pydantic import Field, model_validator

from api.schemas.common import Moment, Name, Output, WindowOut
from api.schemas.dispatching import ExcludedOut
from api.schemas.orders import SlaOut, WorkOrderChange, WorkOrderOut
from geo_dispatch.dispatch.repairs.changes import ChangeKind
from geo_dispatch.dispatch.work.orders import OrderFields
from geo_dispatch.services.repairs.emergencies import Call

_OF_THE_CALL = frozenset({"order_id", "respond_by"})


class EmergencyIn(WorkOrderChange):
    """An emergency: the fields of a new order, or `order_id` of one that waits.

    Its priority is 1, whatever else is said.
    """

    order_id: Name | None = Field(None, description="An order that waits already.")
    respond_by: Moment | None = Field(
        None,
        description="When somebody must be there; left out: what the SLA, the window or the "
        "policy says.",
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        named = self.model_fields_set - _OF_THE_CALL
        if self.order_id is not None and named:
            raise ValueError(
                f'gives both "order_id" and {", ".join(sorted(named))} of a new order; '
                "change the order first, or leave its id out"
            )
        return self

    def call(self) -> Call:
        """As the service takes it."""
        fields = {name: value for name, value in self.given().items() if name not in _OF_THE_CALL}
        return Call(cast("OrderFields", fields), self.order_id, self.respond_by)


class EmergencyCostOut(Output):
    """What answers are compared by, from the first to the last."""

    late_min: int = Field(description="The emergency is late by so much, rounded up.")
    broken: int = Field(description="Promises to others that held and are missed now.")
    unassigned: int = Field(description="Visits that go to the backlog.")
    changes: int = Field(description="Length of `changes`.")
    minutes: float = Field(description="Score of who goes, and driving added in all days.")


class EmergencyChangeOut(Output):
    """An order that is not as it was. Those not listed are, to the second."""

    order_id: str
    number: str
    kind: ChangeKind
    technician_before: str | None
    technician_after: str | None
    call_sign_before: str | None
    call_sign_after: str | None
    begin_before: datetime | None = Field(description="Planned beginning of the work.")
    begin_after: datetime | None
    eta: datetime | None = Field(description="When somebody is there now; null: nobody is sent.")
    slack_s: float | None = Field(
        description="How much later it could be before a limit breaks; null: no limit."
    )
    window: WindowOut | None
    due_at: datetime | None
    sla: SlaOut | None = Field(description="Its clocks: no emergency moves them.")
    why: str
    breaks: list[str] = Field(description="Limits that it misses now and did not before.")
    crew_before: list[str] = Field(description="Who was to go along.")
    crew_after: list[str] = Field(description="Who goes along.")


class EmergencyFlagOut(Output):
    """An order that needs a dispatcher's judgment for it."""

    order_id: str
    fact: str


class FirmOut(Output):
    """A less urgent visit that could not make room."""

    order_id: str
    number: str
    technician_id: str
    why: str


class EmergencyOut(Output):
    """What the emergency came to, or with `dry_run` would come to."""

    dry_run: bool
    order: WorkOrderOut
    technician_id: str | None = Field(description="Null: nobody can come; `excluded` says why.")
    call_sign: str | None
    crew: list[str] = Field(description="Technicians who go with them.")
    told: str = Field(description="What it comes to, in one sentence.")
    respond_by: datetime
    arrive_at: datetime | None
    begin_at: datetime | None
    cost: EmergencyCostOut | None
    proven: bool = Field(description="No other answer costs less; false: the search was cut short.")
    changes: list[EmergencyChangeOut] = Field(description="The emergency first.")
    flagged: list[EmergencyFlagOut]
    firm: list[FirmOut] = Field(
        description="When somebody comes late, or nobody: visits in the way that stay."
    )
    excluded: list[ExcludedOut]
