"""Running it from the command line: what is refused, and how it says so."""

import pytest
from typer.testing import CliRunner

from geo_dispatch.cli import app

RUNNER = CliRunner()


@pytest.fixture
def workspace(tmp_path):
    return {"GEO_DISPATCH_WORKSPACE": str(tmp_path), "GEO_DISPATCH_PORT": "0"}


@pytest.mark.parametrize("command", ["up", "serve", "worker"])
def test_without_a_road_graph_one_line_says_how_to_make_it(command, workspace):
    answer = RUNNER.invoke(app, [command], env=workspace)
    assert answer.exit_code == 1
    assert answer.stderr.count("\n") == 1
    assert "geo-dispatch roads build SOURCE --area liechtenstein" in answer.stderr


def test_a_setting_that_cannot_be_read_is_named(workspace):
    answer = RUNNER.invoke(app, ["doctor"], env={**workspace, "GEO_DISPATCH_SHARDS": "many"})
    assert answer.exit_code == 1
    assert "shards" in answer.stderr
    assert "'many'" in answer.stderr


def test_the_doctor_says_what_is_wanted_and_how_to_get_it(workspace):
    answer = RUNNER.invoke(app, ["doctor"], env=workspace)
    assert "wanted   road graph" in answer.stdout
    assert "-> no road graph of liechtenstein" in answer.stdout
