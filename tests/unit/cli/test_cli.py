"""The table of commands: quick to list, each loaded when it is called."""

import subprocess
import sys

from typer.testing import CliRunner

import geo_dispatch
from geo_dispatch.cli import COMMANDS, app

RUNNER = CliRunner()
LIST_HEAVY_MODULES = """
import sys
from geo_dispatch.cli import app
app(["--help"], standalone_mode=False)
print([name for name in ("numpy", "shapely", "fastapi", "httpx") if name in sys.modules])
"""


def test_help_lists_every_command():
    answer = RUNNER.invoke(app, ["--help"])
    assert answer.exit_code == 0
    assert all(f"  {entry.name} " in answer.stdout for entry in COMMANDS)


def test_help_imports_none_of_the_libraries_behind_the_commands():
    seen = subprocess.run(
        [
            sys.executable,
            "-c",
            LIST_HEAVY_MODULES,
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert seen.stdout.splitlines()[-1] == "[]"


def test_the_version_is_the_packages():
    answer = RUNNER.invoke(app, ["--version"])
    assert answer.stdout == f"geo-dispatch {geo_dispatch.__version__}\n"


def test_a_misspelt_command_gets_a_hint_and_status_2():
    answer = RUNNER.invoke(app, ["rods"])
    assert answer.exit_code == 2
    assert "Did you mean 'roads'" in answer.stderr
