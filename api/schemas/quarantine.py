"""Bodies of the list of refused fixes."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from api.schemas.common import Output


class QuarantinedOut(Output):
    """A fix that was refused, and what helps."""

    id: str
    technician_id: str = Field(
        description="As sent: an id of ours, or a device's name that nobody here has; empty where "
        "nobody is named.",
        examples=["tc_5q2k7m9x"],
    )
    at: datetime | None = Field(description="The time that was told, if it is one.")
    lon: float | None = Field(description="As sent: may be off the earth.")
    lat: float | None
    code: str = Field(description="Stable name of what was wrong.", examples=["future"])
    message: str = Field(examples=["its time is 3600 s in the future, more than 30 s"])
    remedy: str = Field(examples=["set the phone's clock to automatic time"])
    received_at: datetime
    sent_by: str = Field(description="Whose key sent it.", examples=["ingest:token:tok_4f"])
