"""History as Parquet: complete, by local day, with cells; whole files only, and resumed."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import geopandas as gpd
import h3
import pytest

from geo_dispatch.adapters import parquet_files
from geo_dispatch.kernel.errors import InvalidInput, NotFound
from geo_dispatch.kernel.time import datetime_to_ms
from geo_dispatch.services.history import access, archive
from tests.support.fixes import fix_at
from tests.support.records import DISPATCHER, open_office

pq = pytest.importorskip("pyarrow.parquet", reason="needs geo-dispatch[parquet]")

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
MIDNIGHT = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
"""Of Vaduz, between the two."""


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as office:
        office.clock.now = MIDNIGHT + timedelta(days=10)
        yield office


def remember(office, technician, seconds, **fields):
    """Fixes so long after midnight."""
    fixes = [
        replace(
            fix_at(10.0 * n, 0, 0, technician.id, **fields),
            at_ms=datetime_to_ms(MIDNIGHT + timedelta(seconds=second)),
        )
        for n, second in enumerate(seconds)
    ]
    with office.desk.store.write() as unit:
        unit.tracking.add_fixes(fixes, 1)
        unit.commit()
    return fixes


def export(office, folder, **fields):
    days = {"first": MONDAY, "last": TUESDAY, **fields}
    return archive.export(office.desk, folder=folder, actor=DISPATCHER, **days)


def test_every_fix_stands_in_the_file_of_its_local_day_with_its_cells(office, tmp_path):
    van, other = office.technician(), office.technician("Van 08")
    before = remember(office, van, range(-300, 0, 5), speed_mps=3.5, heading_deg=90.0)
    after = remember(office, van, range(0, 300, 5), accuracy_m=None, mock=True)
    theirs = remember(office, other, [7])
    done = export(office, tmp_path / "out")
    monday, tuesday = done.files
    assert (monday.name, tuesday.name) == (
        "fixes-2026-03-02.parquet",
        "fixes-2026-03-03.parquet",
    )
    assert done.fixes == len(before) + len(after) + len(theirs)
    frame = gpd.read_parquet(tuesday)
    assert len(frame) == len(after) + len(theirs)
    assert frame.crs == "OGC:CRS84"
    own = frame[frame.technician_id == van.id]
    assert [round(at.timestamp() * 1000) for at in own["at"]] == [fix.at_ms for fix in after]
    assert own.accuracy_m.isna().all()
    assert own.mock.all()
    first, row = after[0], own.iloc[0]
    assert (row.geometry.x, row.geometry.y) == (row.lon, row.lat) == tuple(first.place)
    for resolution in (5, 7, 9):
        cell = h3.latlng_to_cell(first.place.lat, first.place.lon, resolution)
        assert row[f"h3_{resolution}"] == cell
    assert gpd.read_parquet(monday).speed_mps.tolist() == [3.5] * len(before)


def test_days_that_are_over_are_written_once_and_the_others_again(office, tmp_path):
    van = office.technician()
    remember(office, van, [-60, 60])
    office.clock.now = MIDNIGHT + archive.SETTLED
    first = export(office, tmp_path)
    assert (first.skipped, first.fixes) == (0, 2)
    remember(office, van, [90])
    again = export(office, tmp_path)
    assert (again.skipped, again.fixes) == (1, 2)
    assert again.files == first.files


def test_a_file_that_was_broken_off_is_never_there(office, tmp_path):
    van = office.technician()
    remember(office, van, [60])

    def broken():
        with parquet_files.parquet_file(tmp_path / "a.parquet", complete=True) as write:
            write([fix_at(0, 0, 0)])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken()
    assert list(tmp_path.glob("*a.parquet*")) == []
    (tmp_path / "fixes-2026-03-03.parquet").write_bytes(b"PAR1 cut off")
    assert export(office, tmp_path).fixes == 1


def test_days_without_fixes_have_no_file_and_one_technician_can_be_had_alone(office, tmp_path):
    van, other = office.technician(), office.technician("Van 08")
    remember(office, van, [60])
    remember(office, other, [-60, 60])
    done = export(office, tmp_path, technician_id=van.id)
    assert [path.name for path in done.files] == [f"fixes-{van.id}-2026-03-03.parquet"]
    assert [one.what for one in access.looks_at(office.desk, van.id)] == ["history export"]
    assert access.looks_at(office.desk, other.id) == []
    with pytest.raises(NotFound):
        export(office, tmp_path, technician_id="tc_0")
    with pytest.raises(InvalidInput, match="no day"):
        export(office, tmp_path, first=TUESDAY, last=MONDAY)


def test_more_than_one_row_group_comes_out_whole(office, tmp_path):
    van = office.technician()
    remember(office, van, range(40))
    path = tmp_path / "many.parquet"
    batches = list(parquet_files.batched(fix_at(n, 0, n) for n in range(parquet_files.ROWS + 5)))
    assert [len(batch) for batch in batches] == [parquet_files.ROWS, 5]
    with parquet_files.parquet_file(path, complete=False) as write:
        for batch in batches:
            write(batch[:40])
    assert pq.ParquetFile(path).num_row_groups == 2
    assert pq.read_table(path).num_rows == 45
    assert not parquet_files.is_complete(path)
