"""Narrowing down whom a dispatcher wants to see, with how many pass each filter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from geo_dispatch.dispatch.days.availability import next_working
from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.plan import Plan
from geo_dispatch.dispatch.ranking.requirements import same
from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.kernel.errors import Fault, InvalidInput
from geo_dispatch.kernel.time import utc


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What whoever is shown must have; those left out let everybody pass.

    Attributes
    ----------
    certs, skills
        All of them, in force on the day of the visit; names are compared without case.
    available_at
        On duty then, and not on leave.
    min_ftc
        Share of such work fixed at the first visit, 0 to 1; who has no past results doesn't pass.
    territory
        Their home territory.
    """

    certs: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    available_at: datetime | None = None
    min_ftc: float | None = None
    territory: str | None = None

    def __post_init__(self) -> None:
        if self.min_ftc is not None and not 0 <= self.min_ftc <= 1:
            raise InvalidInput(
                "this filter can't be used",
                [Fault("min_ftc", f"{self.min_ftc:g} is not between 0 and 1")],
            )


@dataclass(frozen=True, slots=True)
class Passing:
    """How many technicians pass one filter by itself."""

    filter: str
    value: str
    technicians: int


def narrowed(
    filters: Filters, case: Case, plans: Sequence[Plan]
) -> tuple[list[Plan], tuple[Passing, ...]]:
    """Those who pass every filter, and how many pass each."""
    tests = _tests(filters, case)
    passed = [[test(plan.technician) for plan in plans] for _, _, test in tests]
    left = [plan for n, plan in enumerate(plans) if all(marks[n] for marks in passed)]
    counts = tuple(
        Passing(name, value, sum(marks))
        for (name, value, _), marks in zip(tests, passed, strict=True)
    )
    return left, counts


_Test = Callable[[Technician], bool]


def _tests(filters: Filters, case: Case) -> list[tuple[str, str, _Test]]:
    found: list[tuple[str, str, _Test]] = [
        ("cert", name, partial(_certified, case, name)) for name in filters.certs
    ]
    found += [("skill", name, partial(_skilled, case, name)) for name in filters.skills]
    if filters.available_at is not None:
        at = utc(filters.available_at)
        found.append(("available_at", at.isoformat(), partial(_on_duty, case, at)))
    if filters.min_ftc is not None:
        found.append(("min_ftc", f"{filters.min_ftc:g}", partial(_fixes, case, filters.min_ftc)))
    if filters.territory is not None:
        found.append(("territory", filters.territory, partial(_at_home_in, filters.territory)))
    return found


def _certified(case: Case, name: str, technician: Technician) -> bool:
    return any(
        same(one.name, name) and (one.expires_on is None or one.expires_on >= case.day)
        for one in technician.certificates
    )


def _skilled(case: Case, name: str, technician: Technician) -> bool:
    return any(
        same(one.name, name) and (one.expires_on is None or one.expires_on >= case.day)
        for one in technician.skills
    )


def _on_duty(case: Case, at: datetime, technician: Technician) -> bool:
    return next_working(technician, at, case.zone) == at


def _fixes(case: Case, least: float, technician: Technician) -> bool:
    past = case.performance.of(technician.id, case.order.type) if case.performance else None
    return past is not None and past.first_time_fix >= least


def _at_home_in(territory: str, technician: Technician) -> bool:
    return technician.territory_id == territory
