"""Everybody as they stand at one moment, for all the orders that are ranked then.

A `Fleet` is made once for a moment and answers for many orders: who can what (`columns`), where a
visit could go (`points`), and each day exactly, worked out when somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.day import Day, day_of, legs_of
from geo_dispatch.dispatch.days.drives import Drives, Leg
from geo_dispatch.dispatch.days.plan import Plan, origin
from geo_dispatch.dispatch.ranking.columns import Columns
from geo_dispatch.dispatch.ranking.points import Points, Roads, points_of
from geo_dispatch.kernel.ids import OrderId, TechnicianId

Floats = NDArray[np.float64]


class Fleet:
    """Every technician's plan at one moment.

    Parameters
    ----------
    plans
        One per technician.
    known
        Legs whose drive time is known already.
    """

    def __init__(
        self,
        plans: Iterable[Plan],
        roads: Roads,
        now: datetime,
        zone: ZoneInfo,
        *,
        known: Mapping[Leg, float | None] | None = None,
    ) -> None:
        self.plans = tuple(sorted(plans, key=lambda plan: plan.technician.id))
        self.rows = {plan.technician.id: row for row, plan in enumerate(self.plans)}
        self.roads, self.now, self.zone = roads, now, zone
        self.drives = Drives(roads.drive_times, known or {})
        self.starts = tuple(origin(plan, now, zone) for plan in self.plans)
        self._days: dict[TechnicianId, Day] = {}

    @cached_property
    def columns(self) -> Columns:
        """Who can what."""
        return Columns(self.plans, self.starts)

    @cached_property
    def holders(self) -> Mapping[OrderId, list[int]]:
        """The rows of those in whose plan each order is."""
        found: dict[OrderId, list[int]] = {}
        for row, plan in enumerate(self.plans):
            for stop in plan.stops:
                found.setdefault(stop.order.id, []).append(row)
        return found

    def only(self, technician_ids: Collection[TechnicianId]) -> Fleet:
        """Some of them, as they stand, on the same roads."""
        plans = [plan for plan in self.plans if plan.technician.id in technician_ids]
        some = Fleet(plans, self.roads, self.now, self.zone)
        some.drives = self.drives
        return some

    def day(self, row: int, without: OrderId | None = None) -> Day:
        """The technician's day, exact; ``without`` an order that is in it."""
        plan = self.plans[row]
        if without is not None and row in self.holders.get(without, ()):
            plan = plan.without(without)
            return day_of(plan, self.drives, self.now, self.zone)
        found = self._days.get(plan.technician.id)
        if found is None:
            found = day_of(plan, self.drives, self.now, self.zone)
            self._days[plan.technician.id] = found
        return found

    def prefetch_days(self, rows: Iterable[int]) -> None:
        """Ask for the drive times of several days in one question."""
        ids = ((row, self.plans[row].technician.id) for row in rows)
        self.drives.prefetch(
            leg
            for row, technician_id in ids
            if technician_id not in self._days
            for leg in legs_of(self.plans[row], self.starts[row])
        )

    @cached_property
    def points(self) -> Points:
        """Where a visit may go, and how little it takes."""
        return points_of(
            self.plans,
            self.starts,
            roads=self.roads,
            known=self.drives.known,
            now=self.now,
            zone=self.zone,
        )

    def work_s(self, case: Case) -> Floats:
        """Work still to do on the day of the case, without its order, seconds; (n,)."""
        stops = self.points.stops
        counts = (stops.day == case.day.toordinal()) & (stops.order != case.order.id)
        work_s = np.zeros(len(self.plans))
        np.add.at(work_s, stops.row[counts], stops.work_s[counts])
        return work_s
