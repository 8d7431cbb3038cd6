"""Canonical JSON (RFC 8785, JCS): one spelling of a value, so that its hash can be checked.

Anybody's library for that RFC spells the same, in any language.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any, Final

_POINT_FROM: Final = -6
_WHOLE_UP_TO: Final = 21
"""Powers of ten between which ECMAScript spells numbers without an exponent."""


def canonical_json(value: Any) -> bytes:
    """The value as RFC 8785 spells it.

    Parameters
    ----------
    value
        As it comes out of JSON: dicts with text keys, lists, text, numbers, booleans, None.

    Raises
    ------
    ValueError
        A number that JSON doesn't know: infinite, or none at all.
    TypeError
        Something that does not come out of JSON.
    """
    return _spelled(value).encode()


def sha256_of(value: Any) -> str:
    """SHA-256 of the value's canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def _spelled(value: Any) -> str:
    speller = _SPELLERS.get(type(value))
    if speller is None:
        raise TypeError(f"{type(value).__name__} does not come out of JSON")
    return speller(value)


def _object(value: dict[str, Any]) -> str:
    plain = "".join(value).isascii()
    keys = sorted(value) if plain else sorted(value, key=_utf16)
    return "{" + ",".join([f"{_key(key)}:{_spelled(value[key])}" for key in keys]) + "}"


def _array(value: list[Any]) -> str:
    return "[" + ",".join([_spelled(item) for item in value]) + "]"


_key: Final = lru_cache(maxsize=4096)(encode_basestring)
"""The same names come again and again."""


def _utf16(key: str) -> bytes:
    """What RFC 8785 sorts by; other than by code point behind the basic plane."""
    return key.encode("utf-16-be")


def _number(value: float) -> str:
    """As ECMAScript's ``Number.prototype.toString`` has it: ``3600.0`` is ``3600``."""
    if not math.isfinite(value):
        raise ValueError(f"{value} is no number in JSON")
    shortest = repr(value)
    digits, _, exponent = shortest.partition("e")
    if not exponent:
        return "0" if value == 0 else shortest.removesuffix(".0")
    power = int(exponent)
    sign = "-" if value < 0 else ""
    whole = digits.lstrip("-").replace(".", "")
    if _POINT_FROM <= power < 0:
        return f"{sign}0.{'0' * (-power - 1)}{whole}"
    if 0 < power < _WHOLE_UP_TO:
        return sign + whole.ljust(power + 1, "0")
    return f"{digits}e{power:+d}"


_SPELLERS: Final[dict[type, Callable[[Any], str]]] = {
    str: encode_basestring,
    int: str,
    float: _number,
    dict: _object,
    list: _array,
    bool: lambda value: "true" if value else "false",
    type(None): lambda _value: "null",
}
