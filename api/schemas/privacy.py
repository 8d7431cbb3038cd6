"""Bodies of privacy: the switch, its unlocking, who looked, what was erased."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from api.schemas.common import Flag, Input, Moment, Output, Whole
from geo_dispatch.kernel.text import checked_text

Reason = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(checked_text)]


class PrivacyTold(Input):
    """The technician goes private, or ends that."""

    private: Flag
    until: Moment | None = Field(
        None,
        description="When it ends by itself, at most 7 days ahead; left out: when the next shift "
        "begins.",
    )


class PrivacyOut(Output):
    """How a technician's privacy stands."""

    technician_id: str
    tracked: bool = Field(description="Whether a position of this moment would be kept.")
    since: datetime | None = Field(description="Of the private time that goes on.")
    until: datetime | None = Field(description="When it ends by itself.")
    unlocked_until: datetime | None = Field(description="Until when an emergency lifts it.")


class PrivateOut(Output):
    """A technician who is private now."""

    technician_id: str
    since: datetime
    until: datetime


class PrivaciesOut(Output):
    """Everybody who is private now."""

    items: list[PrivateOut]


class PrivacyUnlock(Input):
    """An emergency in which somebody private or off shift must be found."""

    reason: Reason = Field(description="What the emergency is; the technician is told.")
    minutes: Whole = Field(60, ge=1, le=240, description="For how long, from now on.")

    @property
    def lasts(self) -> timedelta:
        """For how long."""
        return timedelta(minutes=self.minutes)


class LookOut(Output):
    """Somebody looked at where the technician was."""

    seq: int = Field(description="Of the event in the log.")
    at: datetime
    viewer: str = Field(description="Role and token.", examples=["dispatcher:token:tok_4f2a"])
    what: str = Field(examples=["trail"])
    start: datetime = Field(description="The time that they looked at.")
    end: datetime
    purpose: str


class AccessLogOut(Output):
    """Who looked at where a technician was, the last first; at most 500."""

    items: list[LookOut]


class ErasureIn(Input):
    """All that is personal of a technician is to go, and won't come back."""

    confirm: str = Field(description="The technician's call sign, as it stands on the record.")
    reason: Reason


class ErasureOut(Output):
    """What was erased."""

    technician_id: str
    erased_at: datetime
    fixes: int
    events: int = Field(description="Events of the log whose words went; their digests stay.")
