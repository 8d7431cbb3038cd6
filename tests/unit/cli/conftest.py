"""The command as people type it, in a workspace of its own."""

import pytest

from geo_dispatch.cli import COMMANDS, call


@pytest.fixture
def cli(tmp_path, monkeypatch, capsys):
    """Runs a command; gives its exit status, and what it said and complained."""
    monkeypatch.setenv("GEO_DISPATCH_WORKSPACE", str(tmp_path))
    entries = {entry.name: entry for entry in COMMANDS}

    def cli(command, *arguments):
        status = call(entries[command], [str(argument) for argument in arguments])
        said = capsys.readouterr()
        return status, said.out, said.err

    return cli
