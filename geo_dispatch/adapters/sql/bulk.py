"""Rows made ready for the driver ahead of the transaction that writes them.

Turning ten thousand work orders into what a driver takes costs ten times as much as writing them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Dialect, Table, bindparam, insert, update
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.sql.dml import ValuesBase

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


def update_ready(connection: Connection, table: Table, rows: Sequence[Ready]) -> int:
    """Write records over what they were at the version before; says how many were at that.

    Parameters
    ----------
    rows
        All columns of each, ``version`` as it will be.
    """
    if not rows:
        return 0
    statement = _revision(table, connection.dialect, tuple(rows[0]))
    known = ({_KEY: row["id"], _BASED_ON: row["version"] - 1} for row in rows)
    values = [row | one for row, one in zip(rows, known, strict=True)]
    return connection.exec_driver_sql(statement, values).rowcount


_KEY: Final = "known_id"
_BASED_ON: Final = "based_on"


@cache
def _processors(table: Table, dialect: Dialect) -> dict[str, Callable[[Any], Any] | None]:
    return {
        column.name: column.type.dialect_impl(dialect).bind_processor(dialect)
        for column in table.columns
    }


@cache
def _insertion(table: Table, dialect: Dialect, names: tuple[str, ...]) -> str:
    return _text(insert(table), dialect, names)


@cache
def _revision(table: Table, dialect: Dialect, names: tuple[str, ...]) -> str:
    known = (table.c.id == bindparam(_KEY), table.c.version == bindparam(_BASED_ON))
    return _text(update(table).where(*known), dialect, names)


def _text(statement: ValuesBase, dialect: Dialect, names: Sequence[str]) -> str:
    """The statement as the driver takes it, its values by name."""
    by_name = dialect
    if dialect.positional:
        assert isinstance(dialect, DefaultDialect)
        by_name = type(dialect)(paramstyle="named")
    return str(statement.compile(dialect=by_name, column_keys=list(names)))
