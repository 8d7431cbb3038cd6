"""Cells of CSV files: the values that people write into them, and what is wrong with those.

A parser raises ValueError with one argument for each fault of the cell.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from typing import Final, Literal, TypeVar

from geo_dispatch.dispatch.records.hours import Hours
from geo_dispatch.dispatch.records.technicians import Break, Certificate, Leave, Part, Shift, Skill
from geo_dispatch.dispatch.work.orders import Permit, SkillRequirement, WorkClass
from geo_dispatch.kernel.time import Window, checked_moment

T = TypeVar("T")

_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAYS: Final = r"(?P<first>[a-z]{3})(?:-(?P<last>[a-z]{3}))?"
_CLOCK: Final = r"\d\d?:\d\d"
_HOURS: Final = re.compile(rf"{_DAYS} (?P<start>{_CLOCK})-(?P<end>{_CLOCK})")
_SHIFT: Final = re.compile(rf"{_HOURS.pattern}(?P<breaks>(?: break [^ ]+)*)")
_BREAK: Final = re.compile(rf"(?P<earliest>{_CLOCK})-(?P<latest>{_CLOCK})/(?P<minutes>\d+)")
_SKILL: Final = re.compile(r"(?P<name>[^:]+?)(?: *: *(?P<level>\d+)(?: *: *(?P<until>[\d-]+))?)?")
_CERTIFICATE: Final = re.compile(
    r"(?P<name>[^:]+?)(?: *: *(?P<kind>certification|licence))?(?: *: *(?P<until>[\d-]+))?"
)
_NAMED_DAY: Final = re.compile(r"(?P<name>[^:]+?)(?: *: *(?P<day>[\d-]+))?")
_PART: Final = re.compile(r"(?P<sku>[^:]+?)(?: *: *(?P<quantity>\d+))?")
_SPAN: Final = re.compile(r"(?P<start>[^/ ]+)/(?P<end>[^/ ]+)(?: (?P<reason>.+))?")
_WORK_CLASSES: Final[tuple[WorkClass, ...]] = ("reactive", "maintenance", "inspection", "project")
_YES: Final = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def text_up_to(length: int) -> Callable[[str], str]:
    """A parser of plain text, not longer than what keeps it."""

    def parse_text(text: str) -> str:
        if len(text) > length:
            raise ValueError(f"has {len(text)} characters; at most {length} are kept")
        return text

    return parse_text


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


def parse_yes(text: str) -> bool:
    """Yes or no."""
    if text.lower() not in _YES:
        raise ValueError(f"{text!r} is neither yes nor no")
    return _YES[text.lower()]


def parse_moment(text: str) -> datetime:
    """An instant with its zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a time; write 2026-03-02T08:00+01:00") from error
    return checked_moment(moment)


def parse_names(text: str) -> tuple[str, ...]:
    """``hoist; ladder``."""
    return tuple(_parts(text))


def parse_skills(text: str) -> tuple[Skill, ...]:
    """``hvac:3; electrical:2:2027-01-31; plumbing``: name, level, last day of the certificate."""
    return _each(text, _skill)


def parse_certificates(text: str) -> tuple[Certificate, ...]:
    """``gas:licence:2027-01-31; first aid``: name, kind, last day."""
    return _each(text, _certificate)


def parse_requirements(text: str) -> tuple[SkillRequirement, ...]:
    """``hvac:3; electrical``: name, and at least which level."""
    return _each(text, _requirement)


def parse_parts(text: str) -> tuple[Part, ...]:
    """``VALVE-15:2; SEAL``: which part, and how many."""
    return _each(text, _part)


def parse_permits(text: str) -> tuple[Permit, ...]:
    """``building permit:2026-02-01; noise``: name, and the day on which it was granted."""
    return _each(text, _permit)


def parse_hours(text: str) -> tuple[Hours, ...]:
    """``mon-fri 08:00-17:00; sat 09:00-12:00``, local time."""
    return tuple(one for days in _each(text.lower(), _hours) for one in days)


def parse_shifts(text: str) -> tuple[Shift, ...]:
    """``mon-fri 08:00-17:00 break 11:30-13:00/30; sat 09:00-12:00``, local time, minutes."""
    return tuple(one for days in _each(text.lower(), _shift) for one in days)


def parse_windows(text: str) -> tuple[Window, ...]:
    """``2026-03-06T17:00+01:00/2026-03-09T08:00+01:00``, one or several."""
    return tuple(window for window, _ in _each(text, _span))


def parse_leave(text: str) -> tuple[Leave, ...]:
    """Windows, each with a reason behind it: ``…/… holiday``."""
    return tuple(Leave(window, reason) for window, reason in _each(text, _span))


def parse_work_class(text: str) -> WorkClass:
    """What kind of work it is."""
    found = next((one for one in _WORK_CLASSES if one == text.lower()), None)
    if found is None:
        raise ValueError(f"{text!r} is no class of work; write {', '.join(_WORK_CLASSES)}")
    return found


def parse_resource_kind(text: str) -> Literal["vehicle", "tool"]:
    """A vehicle or a tool."""
    if text.lower() == "vehicle":
        return "vehicle"
    if text.lower() == "tool":
        return "tool"
    raise ValueError(f"{text!r} is neither vehicle nor tool")


def _skill(part: str) -> Skill:
    match = _SKILL.fullmatch(part)
    if match is None:
        raise ValueError(f"{part!r} is not a skill; write hvac:3 or hvac:3:2027-01-31")
    return Skill(match["name"], int(match["level"] or 1), _day_or_none(match["until"]))


def _certificate(part: str) -> Certificate:
    match = _CERTIFICATE.fullmatch(part)
    if match is None:
        raise ValueError(
            f"{part!r} is not a certificate; write first aid, gas:2027-01-31 or "
            "gas:licence:2027-01-31"
        )
    kind: Literal["certification", "licence"] = (
        "licence" if match["kind"] == "licence" else "certification"
    )
    return Certificate(match["name"], kind, _day_or_none(match["until"]))


def _requirement(part: str) -> SkillRequirement:
    match = _SKILL.fullmatch(part)
    if match is None or match["until"]:
        raise ValueError(f"{part!r} is not a required skill; write hvac or hvac:3")
    return SkillRequirement(match["name"], int(match["level"] or 1))


def _part(part: str) -> Part:
    match = _PART.fullmatch(part)
    if match is None:
        raise ValueError(f"{part!r} is not a part; write VALVE-15 or VALVE-15:2")
    return Part(match["sku"], int(match["quantity"] or 1))


def _permit(part: str) -> Permit:
    match = _NAMED_DAY.fullmatch(part)
    if match is None:
        raise ValueError(f"{part!r} is not a permit; write noise or noise:2026-02-01")
    return Permit(match["name"], _day_or_none(match["day"]))


def _hours(part: str) -> list[Hours]:
    match = _HOURS.fullmatch(part)
    if match is None:
        raise ValueError(f"{part!r} are no hours; write mon-fri 08:00-17:00")
    start, end = _hour(match["start"]), _hour(match["end"])
    return [Hours(day, start, end) for day in _weekdays(match)]


def _shift(part: str) -> list[Shift]:
    match = _SHIFT.fullmatch(part)
    if match is None:
        raise ValueError(f"{part!r} is not a shift; write mon-fri 08:00-17:00")
    start, end = _hour(match["start"]), _hour(match["end"])
    breaks = tuple(map(_break, match["breaks"].replace(" break ", " ").split()))
    return [Shift(day, start, end, breaks) for day in _weekdays(match)]


def _break(text: str) -> Break:
    match = _BREAK.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a break; write break 11:30-13:00/30 for 30 minutes")
    return Break(_hour(match["earliest"]), _hour(match["latest"]), int(match["minutes"]) * 60.0)


def _span(part: str) -> tuple[Window, str]:
    match = _SPAN.fullmatch(part)
    if match is None:
        raise ValueError(
            f"{part!r} is no time; write 2026-03-06T17:00+01:00/2026-03-09T08:00+01:00"
        )
    return Window(parse_moment(match["start"]), parse_moment(match["end"])), match["reason"] or ""


def _weekdays(match: re.Match[str]) -> list[int]:
    """The days, first to last; sat-mon goes over the end of the week."""
    first = _weekday(match["first"])
    last = _weekday(match["last"] or match["first"])
    count = (last - first) % len(_WEEKDAYS) + 1
    return [(first + day) % len(_WEEKDAYS) for day in range(count)]


def _weekday(text: str) -> int:
    if text not in _WEEKDAYS:
        raise ValueError(f"{text!r} is not a weekday; write {', '.join(_WEEKDAYS)}")
    return _WEEKDAYS.index(text)


def _hour(text: str) -> time:
    try:
        return time.fromisoformat(text.zfill(5))
    except ValueError as error:
        raise ValueError(f"{text!r} is not a time of day; write 08:00") from error


def _day_or_none(text: str | None) -> date | None:
    return _day(text) if text else None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a day; write 2027-01-31") from error


def _each(text: str, parse: Callable[[str], T]) -> tuple[T, ...]:
    """Every part of a cell, or all of their faults at once."""
    values, faults = [], list[str]()
    for part in _parts(text):
        try:
            values.append(parse(part))
        except ValueError as error:
            faults.extend(map(str, error.args))
    if faults:
        raise ValueError(*faults)
    return tuple(values)


def _parts(text: str) -> Iterable[str]:
    return (" ".join(part.split()) for part in text.split(";") if part.strip())
