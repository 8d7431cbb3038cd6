"""What a stop asks for whenever it is set out for: gathered once, for a day is tried many times."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime, timedelta

from geo_dispatch.dispatch.days.feasibility import Deadline, Limit, deadlines
from geo_dispatch.dispatch.days.plan import Stop
from geo_dispatch.kernel.ids import OrderId


@dataclass(frozen=True, slots=True)
class Errand:
    """A stop, read.

    Attributes
    ----------
    not_before
        What the beginning waits for, apart from the technician and the site.
    work
        Still to do there.
    deadlines
        Of the order and its crew; on site it is too late for those of the beginning.
    """

    stop: Stop
    not_before: tuple[datetime, ...]
    work: timedelta
    deadlines: tuple[Deadline, ...]
    project: bool
    reached: bool
    fixed: bool

    @classmethod
    def of(cls, stop: Stop, now: datetime, planned: Container[OrderId]) -> Errand:
        """Read the stop; it waits for ``planned`` orders there, and not here."""
        reached = stop.reached
        marks = [stop.order.not_before, stop.joins_at]
        marks += [prior.done_at for prior in stop.priors if prior.order_id not in planned]
        limits = deadlines(stop.order)
        if stop.joins_at is not None:
            limits = (*limits, Deadline(Limit.CREW, "begin", stop.joins_at))
        if reached:
            limits = tuple(limit for limit in limits if limit.of == "finish")
        return cls(
            stop=stop,
            not_before=tuple(mark for mark in marks if mark is not None),
            work=timedelta(seconds=stop.remaining_s(now)),
            deadlines=limits,
            project=stop.order.work_class == "project",
            reached=reached,
            fixed=reached or stop.under_way,
        )
