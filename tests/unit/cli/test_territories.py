"""``geo-dispatch territories``: statuses, one-line errors, and a table that says where to look."""

import shutil
from contextlib import closing

import pytest
from typer.testing import CliRunner

from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.adapters.territory_files import read_territories, write_territories
from geo_dispatch.cli import app
from geo_dispatch.config import load_settings
from tests.support.extract import LIECHTENSTEIN, MUNICIPALITIES
from tests.support.shapes import square, territory

NORTH = territory("North", square(0, 1))
WIDE = territory("Wide", square(0, 0.5))


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("GEO_DISPATCH_WORKSPACE", str(tmp_path))
    return tmp_path


@pytest.fixture
def area(workspace):
    folder = workspace / "territories" / "liechtenstein"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def database(workspace):
    with closing(Store(load_settings().sql_url)) as store:
        store.migrate()
        yield store


def run(*arguments):
    return CliRunner().invoke(app, ["territories", *map(str, arguments)])


def test_clean_files_end_with_status_0(area):
    shutil.copy(MUNICIPALITIES, area)
    answer = run("check")
    assert answer.exit_code == 0
    assert answer.stdout.endswith("municipalities.geojson: clean\n")


def test_findings_are_a_table_and_end_with_status_1(area):
    write_territories(area / "plan.geojson", [NORTH, WIDE])
    answer = run("check")
    assert answer.exit_code == 1
    _, row = answer.stdout.splitlines()
    assert row.split("  ")[1:4] == ["error", "overlap", "North, Wide"]
    assert "North and Wide overlap by" in row


def test_warnings_end_with_status_0(area):
    ring = territory("Ring", square(0, 0, 3, 3).difference(square(1, 1)))
    write_territories(area / "plan.geojson", [ring])
    answer = run("check")
    assert answer.exit_code == 0
    assert "warning  gap" in answer.stdout


def test_one_bad_file_does_not_hide_the_others(area):
    write_territories(area / "a.geojson", [NORTH])
    (area / "b.geojson").write_text("no JSON")
    write_territories(area / "c.geojson", [NORTH, WIDE])
    answer = run("check")
    assert answer.exit_code == 1
    assert "a.geojson: clean" in answer.stdout
    assert "b.geojson is not a GeoJSON file" in answer.stdout
    assert "overlap" in answer.stdout


def test_every_feature_that_is_no_polygon_is_listed(area):
    (area / "p.geojson").write_text(
        '{"type":"FeatureCollection","features":['
        '{"type":"Feature","properties":{"name":"A"},"geometry":null},'
        '{"type":"Feature","properties":{"name":"B"},"geometry":null}]}'
    )
    answer = run("check")
    assert answer.exit_code == 1
    assert "features[0] (A)" in answer.stdout
    assert "features[1] (B)" in answer.stdout


def test_an_area_without_files_is_one_line_on_stderr(workspace):
    answer = run("check", "--area", "porto")
    assert answer.exit_code == 1
    assert answer.stdout == ""
    assert answer.stderr.count("\n") == 1
    assert "from-boundaries --area porto" in answer.stderr


def test_publishing_and_exporting_goes_there_and_back(area, database, workspace):
    shutil.copy(MUNICIPALITIES, area)
    published = run("publish")
    assert published.exit_code == 0
    assert published.stdout == (
        "11 territories of liechtenstein are in force; 0 sites moved, 0 lie in none\n"
    )
    assert run("export", workspace / "out.geojson").exit_code == 0
    assert (workspace / "out.geojson").read_bytes() == MUNICIPALITIES.read_bytes()


def test_publishing_errors_ends_with_status_1_and_the_findings(area, database):
    write_territories(area / "plan.geojson", [NORTH, WIDE])
    answer = run("publish")
    assert answer.exit_code == 1
    assert "plan.geojson is not published: North and Wide overlap by" in answer.stderr
    with database.read() as unit:
        assert unit.territories.in_force() == []


def test_with_several_files_one_must_be_named(area, database):
    write_territories(area / "a.geojson", [NORTH])
    write_territories(area / "b.geojson", [WIDE])
    answer = run("publish")
    assert answer.exit_code == 1
    assert "has a.geojson, b.geojson; say which FILE to publish" in answer.stderr
    assert run("publish", area / "b.geojson").exit_code == 0


def test_without_a_database_publishing_says_how_to_make_one(area):
    write_territories(area / "a.geojson", [NORTH])
    answer = run("publish")
    assert answer.exit_code == 1
    assert "geo-dispatch db upgrade" in answer.stderr


def test_boundaries_make_a_file_that_check_accepts(area):
    made = run("from-boundaries", LIECHTENSTEIN)
    assert made.exit_code == 0
    assert "11 territories: Balzers, Eschen" in made.stdout
    assert len(read_territories(area / "municipalities.geojson")) == 11
    assert run("check").exit_code == 0


def test_a_level_without_boundaries_says_which_there_are(area):
    answer = run("from-boundaries", LIECHTENSTEIN, "--admin-level", "9")
    assert answer.exit_code == 1
    assert "it has 2, 6, 8" in answer.stderr
