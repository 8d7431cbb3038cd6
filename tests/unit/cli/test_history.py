"""`geo-dispatch history`, as people type it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.kernel.time import datetime_to_ms
from tests.support.fixes import fix_at


@pytest.fixture
def store(cli, tmp_path):
    """A technician with a fix of this year's first day of work, and one of half a year before."""
    assert cli("db", "upgrade")[0] == 0
    store = Store(f"sqlite:///{tmp_path}/var/geo-dispatch.db")
    now = datetime.now(UTC)
    days = [now - timedelta(days=days) for days in (2, 200)]
    with store.write() as unit:
        unit.technicians.add(Technician("te_1", "Van 07"))
        fixes = [replace(fix_at(0, 0, 0), at_ms=datetime_to_ms(day)) for day in days]
        unit.tracking.add_fixes(fixes, 1)
        unit.commit()
    yield store
    store.close()


def count(store):
    with store.read() as unit:
        return unit.fix_history.count("te_1")


def test_prune_says_first_and_drops_then(cli, store):
    status, said, _ = cli("history", "prune", "--dry-run")
    assert (status, count(store)) == (0, 2)
    assert said.startswith("1 fixes from before")
    assert "would be dropped" in said
    status, said, _ = cli("history", "prune")
    assert (status, count(store)) == (0, 1)
    assert " dropped" in said


def test_export_writes_files_and_goes_on_where_it_stopped(cli, store, tmp_path):
    pytest.importorskip("pyarrow", reason="needs geo-dispatch[parquet]")
    day = (datetime.now(UTC) - timedelta(days=200)).date()
    arguments = ("--from", day - timedelta(days=1), "--to", day + timedelta(days=1))
    status, said, err = cli("history", "export", *arguments, "--out", tmp_path / "out")
    assert status == 0, err
    assert said == f"1 files in {tmp_path / 'out'}, 1 fixes written\n"
    said = cli("history", "export", *arguments, "--out", tmp_path / "out")[1]
    assert said.endswith("0 fixes written, 1 were there\n")


def test_days_that_are_none_are_refused(cli, store, tmp_path):
    status, _, err = cli(
        "history", "export", "--from", "2026-03-03", "--to", "2026-03-02", "--out", tmp_path
    )
    assert status == 1
    assert "swap the two" in err
