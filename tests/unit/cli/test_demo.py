"""The demo's command: what it refuses before it begins."""

from typer.testing import CliRunner

from geo_dispatch.cli import app

RUNNER = CliRunner()


def test_the_demo_never_begins_on_data_that_is_there(tmp_path):
    (tmp_path / "geo-dispatch.db").touch()
    answer = RUNNER.invoke(app, ["demo", "--data", str(tmp_path)])
    assert answer.exit_code == 1
    assert "is not empty" in answer.stderr


def test_a_speed_out_of_range_is_a_usage_error():
    assert RUNNER.invoke(app, ["demo", "--speed", "0.5"]).exit_code == 2
