"""Tables of a TOML or JSON document as dataclasses, with every fault found, not just the first.

A dataclass is the schema: its fields are the keys, those without a default must be there, keys
that it doesn't know are faults, and what it raises of its own accord is gathered too.
"""

from __future__ import annotations

import math
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime, time
from enum import Enum
from functools import cache
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from geo_dispatch.kernel.errors import Fault, InvalidInput
from geo_dispatch.kernel.near import did_you_mean
from geo_dispatch.kernel.text import checked_text

T = TypeVar("T")

_MAX_SHOWN: Final = 60
_MAX_INT: Final = 2**63 - 1
_WORDS: Final[dict[object, str]] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    date: "a date such as 2026-12-24",
    time: "a time of day such as 08:30:00",
}


def read_table(table: object, shape: type[T], where: str = "") -> T:
    """The table as a value of ``shape``.

    Parameters
    ----------
    where
        A path before those of the faults; empty for the whole document.

    Raises
    ------
    InvalidInput
        Every fault found, each with its path.
    """
    faults: list[Fault] = []
    value = _record(table, shape, where, faults)
    if faults:
        raise InvalidInput(f"{where or 'the document'} can't be read", faults)
    read: T = value
    return read


def _record(table: object, shape: Any, where: str, faults: list[Fault]) -> Any:
    if not isinstance(table, Mapping):
        faults.append(Fault(where, f"{_shown(table)}: should be a table of keys and values"))
        return None
    hints = _hints(shape)
    known = {field.name: field for field in fields(shape) if field.init}
    faults.extend(
        Fault(_path(where, _key(key)), f"is not known{did_you_mean(key, known, _those(known))}")
        for key in table
        if key not in known
    )
    before = len(faults)
    faults.extend(
        Fault(_path(where, name), "is missing; it must be given")
        for name, field in known.items()
        if name not in table and field.default is MISSING and field.default_factory is MISSING
    )
    values = {
        name: _value(table[name], hints[name], _path(where, name), faults)
        for name in known
        if name in table
    }
    if len(faults) > before:
        return None
    try:
        return shape(**values)
    except InvalidInput as error:
        faults.extend(Fault(_path(where, fault.where), fault.message) for fault in error.faults)
    except ValueError as error:
        faults.append(Fault(where, str(error)))
    return None


def _value(value: object, hint: Any, where: str, faults: list[Fault]) -> Any:
    if get_origin(hint) in {Union, types.UnionType}:
        (hint,) = (one for one in get_args(hint) if one is not type(None))
    if is_dataclass(hint):
        return _record(value, hint, where, faults)
    arguments = get_args(hint)
    if get_origin(hint) is tuple and arguments[1:] == (...,):
        if not isinstance(value, list | tuple):
            faults.append(Fault(where, f"{_shown(value)}: should be a list […]"))
            return None
        return tuple(
            _value(item, arguments[0], f"{where}[{_label(item, index)}]", faults)
            for index, item in enumerate(value)
        )
    return _plain(value, hint, where, faults)


def _label(item: object, index: int) -> str:
    """What people call the item, if it says so in a word; else its place."""
    named = (item.get("id") or item.get("name")) if isinstance(item, Mapping) else None
    return named if isinstance(named, str) and _is_plain(named) else str(index)


def _plain(value: object, hint: Any, where: str, faults: list[Fault]) -> Any:
    choices = _choices(hint)
    if choices and value not in choices:
        listed = ", ".join(str(choice) for choice in choices)
        meant = did_you_mean(str(value), [str(choice) for choice in choices])
        faults.append(Fault(where, f"{_shown(value)} is not one of {listed}{meant}"))
        return None
    if isinstance(value, float) and not math.isfinite(value):
        faults.append(Fault(where, f"{value} is not a finite number"))
        return None
    if isinstance(value, int) and not -_MAX_INT - 1 <= value <= _MAX_INT:
        faults.append(Fault(where, f"{_shown(value)} is not a number of 64 bits"))
        return None
    if isinstance(value, str):
        try:
            checked_text(value)
        except ValueError as error:
            faults.append(Fault(where, str(error)))
            return None
    if hint is date and isinstance(value, datetime):
        value = value.isoformat()
    try:
        return msgspec.convert(value, hint)
    except msgspec.ValidationError:
        faults.append(Fault(where, f"{_shown(value)}: should be {_WORDS.get(hint, hint)}"))
        return None


def _choices(hint: Any) -> tuple[Any, ...]:
    if get_origin(hint) is Literal:
        return get_args(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return tuple(member.value for member in hint)
    return ()


@cache
def _hints(shape: Any) -> dict[str, Any]:
    return get_type_hints(shape)


def _those(known: Mapping[str, object]) -> str:
    return f"there are {', '.join(sorted(known))}"


def _path(where: str, name: str) -> str:
    return f"{where}.{name}" if where and name else where or name


def _key(key: str) -> str:
    return key if _is_plain(key) else _shown(key)


def _is_plain(name: str) -> bool:
    return name.isprintable() and len(name) <= _MAX_SHOWN


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # Python writes no number of more than 4300 digits
        return "a value beyond all measure"
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"
