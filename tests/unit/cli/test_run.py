"""Running it from the command line: what is refused, and how it says so."""

import os
import signal

import pytest
from typer.testing import CliRunner

from geo_dispatch.cli import app
from geo_dispatch.cli.run import ENDING_SIGNALS, until_signal

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


def test_the_demo_never_begins_on_data_that_is_there(tmp_path):
    (tmp_path / "geo-dispatch.db").touch()
    answer = RUNNER.invoke(app, ["demo", "--data", str(tmp_path)])
    assert answer.exit_code == 1
    assert "is not empty" in answer.stderr


def test_a_speed_out_of_range_is_a_usage_error():
    assert RUNNER.invoke(app, ["demo", "--speed", "0.5"]).exit_code == 2


@pytest.mark.parametrize("ending", ENDING_SIGNALS)
def test_a_signal_ends_the_block_and_the_next_one_cannot_break_its_cleaning_up(ending):
    cleaned = False
    with until_signal():
        try:
            os.kill(os.getpid(), ending)
            signal.pause()
        finally:
            os.kill(os.getpid(), ending)
            cleaned = True
    assert cleaned
