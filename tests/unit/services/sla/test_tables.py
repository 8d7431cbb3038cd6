"""Rows for spreadsheets: what people typed is text there, never a formula."""

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from geo_dispatch.services.sla.tables import to_csv


@dataclass(frozen=True)
class Row:
    name: str
    late_s: float
    at: datetime


def read_back(name):
    text = to_csv([Row(name, -5.0, datetime(2026, 3, 2, tzinfo=UTC))], Row)
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    return row


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])  # noqa: RUF001 - the wide signs are meant
def test_text_that_begins_like_a_formula_is_kept_text(sign):
    formula = f'{sign}HYPERLINK("http://example.com";"a,b")'
    assert read_back(formula)["name"] == f"'{formula}"


@pytest.mark.parametrize("name", ["Bakery", "a=b", "'=quoted", "", "Müller & Co, Vaduz"])
def test_other_text_and_numbers_stay_as_they_are(name):
    assert read_back(name) == {
        "name": name,
        "late_s": "-5.0",
        "at": "2026-03-02T00:00:00+00:00",
    }
