"""Rules of automatic assignment: to which orders each applies, and whom it sends.

A rule is data: conditions that all hold (``when``) and what to do then (``then``). The first rule
of the document that applies decides; those below it are for what it leaves over.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal, get_args

from geo_dispatch.dispatch.records.hours import SUNDAY
from geo_dispatch.dispatch.work.orders import MAX_PRIORITY, WorkClass

BEST: Final = "best"
PREFERRED: Final = "preferred"

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeOfDay:
    """From ``start`` until ``end``, local; an end at or before the start is on the next day."""

    start: time
    end: time

    def __contains__(self, moment: time) -> bool:
        return _since(self.start, moment) < self.length

    def covers(self, other: TimeOfDay) -> bool:
        """Whether every time in ``other`` lies in this."""
        return _since(self.start, other.start) + other.length <= self.length

    @property
    def length(self) -> timedelta:
        """From start to end; a whole day when they are the same."""
        return _since(self.start, self.end) or _DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """Conditions on an order; those left out hold for every order, and all the others must hold.

    A list holds when the order's value is in it. Names are compared without case, ids exactly.

    Attributes
    ----------
    skills
        The order asks for one of them.
    tiers, customers
        Of the order's customer.
    territories
        The site lies in one of them.
    equipment_types
        Of the equipment that the order names.
    known_equipment
        True: somebody has completed work on that very piece; False: nobody has.
    access
        ``"restricted"``: the site lets people in at certain hours only; ``"free"``: always.
    weekdays, hours
        Of the moment at which the work can begin, local; 0 is Monday.
    """

    job_types: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    territories: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    equipment_types: tuple[str, ...] = ()
    known_equipment: bool | None = None
    priorities: tuple[int, ...] = ()
    work_classes: tuple[WorkClass, ...] = ()
    access: Literal["restricted", "free"] | None = None
    weekdays: tuple[int, ...] = ()
    hours: TimeOfDay | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Then:
    """Whom to send, and within which limits; beyond them a dispatcher judges.

    Attributes
    ----------
    assign
        ``"best"`` of the ranking, the ``"preferred"`` technician of the order or its customer, or
        a technician's id.
    otherwise
        When the preferred or named technician can't be sent: the ``"best"`` goes, or a dispatcher
        judges (``"review"``).
    max_drive_min
        Nobody who drives longer is sent.
    max_late_risk
        Nobody more likely to be late is sent; 0 to 1.
    margin_min
        The best must lead the next by so many minutes of score; None: as ``[review]`` says.
    """

    assign: str = BEST
    otherwise: Literal["best", "review"] = "best"
    max_drive_min: float | None = None
    max_late_risk: float | None = None
    margin_min: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule; ``id`` is what decisions say: ``"rule:<id>"``."""

    id: str
    enabled: bool = True
    note: str = ""
    when: When = When()
    then: Then = Then()


def always_before(above: Rule, below: Rule) -> bool:
    """Whether ``above`` applies to every order that ``below`` applies to."""
    return covers(above.when, below.when)


def covers(wide: When, narrow: When) -> bool:
    """Whether ``wide`` holds for every order for which ``narrow`` holds."""
    lists = all(
        not asked or CLOSED.get(name) == frozenset(asked) or _within(getattr(narrow, name), asked)
        for name in LISTS
        for asked in [getattr(wide, name)]
    )
    singles = all(getattr(wide, name) in {None, getattr(narrow, name)} for name in SINGLES)
    return lists and singles and (wide.hours is None or _hours_within(narrow.hours, wide.hours))


LISTS: Final = (
    "job_types",
    "skills",
    "territories",
    "tiers",
    "customers",
    "equipment_types",
    "priorities",
    "work_classes",
    "weekdays",
)
SINGLES: Final = ("known_equipment", "access")
CLOSED: Final[dict[str, frozenset[Hashable]]] = {
    "priorities": frozenset(range(1, MAX_PRIORITY + 1)),
    "work_classes": frozenset(get_args(WorkClass)),
    "weekdays": frozenset(range(SUNDAY + 1)),
    "known_equipment": frozenset([True, False]),
    "access": frozenset(["restricted", "free"]),
}
"""Conditions whose values are known: a list that names them all asks for nothing."""


def _within(narrow: tuple[object, ...], wide: tuple[object, ...]) -> bool:
    return bool(narrow) and {_folded(one) for one in narrow} <= {_folded(one) for one in wide}


def _folded(value: object) -> object:
    return value.casefold() if isinstance(value, str) else value


def _hours_within(narrow: TimeOfDay | None, wide: TimeOfDay) -> bool:
    return wide.length == _DAY or (narrow is not None and wide.covers(narrow))


def _since(start: time, moment: time) -> timedelta:
    """How long after ``start`` the moment comes round, less than a day."""
    return (_after_midnight(moment) - _after_midnight(start)) % _DAY


def _after_midnight(moment: time) -> timedelta:
    return datetime.combine(date.min, moment) - datetime.combine(date.min, time())
