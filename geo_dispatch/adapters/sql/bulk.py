"""Rows made ready for the driver ahead of the transaction that writes them.

Turning ten thousand work orders into what a driver takes costs ten times as much as writing them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table, insert
from sqlalchemy.engine.default import DefaultDialect

Ready = dict[str, Any]
"""Values by column, as the driver takes them."""


def ready(connection: Connection, table: Table, row: Mapping[str, Any]) -> Ready:
    """The row as the driver takes it; columns that it leaves out are filled by the database."""
    processors = _processors(table, connection.dialect)
    return {
        name: value if (process := processors[name]) is None else process(value)
        for name, value in row.items()
    }


def insert_ready(connection: Connection, table: Table, rows: Sequence[Ready]) -> None:
    """Write the rows, all with the same columns, in this order."""
    if rows:
        statement = _insertion(table, connection.dialect, tuple(rows[0]))
        connection.exec_driver_sql(statement, list(rows))


@cache
def _processors(table: Table, dialect: Dialect) -> dict[str, Callable[[Any], Any] | None]:
    return {
        column.name: column.type.dialect_impl(dialect).bind_processor(dialect)
        for column in table.columns
    }


@cache
def _insertion(table: Table, dialect: Dialect, names: tuple[str, ...]) -> str:
    by_name = dialect
    if dialect.positional:
        assert isinstance(dialect, DefaultDialect)
        by_name = type(dialect)(paramstyle="named")
    return str(insert(table).compile(dialect=by_name, column_keys=list(names)))
