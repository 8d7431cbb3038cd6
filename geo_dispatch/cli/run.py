"""Running it: ``up``, ``serve``, ``worker``, ``doctor``."""

from __future__ import annotations

import os
import runpy
from contextlib import ExitStack
from typing import Annotated, Any

import typer

from geo_dispatch.adapters.redis_server import RedisServer
from geo_dispatch.cli.console import say, say_line
from geo_dispatch.cli.signals import until_signal
from geo_dispatch.config import Settings, child_environment, load_settings
from geo_dispatch.services import deployment, doctor

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)

Host = Annotated[str | None, typer.Option(help="Address to listen on; 0.0.0.0 is every one.")]
Port = Annotated[int | None, typer.Option(help="Port to listen on; 0 is any free one.")]


def settings_with(**options: Any) -> Settings:
    """The settings in force, with the options that were given on top."""
    return load_settings(**{name: value for name, value in options.items() if value is not None})


@app.command()
def up(host: Host = None, port: Port = None) -> None:
    """Run your own city: Redis, worker and API in one process tree."""
    settings = settings_with(host=host, port=port)
    with until_signal(), deployment.running(settings, say_line) as running:
        say(f"geo-dispatch is up: {running.url}/map")
        say("a token to sign in with: geo-dispatch tokens create --role dispatcher")
        say("Ctrl-C ends it")
        running.wait()


@app.command()
def serve(host: Host = None, port: Port = None) -> None:
    """Run the API alone."""
    settings = settings_with(host=host, port=port)
    deployment.require_graph(settings)
    deployment.free_port(settings.host, settings.port)
    _run_alone(settings, "api")


@app.command()
def worker() -> None:
    """Run a worker alone."""
    settings = settings_with()
    deployment.require_graph(settings)
    _run_alone(settings, "geo_dispatch.worker")


@app.command(name="doctor")
def doctor_() -> None:
    """Say what is missing on this machine, and how to get it."""
    findings = doctor.examine(settings_with())
    for finding in findings:
        typer.echo(f"{finding.state:<8} {finding.thing:<12} {finding.found}")
        if finding.remedy:
            typer.echo(f"{'':<21} -> {finding.remedy}")
    if not doctor.is_well(findings):
        raise typer.Exit(1)


def _run_alone(settings: Settings, module: str) -> None:
    os.environ.update(child_environment(settings))
    with ExitStack() as stack:
        if not settings.redis_url:
            stack.enter_context(RedisServer(settings.data_dir, settings.redis_fsync))
        runpy.run_module(module, run_name="__main__", alter_sys=True)
