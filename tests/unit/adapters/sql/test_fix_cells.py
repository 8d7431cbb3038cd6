"""The index of history by place: whose fixes lie in which cell in which hour."""

import pytest
from alembic import command
from sqlalchemy import insert, select

from geo_dispatch.adapters.sql import schema
from geo_dispatch.adapters.sql.fix_cells import HOUR_MS, RESOLUTION, FixCells, fix_cells_table
from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.adapters.sql.tracking import fixes_table
from geo_dispatch.kernel.cells import lonlat_to_cell
from tests.support.databases import sqlite_store
from tests.support.fixes import SITE, START_MS, driving, fix_at, standing


@pytest.fixture
def unit(tmp_path):
    with sqlite_store(tmp_path) as store, store.write() as unit:
        yield unit


def rows(unit):
    return sorted(map(tuple, unit.connection.execute(select(fix_cells_table))))


def expected(fixes):
    return sorted(
        {
            (lonlat_to_cell(fix.place, RESOLUTION), fix.at_ms // HOUR_MS, fix.technician_id)
            for fix in fixes
        }
    )


def test_fixes_of_one_cell_and_hour_are_one_row(unit):
    fixes = [*standing(0, 0, 0, 7200), *driving((0, 0), (9000, 0), 7200)]
    unit.tracking.add_fixes(fixes[::2], START_MS)
    unit.tracking.add_fixes(fixes, START_MS)
    assert rows(unit) == expected(fixes)
    assert len(rows(unit)) < len(fixes) / 20


def test_who_is_found_near_a_place_is_told_with_the_times(unit):
    near, far = standing(50, 0, 0, 60), standing(300, 0, 60, 60)
    other = standing(5000, 0, 0, 60, technician_id="te_2")
    unit.tracking.add_fixes([*near, *far, *other], START_MS)
    end_ms = START_MS + HOUR_MS
    times = [fix.at_ms for fix in near]
    assert unit.history.near(SITE, 100, START_MS, end_ms) == {"te_1": times}
    assert unit.history.near(SITE, 100, times[3], times[5]) == {"te_1": times[3:6]}
    assert unit.history.near(SITE, 100, end_ms, end_ms + HOUR_MS) == {}


def test_what_is_forgotten_goes_by_hour_and_by_technician(unit):
    fixes = [fix_at(0, 0, 3600 * hour, technician_id=who) for hour in (0, 1) for who in "ab"]
    unit.tracking.add_fixes(fixes, START_MS)
    unit.fix_cells.forget_before(START_MS + HOUR_MS)
    assert rows(unit) == expected(fixes[2:])
    unit.fix_cells.forget("a")
    assert rows(unit) == expected(fixes[3:])


def test_history_from_before_the_index_is_found_after_the_upgrade(tmp_path):
    fixes = [*standing(0, 0, 0, 4000), *driving((0, 0), (9000, 0), 4000, technician_id="te_2")]
    store = Store(f"sqlite:///{tmp_path}/old.db")
    with store.write() as unit:
        command.upgrade(schema.config(unit.connection), "0016")
        columns = ("technician_id", "at_ms", "lon_e7", "lat_e7", "mock")
        told = [{name: getattr(fix, name) for name in columns} for fix in fixes]
        unit.connection.execute(insert(fixes_table), [one | {"received_ms": 0} for one in told])
        unit.commit()
    store.migrate()
    with store.read() as unit:
        assert rows(unit) == expected(fixes)
    store.close()


def test_nothing_is_kept_of_no_fixes(unit):
    FixCells(unit.connection).add([])
    assert rows(unit) == []
