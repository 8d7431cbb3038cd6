"""Who and where: the technicians, sites and kinds of job of the demo, read from one file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

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
    """

    call_sign: str
    territory: str
    home: LonLat
    vehicle: str
    skills: dict[str, int]


@dataclass(frozen=True, slots=True)
class SiteSeed:
    """A real building, and a made-up customer in it."""

    customer: str
    kind: str
    address: str
    municipality: str
    location: LonLat
    access_notes: str


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


@dataclass(frozen=True, slots=True)
class Seeds:
    """All that a demo day is made from."""

    technicians: tuple[TechnicianSeed, ...]
    sites: tuple[SiteSeed, ...]
    jobs: tuple[JobKind, ...]
    emergency: JobKind


def load_seeds() -> Seeds:
    """Read the seeds that the package carries."""
    text = files("geo_dispatch.demo").joinpath(f"{AREA}.toml").read_text("utf-8")
    data = tomllib.loads(text)
    return Seeds(
        tuple(TechnicianSeed(**{**t, "home": LonLat(*t["home"])}) for t in data["technicians"]),
        tuple(SiteSeed(**{**s, "location": LonLat(*s["location"])}) for s in data["sites"]),
        tuple(map(_job_kind, data["jobs"])),
        _job_kind(data["emergency"]),
    )


def _job_kind(entry: dict[str, Any]) -> JobKind:
    return JobKind(**{**entry, "kinds": tuple(entry["kinds"])})
