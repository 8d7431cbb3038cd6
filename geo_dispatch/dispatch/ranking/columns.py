"""A fleet's abilities by column, so that ten thousand technicians are sifted at a glance.

`able` answers for everybody at once what `qualification.exclusions` answers in words for one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.plan import Basis, Origin, Plan
from geo_dispatch.dispatch.ranking.qualification import of_the_order, off_duty
from geo_dispatch.dispatch.records.technicians import Leave, Shift, Technician
from geo_dispatch.kernel.time import Window

Mask = NDArray[np.bool_]

_FOREVER: Final = date.max.toordinal()


class Columns:
    """Who has what, each name with the rows of those who have it."""

    def __init__(self, plans: Sequence[Plan], starts: Sequence[Origin | None]) -> None:
        self.size = len(plans)
        self.in_service = np.array([not plan.technician.retired for plan in plans], dtype=bool)
        self.placed = np.array([start is not None for start in starts], dtype=bool)
        self.stale = np.array(
            [start is not None and start.basis is Basis.STALE_POSITION for start in starts],
            dtype=bool,
        )
        self.territory = np.array([plan.technician.territory_id for plan in plans], dtype=object)
        self.has_territory = np.array([one is not None for one in self.territory], dtype=bool)
        self._plans = plans
        skills: _Rows = defaultdict(list)
        certificates: _Rows = defaultdict(list)
        types: _Rows = defaultdict(list)
        aboard: _Rows = defaultdict(list)
        parts: _Rows = defaultdict(list)
        duties: dict[_Hours, int] = {}
        self._duties: list[Technician] = []
        self._duty_of = np.empty(self.size, dtype=np.intp)
        for row, plan in enumerate(plans):
            one = plan.technician
            for skill in one.skills:
                skills[skill.name.casefold()].append((row, skill.level, _day(skill.expires_on)))
            for held in one.certificates:
                certificates[held.name.casefold()].append((row, 1, _day(held.expires_on)))
            for known in one.equipment_types:
                types[known.casefold()].append((row, 1, _FOREVER))
            for name in one.vehicle.equipment if one.vehicle else ():
                aboard[name].append((row, 1, _FOREVER))
            for part in one.parts:
                parts[part.sku.casefold()].append((row, part.quantity, _FOREVER))
            hours = (one.shifts, one.leave, one.on_call)
            if hours not in duties:
                duties[hours] = len(duties)
                self._duties.append(one)
            self._duty_of[row] = duties[hours]
        self._skills, self._certificates, self._types, self._aboard, self._parts = (
            {name: np.array(rows, dtype=np.int64) for name, rows in column.items()}
            for column in (skills, certificates, types, aboard, parts)
        )

    def able(self, case: Case) -> Mask:
        """Whom nothing excludes that can be told without roads; (n,) bool."""
        if of_the_order(case):
            return np.zeros(self.size, dtype=bool)
        order, day = case.order, case.day.toordinal()
        able: Mask = self.in_service & self.placed & self._on_duty(case)
        if case.day <= case.now.astimezone(case.zone).date():
            able &= ~self.stale
        self._drop_waiting(case, able)
        if case.joins_at is not None:
            return able
        for need in order.required_skills:
            able &= self._having(self._skills, need.name.casefold(), need.level, day)
        for name in order.required_certificates:
            able &= self._having(self._certificates, name.casefold(), 1, day)
        if case.equipment_type:
            able &= self._having(self._types, case.equipment_type.casefold(), 1, day)
        booked = {name for one in case.resources if not one.retired for name in one.provides}
        for name in set(order.required_equipment) - booked:
            able &= self._having(self._aboard, name, 1, day)
        for part in order.required_parts:
            able &= self.stock(part.sku) >= part.quantity
        return able

    def levels(self, name: str) -> NDArray[np.int64]:
        """The highest level of the skill that each was ever given; 0 without; (n,)."""
        best = np.zeros(self.size, dtype=np.int64)
        rows = self._skills.get(name.casefold())
        if rows is not None:
            np.maximum.at(best, rows[:, 0], rows[:, 1])
        return best

    def stock(self, sku: str) -> NDArray[np.int64]:
        """Pieces of the part in each van; (n,)."""
        there = np.zeros(self.size, dtype=np.int64)
        rows = self._parts.get(sku.casefold())
        if rows is not None:
            np.add.at(there, rows[:, 0], rows[:, 1])
        return there

    def _having(
        self, column: dict[str, NDArray[np.int64]], name: str, least: int, day: int
    ) -> Mask:
        having = np.zeros(self.size, dtype=bool)
        rows = column.get(name)
        if rows is not None:
            having[rows[(rows[:, 1] >= least) & (rows[:, 2] >= day), 0]] = True
        return having

    def _on_duty(self, case: Case) -> Mask:
        """Fleets share few rosters: each is asked once."""
        works = [not off_duty(case, one) for one in self._duties]
        return np.array(works, dtype=bool)[self._duty_of]

    def _drop_waiting(self, case: Case, able: Mask) -> None:
        unplanned = {one.id for one in case.unfinished if one.id not in case.done_at}
        if not unplanned:
            return
        for row in np.flatnonzero(able).tolist():
            own = {stop.order.id for stop in self._plans[row].stops}
            able[row] = unplanned <= own


_Rows = defaultdict[str, list[tuple[int, int, int]]]
_Hours = tuple[tuple[Shift, ...], tuple[Leave, ...], tuple[Window, ...]]


def _day(expires_on: date | None) -> int:
    return _FOREVER if expires_on is None else expires_on.toordinal()
