"""Bodies of drafts of invoices."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from api.schemas.common import Output
from api.schemas.technicians import PartOut
from geo_dispatch.dispatch.work.invoicing import Gap
from geo_dispatch.dispatch.work.orders import Source, Status


class TimeLineOut(Output):
    """Time of one technician."""

    technician_id: str
    call_sign: str
    basis: Literal["steps", "visit", "way"] = Field(
        description="`steps`: on the tools, as told; `visit`: on site, where nobody told of that; "
        "`way`: from setting out until the arrival."
    )
    start: datetime
    start_source: Source
    end: datetime | None = Field(description="Null: not recorded; `missing` says so.")
    end_source: Source | None
    minutes: int | None = Field(description="Whole, to the nearest; null without an end.")


class MinutesOut(Output):
    """The sum over lines."""

    total: int
    by_gps: int = Field(description="Of lines that fixes show at both ends.")
    by_word: int = Field(description="Of lines that rest on a person's word.")


class MissingOut(Output):
    """What somebody has to settle before an invoice is written."""

    code: Gap
    fact: str = Field(examples=["no departure is recorded"])
    technician_id: str | None
    call_sign: str | None
    at: datetime | None = Field(description="When what stays open began.")


class InvoiceDraftOut(Output):
    """What was put into an order, by its record: quantities, without prices or tax."""

    order_id: str
    number: str
    status: Status
    ended_at: datetime | None
    labour: list[TimeLineOut]
    travel: list[TimeLineOut] = Field(description="Minutes; metres are not on the record.")
    parts: list[PartOut]
    labour_min: MinutesOut
    travel_min: MinutesOut
    missing: list[MissingOut]
