"""The rows of one CSV file as values, and everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from geo_dispatch.adapters.csv_files import Row, read_rows
from geo_dispatch.kernel.errors import Conflict, Fault, InvalidFile, InvalidInput
from geo_dispatch.services.records.columns import (
    CREW_COLUMNS,
    CUSTOMER_COLUMNS,
    EQUIPMENT_COLUMNS,
    ORDER_COLUMNS,
    RESOURCE_COLUMNS,
    SITE_COLUMNS,
    TECHNICIAN_COLUMNS,
    Column,
)
from geo_dispatch.services.records.naming import Values
from geo_dispatch.services.records.rows import What


class Sheet:
    """What a file holds.

    Attributes
    ----------
    rows
        Those that have all that they must have, with their values by column. Also those with a
        faulty cell, for what else is wrong with them: nothing of the file stays then.

    Raises
    ------
    InvalidFile
        It is no CSV, or has the wrong columns.
    """

    def __init__(self, what: What, text: str, name: str) -> None:
        columns = COLUMNS[what]
        lines = read_rows(
            text,
            name,
            required=[column.name for column in columns if column.required],
            known=[column.name for column in columns],
        )
        self._what = what
        self._name = name
        self._faults: list[Fault] = []
        parsed = [(row, _parse(row, columns, self._faults)) for row in lines]
        self.rows: list[tuple[Row, Values]] = [
            (row, values) for row, values in parsed if values is not None
        ]
        _find_doubles(lines, self._faults)

    @property
    def values(self) -> list[Values]:
        """Of every row."""
        return [values for _, values in self.rows]

    @contextmanager
    def telling(self, row: Row, faults: list[Fault]) -> Iterator[None]:
        """Add what is refused in the block to the faults, with the place in the file."""
        try:
            yield
        except InvalidInput as error:
            faults.extend(
                Fault(_where(row, self._what, fault.where), fault.message) for fault in error.faults
            )
        except Conflict as error:
            faults.append(Fault(f"line {row.line}", error.message))

    def refuse(self, faults: list[Fault]) -> None:
        """Refuse the file for its own faults and these, if there are any.

        Raises
        ------
        InvalidFile
            Every fault, by line.
        """
        found = sorted([*self._faults, *faults], key=_line_of)
        if found:
            raise InvalidFile(
                f"{self._name}: {len(found)} fault{'s' * (len(found) > 1)}; nothing was imported",
                found,
            )


def _line_of(fault: Fault) -> int:
    return int(fault.where.split()[1].rstrip(","))


def _parse(row: Row, columns: tuple[Column, ...], faults: list[Fault]) -> dict[str, Any] | None:
    """The row's good values by column; None when a required one is not among them."""
    values = {}
    for column in columns:
        text = row.cells.get(column.name)
        where = f"line {row.line}, column {column.name}"
        if text is None:
            if column.required:
                faults.append(Fault(where, f"is blank; write {column.help}"))
            continue
        try:
            values[column.name] = column.parse(text)
        except ValueError as error:
            faults.extend(Fault(where, str(message)) for message in error.args)
    _find_halves(row, columns, values, faults)
    return values if all(c.name in values for c in columns if c.required) else None


def _find_halves(
    row: Row, columns: tuple[Column, ...], values: dict[str, Any], faults: list[Fault]
) -> None:
    """Columns that make one field go together: take half a field out, and say so if it is blank."""
    pairs: dict[str, list[Column]] = {}
    for column in columns:
        pairs.setdefault(column.field or column.name, []).append(column)
    for pair in pairs.values():
        if all(column.name in values for column in pair):
            continue
        blank = [column for column in pair if column.name not in row.cells]
        if len(blank) < len(pair):
            together = " and ".join(column.name for column in pair)
            faults.extend(
                Fault(f"line {row.line}, column {column.name}", f"is blank; {together} go together")
                for column in blank
                if not column.required
            )
        for column in pair:
            values.pop(column.name, None)


def _find_doubles(rows: list[Row], faults: list[Fault]) -> None:
    first: dict[str, int] = {}
    for row in rows:
        external_id = row.cells.get("external_id")
        if external_id is None:
            continue
        if external_id in first:
            faults.append(
                Fault(
                    f"line {row.line}, column external_id",
                    f"{external_id!r} is already in line {first[external_id]}",
                )
            )
        first.setdefault(external_id, row.line)


def _where(row: Row, what: What, path: str) -> str:
    """Where in the file the fault of a record's field lies."""
    head, _, tail = path.partition(".")
    head = head.partition("[")[0]
    names = [column.name for column in COLUMNS[what] if head in {column.name, column.field}]
    exact = [name for name in names if tail and name.endswith(tail)]
    return f"line {row.line}, column {(exact or names or [head])[0]}"


COLUMNS: Final[dict[What, tuple[Column, ...]]] = {
    What.TECHNICIANS: TECHNICIAN_COLUMNS,
    What.CUSTOMERS: CUSTOMER_COLUMNS,
    What.SITES: SITE_COLUMNS,
    What.EQUIPMENT: EQUIPMENT_COLUMNS,
    What.RESOURCES: RESOURCE_COLUMNS,
    What.CREWS: CREW_COLUMNS,
    What.WORK_ORDERS: ORDER_COLUMNS,
}
