"""Changes on the road as a deployment keeps them: what, why, when, and by whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from geo_dispatch.kernel.ids import RoadChangeId
from geo_dispatch.roads.changes import RoadChange


@dataclass(frozen=True, slots=True)
class RoadChangeRecord:
    """A change that somebody made; one that was undone stays on record.

    Attributes
    ----------
    starts_at, ends_at
        It holds from then, and until then (no longer in it); None: at once, until it is undone.
    created_by, undone_by
        `Actor.label`.
    told
        Whether the event log's last word of it is that it is in force.
    """

    id: RoadChangeId
    change: RoadChange
    name: str
    reason: str
    starts_at: datetime | None
    ends_at: datetime | None
    created_at: datetime
    created_by: str
    told: bool
    undone_at: datetime | None = None
    undone_by: str = ""

    def holds_at(self, moment: datetime) -> bool:
        """Whether one drives by it then."""
        return (
            self.undone_at is None
            and (self.starts_at is None or self.starts_at <= moment)
            and (self.ends_at is None or moment < self.ends_at)
        )

    def is_over_at(self, moment: datetime) -> bool:
        """Whether it ended before; what is undone ended then."""
        return self.undone_at is not None or (self.ends_at is not None and self.ends_at <= moment)

    @property
    def label(self) -> str:
        """What people know it by: its name if it has one, why, and its id."""
        told = f"{self.name}: {self.reason}" if self.name else self.reason
        return f"{told} ({self.id})"


def closed_by(records: Sequence[RoadChangeRecord]) -> str:
    """What to say of a way that these closures cut off: ``"closed by works (rc_4f…)"``."""
    return f"closed by {' and by '.join(one.label for one in records)}"
