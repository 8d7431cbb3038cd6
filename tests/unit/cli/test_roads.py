from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from geo_dispatch.cli import app
from tests.support.ascii_map import AsciiMap

RUNNER = CliRunner()
TOWN = AsciiMap("A----B----C\n     |\n     D", restrictions=[("no_u_turn", "AB", "BD", "BD")])


@pytest.fixture
def run(tmp_path: Path):
    def call(*arguments: str) -> Result:
        return RUNNER.invoke(
            app, ["roads", *arguments], env={"GEO_DISPATCH_WORKSPACE": str(tmp_path)}
        )

    return call


def test_build_says_what_it_made_and_where(run, tmp_path: Path) -> None:
    source = TOWN.write(tmp_path / "town.osm.pbf")
    answer = run("build", str(source), "--area", "town", "--country", "PT")
    assert answer.exit_code == 0
    assert answer.stdout.strip() == str(tmp_path / "road_graphs" / "compiled" / "town")
    assert "3 streets (0 km), 4 junctions" in answer.stderr
    assert "0 turn restrictions over nodes and 1 over ways" in answer.stderr
    assert "ways ..." in answer.stderr


def test_an_extract_without_relations_may_be_cut_short_and_that_is_told(
    run, tmp_path: Path
) -> None:
    whole = TOWN.write(tmp_path / "town.osm.pbf")
    without = AsciiMap("A----B----C").write(tmp_path / "short.osm.pbf")
    note = "one that was cut short while it was fetched looks like that"
    assert note not in run("build", str(whole), "--area", "town").stderr
    assert note in run("build", str(without), "--area", "town").stderr


def test_a_graph_cut_short_is_one_line_with_the_command_that_mends_it(run, tmp_path: Path) -> None:
    run("build", str(TOWN.write(tmp_path / "town.osm.pbf")), "--area", "town")
    graph = tmp_path / "road_graphs" / "compiled" / "town" / "roads.graph"
    graph.write_bytes(graph.read_bytes()[:-100])
    answer = run("info", "town")
    assert answer.exit_code == 1
    assert len(answer.stderr.splitlines()) == 1
    assert "was cut short" in answer.stderr
    assert "geo-dispatch roads build SOURCE --area town" in answer.stderr


def test_info_says_what_a_graph_holds_and_whether_it_is_stale(run, tmp_path: Path) -> None:
    source = TOWN.write(tmp_path / "town.osm")
    run("build", str(source), "--area", "town", "--country", "PT")
    answer = run("info", "town")
    assert answer.exit_code == 0
    assert "limits of PT" in answer.stdout
    assert "as its recipe says" in answer.stdout
    AsciiMap("A----B").write(source)
    assert "to be built again: its extract has changed" in run("info", "town").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("build", "nothing.osm.pbf", "--area", "town"), "there is no such file"),
        (("build", "--area", "town"), "give a SOURCE"),
        (("build", "--area", "../town"), "is no name for an area"),
        (("info", "town"), "geo-dispatch roads build SOURCE --area town"),
    ],
)
def test_errors_are_one_line_and_status_1(arguments, message: str, run) -> None:
    answer = run(*arguments)
    assert answer.exit_code == 1
    assert answer.stdout == ""
    assert message in answer.stderr
    assert len(answer.stderr.splitlines()) == 1


def test_a_file_that_is_not_osm_is_one_line_and_leaves_nothing(run, tmp_path: Path) -> None:
    bad = tmp_path / "bad.osm.pbf"
    bad.write_bytes(b"not an extract at all")
    answer = run("build", str(bad), "--area", "town")
    assert answer.exit_code == 1
    errors = [line for line in answer.stderr.splitlines() if not line.endswith(" ...")]
    assert len(errors) == 1
    assert str(bad) in errors[0]
    assert not (tmp_path / "road_graphs").exists()


def test_an_unknown_country_is_one_line_and_leaves_nothing(run, tmp_path: Path) -> None:
    source = TOWN.write(tmp_path / "town.osm")
    answer = run("build", str(source), "--area", "town", "--country", "XX")
    assert answer.exit_code == 1
    assert len(answer.stderr.splitlines()) == 1
    assert "country 'XX' has no default speed limits" in answer.stderr
    assert not (tmp_path / "road_graphs").exists()


def test_source_and_place_together_are_a_usage_error(run) -> None:
    answer = run("build", "a.osm", "--place", "Vaduz", "--area", "town")
    assert answer.exit_code == 2


def test_help_explains_the_options(run) -> None:
    answer = run("build", "--help")
    assert answer.exit_code == 0
    for said in (".osm.pbf", "--place", "Overpass", "recipe", "--country"):
        assert said in answer.stdout
