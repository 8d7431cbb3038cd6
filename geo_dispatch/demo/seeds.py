"""Who and where: the technicians, sites and kinds of job of the demo, read from one file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Final

import msgspec

from geo_dispatch.kernel.geo import LonLat

AREA: Final = "liechtenstein"


@dataclass(frozen=True, slots=True)
class TechnicianSeed:
    """A technician of the demo.

    Attributes
    ----------
    territory
        Name of the home territory, a municipality.
    skills
        Level by name of the skill.
    certificates
        Days that each is still good for, by name; negative has ended, 0 never ends.
    equipment, parts
        On the vehicle: what it has, and how many of each part.
    on_call
        Whether emergencies may call after the shift.
    breaks
        Whether there is a break at noon in the plan.
    """

    call_sign: str
    territory: str
    home: LonLat
    vehicle: str
    skills: dict[str, int]
    certificates: dict[str, int] = field(default_factory=dict)
    equipment: tuple[str, ...] = ()
    parts: dict[str, int] = field(default_factory=dict)
    on_call: bool = False
    breaks: bool = False


@dataclass(frozen=True, slots=True)
class SiteSeed:
    """A real building, and a made-up customer in it.

    Attributes
    ----------
    tier
        Of the customer's contract.
    closes
        Whether nobody is let in outside working hours.
    """

    customer: str
    kind: str
    address: str
    municipality: str
    location: LonLat
    access_notes: str
    tier: str = "standard"
    closes: bool = False


@dataclass(frozen=True, slots=True)
class EquipmentSeed:
    """What stands at all sites of some kinds, and the skill that it is worked on with."""

    skill: str
    type: str
    name: str
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JobKind:
    """A job that customers call for; at any site if ``kinds`` is empty."""

    title: str
    type: str
    skills: dict[str, int]
    priority: int
    duration_min: int
    has_window: bool
    kinds: tuple[str, ...]
    certificates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stage:
    """One order of the project that waits for the dispatcher at the map.

    Attributes
    ----------
    permits
        That are still to be granted.
    """

    title: str
    type: str
    duration_min: int
    certificates: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    crew_size: int = 1
    permits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Project:
    """Work in stages at one customer, the things that it needs, and who goes together."""

    customer: str
    resources: dict[str, tuple[str, ...]]
    crew: str
    lead: str
    member: str
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Seeds:
    """All that a demo day is made from."""

    technicians: tuple[TechnicianSeed, ...]
    sites: tuple[SiteSeed, ...]
    equipment: tuple[EquipmentSeed, ...]
    jobs: tuple[JobKind, ...]
    emergency: JobKind
    project: Project


def load_seeds() -> Seeds:
    """Read the seeds that the package carries."""
    text = files("geo_dispatch.demo").joinpath(f"{AREA}.toml").read_text("utf-8")
    data = tomllib.loads(text)
    return msgspec.convert(data, Seeds)
