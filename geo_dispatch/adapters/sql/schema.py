"""Which version the tables are of, and how to bring them to this one."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from geo_dispatch.kernel.errors import DatabaseUnavailable

UPGRADE: Final = "`geo-dispatch db upgrade` makes the tables of this version"

_MIGRATION_LOCK: Final = 0x67656F6D


def config(connection: Connection | None = None) -> Config:
    """Alembic's settings: the migrations inside the package, on this connection."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    return settings


def migrate(connection: Connection, name: str) -> None:
    """Run the migrations that are missing. SQLite's write lock, or ours, keeps others waiting.

    Raises
    ------
    DatabaseUnavailable
        The tables are newer than this version.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    else:
        connection.execute(text("SELECT 1"))  # takes the write lock before anything is looked at
    _refuse_newer(_current(connection), name)
    command.upgrade(config(connection), "head")


def check(connection: Connection, name: str) -> None:
    """Say so when the tables are not of this version.

    Raises
    ------
    DatabaseUnavailable
        They are older or newer.
    """
    current = _current(connection)
    head = ScriptDirectory.from_config(config()).get_current_head()
    if current == head:
        return
    _refuse_newer(current, name)
    stands = "has no tables yet" if current is None else f"is at schema {current}, not {head}"
    raise DatabaseUnavailable(f"{name} {stands}; {UPGRADE}")


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_newer(current: str | None, name: str) -> None:
    steps = ScriptDirectory.from_config(config()).walk_revisions()
    if current is not None and current not in {step.revision for step in steps}:
        raise DatabaseUnavailable(
            f"{name} is of a newer geo-dispatch (schema {current}); install that version"
        )


def remedy_for(error: DBAPIError) -> str | None:
    """What helps against an error about the database itself; None for errors of ours."""
    said = str(error.orig)
    if "no such table" in said or "no such column" in said or "UndefinedTable" in repr(error.orig):
        return UPGRADE
    if "not a database" in said or "malformed" in said:
        return "name another file, or bring this one back from a backup"
    if isinstance(error, ProgrammingError) or not isinstance(error, OperationalError):
        return None
    if "locked" in said:
        return "another process holds it for too long; end that one, then try again"
    return "check that it exists, can be written and answers"
