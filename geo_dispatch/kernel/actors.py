"""Who does something: a person or program known by a token, or a part of geo-dispatch."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from geo_dispatch.kernel.ids import TechnicianId


class Role(StrEnum):
    """What a token may do."""

    DISPATCHER = "dispatcher"
    TECHNICIAN = "technician"
    PLANNER = "planner"
    CLIENT = "client"
    ADMIN = "admin"
    INGEST = "ingest"
    """A phone's key: may post the fixes of its technician, nothing else."""
    FLEET = "fleet"
    """A tracking server's key: may post the fixes of every technician, nothing else."""
    CALENDAR = "calendar"
    """A calendar app's key: may read the visits of its technician, nothing else."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it, as the event log writes it.

    Attributes
    ----------
    name
        ``"token:tok_4f…"``, ``"cli"``, ``"worker"``.
    role
        None for parts of geo-dispatch itself.
    technician_id
        Whom a technician's token or an ingest key speaks for.
    """

    name: str
    role: Role | None = None
    technician_id: TechnicianId | None = None

    @property
    def label(self) -> str:
        """Role and name in one string, as stored in the event log."""
        return f"{self.role}:{self.name}" if self.role else self.name


WORKER = Actor("worker")
CLI = Actor("cli")
