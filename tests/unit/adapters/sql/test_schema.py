"""The tables are those that the code knows, however they came to be."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from geo_dispatch.adapters.sql import schema
from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.adapters.sql.tables import metadata
from geo_dispatch.kernel.errors import DatabaseUnavailable
from tests.support.databases import sqlite_store


@pytest.fixture
def store(tmp_path):
    with sqlite_store(tmp_path) as store:
        yield store


def test_the_migrations_make_the_tables_that_the_code_knows(store):
    with store.read() as unit:
        context = MigrationContext.configure(unit.connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_migrating_twice_is_migrating_once(store):
    store.migrate()
    store.check()


def test_a_database_without_tables_names_the_remedy(tmp_path):
    store = Store(f"sqlite:///{tmp_path}/empty.db")
    with pytest.raises(DatabaseUnavailable, match="has no tables yet; `geo-dispatch db upgrade`"):
        store.check()
    with (
        pytest.raises(DatabaseUnavailable, match="no such table: technicians; `geo-dispatch db"),
        store.read() as unit,
    ):
        unit.technicians.list()
    store.close()


def stamp(store, revision):
    with store.write() as unit:
        unit.connection.execute(
            text("UPDATE alembic_version SET version_num = :it"), {"it": revision}
        )
        unit.commit()


def test_an_older_database_names_the_remedy(store):
    stamp(store, "0001")
    with pytest.raises(DatabaseUnavailable, match=r"is at schema 0001, not \d+; `geo-dispatch db"):
        store.check()


def test_a_newer_database_is_left_alone(store):
    stamp(store, "9999")
    with pytest.raises(DatabaseUnavailable, match="newer geo-dispatch"):
        store.check()


def test_a_migration_that_fails_leaves_nothing(tmp_path):
    store = Store(f"sqlite:///{tmp_path}/half.db")
    with store.write() as unit:
        unit.connection.execute(text("CREATE TABLE work_orders (id INTEGER)"))
        unit.commit()
    with pytest.raises(DatabaseUnavailable, match="work_orders already exists"):
        store.migrate()
    with store.read() as unit:
        tables = unit.connection.execute(text("SELECT name FROM sqlite_master")).scalars().all()
    assert tables == ["work_orders"]
    store.close()


def test_messages_never_show_a_password():
    with pytest.raises(DatabaseUnavailable) as refusal:
        Store("postgresql://me:hunter2@127.0.0.1:1/none").check()
    assert "hunter2" not in refusal.value.message


def test_head_is_one():
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - only here

    assert len(ScriptDirectory.from_config(schema.config()).get_heads()) == 1
