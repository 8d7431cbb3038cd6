"""Processes of their own that only answer: what they hold, and how soon they do."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.road_rows.case import Case
from tests.bench.road_rows.row import Row


def memory_and_start(case: Case) -> Iterator[Row]:
    """Not yet."""
    yield from ()
