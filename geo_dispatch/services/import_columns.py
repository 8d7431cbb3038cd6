"""The columns of CSV files: what each cell means, and how to write it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from geo_dispatch.dispatch.orders import SkillRequirement
from geo_dispatch.dispatch.technicians import Shift, Skill
from geo_dispatch.kernel.time import checked_moment

_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SHIFT: Final = re.compile(
    r"(?P<first>[a-z]{3})(?:-(?P<last>[a-z]{3}))? "
    r"(?P<start>\d\d?:\d\d)-(?P<end>\d\d?:\d\d)"
)
_SKILL: Final = re.compile(r"(?P<name>[^:]+?)(?: *: *(?P<level>\d+)(?: *: *(?P<until>[\d-]+))?)?")


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes
    ----------
    parse
        The cell's value from its text; ValueError says what is wrong and what would be right.
    field
        The field of the record that it sets, as faults name it.
    """

    name: str
    help: str
    parse: Callable[[str], object] = str
    required: bool = False
    field: str = ""


def parse_number(text: str) -> float:
    """A number with a point, or with the comma of many spreadsheets."""
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{text!r} is not a number; write 9.5209")
    return number


def parse_whole(text: str) -> int:
    """A whole number."""
    try:
        return int(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a whole number; write 3") from error


def parse_moment(text: str) -> datetime:
    """An instant with its zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a time; write 2026-03-02T08:00+01:00") from error
    return checked_moment(moment)


def parse_skills(text: str) -> tuple[Skill, ...]:
    """``hvac:3; electrical:2:2027-01-31; plumbing``: name, level, last day of the certificate."""
    skills = []
    for part in _parts(text):
        match = _SKILL.fullmatch(part)
        if match is None:
            raise ValueError(f"{part!r} is not a skill; write hvac:3 or hvac:3:2027-01-31")
        until = match["until"]
        skills.append(
            Skill(match["name"], int(match["level"] or 1), _day(until) if until else None)
        )
    return tuple(skills)


def parse_requirements(text: str) -> tuple[SkillRequirement, ...]:
    """``hvac:3; electrical``: name, and at least which level."""
    requirements = []
    for part in _parts(text):
        match = _SKILL.fullmatch(part)
        if match is None or match["until"]:
            raise ValueError(f"{part!r} is not a required skill; write hvac or hvac:3")
        requirements.append(SkillRequirement(match["name"], int(match["level"] or 1)))
    return tuple(requirements)


def parse_shifts(text: str) -> tuple[Shift, ...]:
    """``mon-fri 08:00-17:00; sat 09:00-12:00``, local time."""
    shifts: list[Shift] = []
    for part in _parts(text.lower()):
        match = _SHIFT.fullmatch(part)
        if match is None:
            raise ValueError(f"{part!r} is not a shift; write mon-fri 08:00-17:00")
        first = _weekday(match["first"])
        last = _weekday(match["last"] or match["first"])
        start, end = _hour(match["start"]), _hour(match["end"])
        days = (last - first) % len(_WEEKDAYS) + 1  # sat-mon goes over the end of the week
        shifts.extend(Shift((first + day) % len(_WEEKDAYS), start, end) for day in range(days))
    return tuple(shifts)


def _parts(text: str) -> list[str]:
    return [" ".join(part.split()) for part in text.split(";") if part.strip()]


def _weekday(text: str) -> int:
    if text not in _WEEKDAYS:
        raise ValueError(f"{text!r} is not a weekday; write {', '.join(_WEEKDAYS)}")
    return _WEEKDAYS.index(text)


def _hour(text: str) -> time:
    try:
        return time.fromisoformat(text.zfill(5))
    except ValueError as error:
        raise ValueError(f"{text!r} is not a time of day; write 08:00") from error


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a day; write 2027-01-31") from error


_EXTERNAL_ID: Final = Column(
    "external_id", "the id in your own books; the same id is the same record", required=True
)

TECHNICIAN_COLUMNS: Final = (
    _EXTERNAL_ID,
    Column("call_sign", "how the office calls them: Van 07", required=True),
    Column("skills", "name:level:last day, as hvac:3; electrical:2:2027-01-31", parse_skills),
    Column("shifts", "local hours, as mon-fri 08:00-17:00; sat 09:00-12:00", parse_shifts),
    Column("home_lon", "where the day begins, longitude", parse_number, field="home"),
    Column("home_lat", "where the day begins, latitude", parse_number, field="home"),
    Column("vehicle", "what they drive"),
    Column("registration", "its number plate"),
    Column("territory_id", "home territory, as published"),
    Column("phone", "where to reach them"),
)
SITE_COLUMNS: Final = (
    _EXTERNAL_ID,
    Column("name", "what people call it", required=True),
    Column("lon", "longitude of the entrance", parse_number, required=True, field="location"),
    Column("lat", "latitude of the entrance", parse_number, required=True, field="location"),
    Column("address", "street, number, town"),
    Column("customer_external_id", "whose it is; made when new", field="customer_id"),
    Column("customer_name", "the customer's name; needed when new"),
    Column("fence_radius_m", "radius that confirms arrivals, metres", parse_number),
    Column("access_notes", "how to get in"),
)
ORDER_COLUMNS: Final = (
    _EXTERNAL_ID,
    Column("type", "what work it is: boiler repair", required=True),
    Column("site_external_id", "where, by the site's external id", required=True, field="site_id"),
    Column("required_skills", "name:level, as hvac:3; electrical", parse_requirements),
    Column("priority", "1 (emergency) to 5 (whenever)", parse_whole),
    Column("window_start", "when the customer expects you, from", parse_moment, field="window"),
    Column("window_end", "and until", parse_moment, field="window"),
    Column("duration_min", "expected work on site, minutes", parse_number, field="duration_s"),
    Column("due_at", "deadline, as 2026-03-02T17:00+01:00", parse_moment),
    Column("notes", "what the technician must know"),
)
