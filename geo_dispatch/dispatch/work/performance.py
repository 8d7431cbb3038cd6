"""What completed orders say of technicians and of jobs: a snapshot with a version, never live.

Rankings and default durations use the snapshot that they name, so that a stored decision can be
decided again after the figures have changed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import takewhile
from typing import Final

import numpy as np

from geo_dispatch.dispatch.work.orders import Status, WorkOrder
from geo_dispatch.kernel.errors import Fault, InvalidInput
from geo_dispatch.kernel.ids import OrderId, SiteId, TechnicianId

MAX_DAYS: Final = 3650
MAX_VISITS: Final = 1000


@dataclass(frozen=True, slots=True)
class PerformanceParams:
    """Which orders count, and how many it takes.

    Attributes
    ----------
    days
        Orders that were completed within so many days before the snapshot.
    min_visits
        Fewer of a kind are no evidence: their figures are left out.
    """

    days: int = 90
    min_visits: int = 5

    def __post_init__(self) -> None:
        faults = [
            Fault(name, f"{value} is not between 1 and {most}")
            for name, value, most in (
                ("days", self.days, MAX_DAYS),
                ("min_visits", self.min_visits, MAX_VISITS),
            )
            if not 1 <= value <= most
        ]
        if faults:
            raise InvalidInput("these figures of performance can't be used", faults)


@dataclass(frozen=True, slots=True)
class Entry:
    """How one technician did at one type of job.

    Attributes
    ----------
    visits
        Completed orders behind the figures.
    first_time_fix
        Share of them that were fixed and needed no follow-up; 0 to 1.
    type_first_time_fix
        The same of everybody who did this type of job.
    duration_ratio
        Median time at work over that of everybody at this type: 0.8 takes a fifth less.
    """

    technician_id: TechnicianId
    job_type: str
    visits: int
    first_time_fix: float
    type_first_time_fix: float
    duration_ratio: float


@dataclass(frozen=True, slots=True)
class Duration:
    """How long one type of job takes.

    Attributes
    ----------
    site_id
        At this site; None at all of them.
    p50_s, p90_s
        Half of them took no longer, nine of ten took no longer; seconds at work.
    """

    job_type: str
    site_id: SiteId | None
    visits: int
    p50_s: float
    p90_s: float


@dataclass(frozen=True, slots=True)
class Performance:
    """A snapshot; ``version`` 0 is the empty one before the first.

    Attributes
    ----------
    since, until
        The completed orders between them.
    entries
        By type of job, then by technician.
    """

    version: int = 0
    since: datetime | None = None
    until: datetime | None = None
    entries: tuple[Entry, ...] = ()
    durations: tuple[Duration, ...] = ()

    def of(self, technician_id: TechnicianId, job_type: str) -> Entry | None:
        """The technician's figures at that type of job; None without evidence."""
        wanted = (job_type.casefold(), technician_id)
        place = bisect_left(self.entries, wanted, key=_key)
        found = self.entries[place : place + 1]
        return found[0] if found and _key(found[0]) == wanted else None

    def about(self, job_type: str) -> Performance:
        """What a ranking for that type of job asks for: its entries alone."""
        kind = job_type.casefold()
        first = bisect_left(self.entries, (kind, TechnicianId("")), key=_key)
        entries = takewhile(lambda entry: entry.job_type == kind, self.entries[first:])
        return replace(self, entries=tuple(entries), durations=())

    def duration(self, job_type: str, site_id: SiteId | None = None) -> Duration | None:
        """How long that type of job takes: at the site if known there, else anywhere."""
        kind = job_type.casefold()
        found = {d.site_id: d for d in self.durations if d.job_type == kind}
        return found.get(site_id) or found.get(None)


def snapshot(
    orders: Iterable[WorkOrder],
    followed_up: Collection[OrderId],
    *,
    version: int,
    since: datetime,
    until: datetime,
    params: PerformanceParams,
) -> Performance:
    """Work out the figures; the same orders give the same figures in the same sequence.

    Parameters
    ----------
    orders
        Completed ones count, if they ended from ``since`` until ``until`` and somebody worked.
    followed_up
        Orders that another one follows up: not fixed at the first visit, whatever was said.
    """
    done = sorted(
        (order for order in orders if _counts(order, since, until)), key=lambda order: order.id
    )
    by_type: defaultdict[str, list[WorkOrder]] = defaultdict(list)
    for order in done:
        by_type[order.type.casefold()].append(order)
    return Performance(
        version=version,
        since=since,
        until=until,
        entries=tuple(
            entry
            for kind in sorted(by_type)
            for entry in _entries(kind, by_type[kind], frozenset(followed_up), params)
        ),
        durations=tuple(
            duration
            for kind in sorted(by_type)
            for duration in _durations(kind, by_type[kind], params)
        ),
    )


def _key(entry: Entry) -> tuple[str, TechnicianId]:
    return (entry.job_type, entry.technician_id)


def worked_s(order: WorkOrder) -> float | None:
    """Time at work on a completed order, seconds; None when nobody said when it began."""
    began = order.started_at or (order.arrival.at if order.arrival else None)
    if began is None or order.ended_at is None or order.ended_at <= began:
        return None
    return (order.ended_at - began).total_seconds()


def _counts(order: WorkOrder, since: datetime, until: datetime) -> bool:
    return (
        order.status is Status.COMPLETE
        and order.technician_id is not None
        and order.ended_at is not None
        and since <= order.ended_at < until
        and worked_s(order) is not None
    )


def _entries(
    kind: str,
    orders: Sequence[WorkOrder],
    followed_up: Collection[OrderId],
    params: PerformanceParams,
) -> list[Entry]:
    by_technician: defaultdict[TechnicianId, list[WorkOrder]] = defaultdict(list)
    for order in orders:
        if order.technician_id is not None:
            by_technician[order.technician_id].append(order)
    everybody = _quantile(orders, 0.5)
    return [
        Entry(
            technician_id=technician_id,
            job_type=kind,
            visits=len(own),
            first_time_fix=_fixed(own, followed_up),
            type_first_time_fix=_fixed(orders, followed_up),
            duration_ratio=_quantile(own, 0.5) / everybody,
        )
        for technician_id, own in sorted(by_technician.items())
        if len(own) >= params.min_visits
    ]


def _durations(kind: str, orders: Sequence[WorkOrder], params: PerformanceParams) -> list[Duration]:
    by_site: defaultdict[SiteId, list[WorkOrder]] = defaultdict(list)
    for order in orders:
        by_site[order.site_id].append(order)
    groups: list[tuple[SiteId | None, list[WorkOrder]]] = [(None, list(orders))]
    groups.extend(sorted(by_site.items()))
    return [
        Duration(kind, site_id, len(group), _quantile(group, 0.5), _quantile(group, 0.9))
        for site_id, group in groups
        if len(group) >= params.min_visits
    ]


def _fixed(orders: Sequence[WorkOrder], followed_up: Collection[OrderId]) -> float:
    fixed = [order.outcome == "fixed" and order.id not in followed_up for order in orders]
    return sum(fixed) / len(fixed)


def _quantile(orders: Sequence[WorkOrder], share: float) -> float:
    return float(np.quantile([worked_s(order) or 0.0 for order in orders], share))
