"""Rows as CSV, for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""Text that begins so is taken for a formula by spreadsheets; an apostrophe keeps it text.

The list is OWASP's ("CSV Injection"), with the wide signs of East Asian keyboards.
"""


def to_csv(rows: Iterable[Any], shape: type[Any]) -> str:
    """The rows, dataclasses of that shape, under a line of their names."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(shape)], lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in asdict(row).items()})
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
