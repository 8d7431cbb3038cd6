"""The command line: a table of commands, each loaded when it is called.

`geo-dispatch --help` reads only this table: the libraries behind the commands take seconds to
import on a small machine.
"""

from __future__ import annotations

import gc
import importlib
from dataclasses import dataclass
from typing import Annotated, Final

import typer
from typer.main import get_command

from geo_dispatch import __version__
from geo_dispatch.cli.console import fail
from geo_dispatch.kernel.errors import GeoDispatchError

NAME: Final = "geo-dispatch"
INTERRUPTED: Final = 130
"""Exit status of a program ended by Ctrl-C, as shells have it: 128 + SIGINT."""

app = typer.Typer(
    name=NAME,
    help="The open dispatch engine for field service.",
    no_args_is_help=True,
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A command and the module whose ``app`` holds it."""

    name: str
    module: str
    text: str


COMMANDS: Final = (
    Entry("demo", "demo", "A believable day in Liechtenstein, from nothing to a live map."),
    Entry("up", "run", "Run your own city: Redis, worker and API in one process tree."),
    Entry("serve", "run", "Run the API alone."),
    Entry("worker", "run", "Run a worker alone."),
    Entry("doctor", "run", "Say what is missing on this machine, and how to get it."),
    Entry("roads", "roads", "Build and inspect road graphs, close streets."),
    Entry("territories", "territories", "Check, publish and export territories."),
    Entry("import", "records", "Read technicians, sites or work orders from a CSV file."),
    Entry("db", "records", "Create and upgrade the database."),
    Entry("audit", "audit", "Prove that the record is as it was written."),
    Entry("policy", "policy", "Check, publish, compare and try out policies."),
    Entry("decisions", "decisions", "Who decided what, and the same decided again."),
    Entry("performance", "performance", "Work out what completed orders say of technicians."),
    Entry("webhooks", "webhooks", "URLs that hear what people and programs are told."),
    Entry("technicians", "technicians", "List technicians, and connect their phones."),
    Entry("history", "history", "Export and prune the history of fixes."),
    Entry("tokens", "tokens", "Create, list and revoke access tokens and ingest keys."),
)


@app.callback()
def main(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.", is_eager=True)
    ] = False,
) -> None:
    """The open dispatch engine for field service."""
    if version:
        typer.echo(f"{NAME} {__version__}")
        raise typer.Exit


def call(entry: Entry, arguments: list[str]) -> int:
    """Load the command, run it and return its exit status; errors become one line on stderr."""
    try:
        command = get_command(importlib.import_module(f"{__name__}.{entry.module}").app)
        if entry.name in getattr(command, "commands", {}):
            name, arguments = NAME, [entry.name, *arguments]
        else:
            name = f"{NAME} {entry.name}"
        status = command.main(args=arguments, prog_name=name, standalone_mode=False)
    except GeoDispatchError as error:
        fail(error)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        gc.freeze()  # or the interpreter spends a second at its end collecting what dies anyway
    return status if isinstance(status, int) else 0


def _register(entry: Entry) -> None:
    @app.command(
        entry.name,
        help=entry.text,
        add_help_option=False,
        context_settings={
            "allow_extra_args": True,
            "ignore_unknown_options": True,
            "allow_interspersed_args": False,
        },
    )
    def command(context: typer.Context) -> None:
        raise typer.Exit(call(entry, context.args))


for _entry in COMMANDS:
    _register(_entry)
