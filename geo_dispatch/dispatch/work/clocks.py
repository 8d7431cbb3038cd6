"""Clocks of a service level agreement (SLA), as an order carries them. `sla` says how they run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SlaClock:
    """A promise with a deadline, paused and stopped by what happens.

    Attributes
    ----------
    target_s
        Business time promised, seconds.
    due_at
        The deadline as pauses have moved it so far.
    paused_at
        Since when it stands still; None while it runs.
    stopped_at
        When the promise was kept or broken for good: arrived, done, cancelled.
    """

    target_s: float
    due_at: datetime
    paused_at: datetime | None = None
    stopped_at: datetime | None = None

    @property
    def runs(self) -> bool:
        """Whether time counts against it now."""
        return self.paused_at is None and self.stopped_at is None

    @property
    def breached(self) -> bool:
        """Whether it was stopped too late."""
        return self.stopped_at is not None and self.stopped_at > self.due_at


@dataclass(frozen=True, slots=True)
class Sla:
    """The clocks of one order under one policy.

    Attributes
    ----------
    policy, policy_version
        Which promise of which version of the policy document.
    response
        Until the technician is there.
    completion
        Until the work is done.
    """

    policy: str
    policy_version: int
    response: SlaClock | None = None
    completion: SlaClock | None = None
