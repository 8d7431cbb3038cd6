"""When which job comes in: a seeded plan of a believable day."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from geo_dispatch.demo.seeds import JobKind, Seeds
from geo_dispatch.kernel.time import Window


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How busy the day is.

    Attributes
    ----------
    at_start
        Jobs already waiting when the day begins.
    every_min
        Mean minutes from one later job to the next: a little less than 12 technicians can do.
    hours
        After so many hours no more jobs come in.
    emergencies_min
        Minutes after the start when an emergency comes in.
    duration_scale
        Multiplies the work on site; checks are in a hurry.
    windows
        Whether customers expect the technician at certain hours.
    """

    at_start: int = 24
    every_min: float = 4.5
    hours: float = 8.5
    emergencies_min: tuple[float, ...] = (12.0,)
    duration_scale: float = 1.0
    windows: bool = True

    def __post_init__(self) -> None:
        if self.at_start < 1:
            raise ValueError("at_start must be at least 1")
        if min(self.every_min, self.duration_scale) <= 0:
            raise ValueError("every_min and duration_scale must be above 0")


@dataclass(frozen=True, slots=True)
class Job:
    """A work order to be placed.

    Attributes
    ----------
    site
        Index into the seeds' sites.
    emergency
        Somebody must go at once, whatever else was planned.
    """

    at: datetime
    kind: JobKind
    site: int
    window: Window | None
    due_at: datetime
    duration_s: float
    emergency: bool = False


_DUE_H = {1: 1.5, 2: 4.0, 3: 8.0, 4: 10.0, 5: 30.0}
"""Hours until an order is due by contract, by its priority."""

_BOOKED = 0.6
"""Share of the jobs that can be booked for a certain time which are."""


def plan_day(seeds: Seeds, start: datetime, rhythm: Rhythm, seed: int = 1) -> list[Job]:
    """All jobs of the day in the order in which they come in; the same seed, the same day."""
    rng = random.Random(seed)
    moments = _moments(start, rhythm, rng)
    jobs: list[Job] = []
    recent: list[int] = []
    for at in moments:
        kind = rng.choice(seeds.jobs)
        site = _site_for(seeds, kind, recent, rng)
        recent = [*recent, site][-len(seeds.sites) // 2 :]
        jobs.append(_job(at, kind, site, rhythm, rng))
    for minutes in rhythm.emergencies_min:
        at = start + timedelta(minutes=minutes)
        site = _site_for(seeds, seeds.emergency, recent, rng)
        recent = [*recent, site]
        called = _job(at, seeds.emergency, site, rhythm, rng)
        jobs.append(replace(called, emergency=True))
    return sorted(jobs, key=lambda job: job.at)


def _moments(start: datetime, rhythm: Rhythm, rng: random.Random) -> list[datetime]:
    # the morning's jobs come in within a minute, so that the map fills while one looks
    moments = [start + timedelta(seconds=60 * i / rhythm.at_start) for i in range(rhythm.at_start)]
    last = start + timedelta(hours=rhythm.hours)
    at = moments[-1]
    while (at := at + timedelta(minutes=rng.uniform(0.4, 1.6) * rhythm.every_min)) < last:
        moments.append(at)
    return moments


def _site_for(seeds: Seeds, kind: JobKind, recent: Sequence[int], rng: random.Random) -> int:
    fitting = [i for i, site in enumerate(seeds.sites) if not kind.kinds or site.kind in kind.kinds]
    return rng.choice([i for i in fitting if i not in recent] or fitting)


def _job(at: datetime, kind: JobKind, site: int, rhythm: Rhythm, rng: random.Random) -> Job:
    window = None
    if rhythm.windows and kind.has_window and rng.random() < _BOOKED:
        opens = _whole_half_hour(at + timedelta(minutes=rng.choice([0, 30, 90])))
        window = Window(opens, opens + timedelta(hours=rng.choice([2, 3])))
    due_at = at + timedelta(hours=_DUE_H[kind.priority])
    return Job(
        at=at,
        kind=kind,
        site=site,
        window=window,
        due_at=max(due_at, window.end) if window else due_at,
        duration_s=60.0 * round(kind.duration_min * rng.uniform(0.8, 1.2)) * rhythm.duration_scale,
    )


def _whole_half_hour(moment: datetime) -> datetime:
    return moment.replace(minute=moment.minute // 30 * 30, second=0, microsecond=0)
