"""Running it: ``demo``, ``up``, ``serve``, ``worker``, ``doctor``."""

from __future__ import annotations

import json
import os
import runpy
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, Final

import typer

from geo_dispatch.adapters.redis_server import RedisServer
from geo_dispatch.cli.console import bars, say
from geo_dispatch.config import Settings, child_environment, load_settings
from geo_dispatch.demo.check import check_demo
from geo_dispatch.demo.show import run_demo
from geo_dispatch.demo.world import DemoOptions, Stage
from geo_dispatch.services import deployment, doctor

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)

ENDING_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Host = Annotated[str | None, typer.Option(help="Address to listen on; 0.0.0.0 is every one.")]
Port = Annotated[int | None, typer.Option(help="Port to listen on; 0 is any free one.")]


@contextmanager
def until_signal() -> Iterator[None]:
    """Let SIGINT, SIGTERM or SIGHUP end the block; further ones can't break its cleaning up."""

    def end(_signal: int, _frame: FrameType | None) -> None:
        for one in ENDING_SIGNALS:
            signal.signal(one, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {one: signal.signal(one, end) for one in ENDING_SIGNALS}
    try:
        yield
    except KeyboardInterrupt:
        say("stopped")
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def settings_with(**options: Any) -> Settings:
    """The settings in force, with the options that were given on top."""
    return load_settings(**{name: value for name, value in options.items() if value is not None})


def say_line(name: str, line: str) -> None:
    """Print a line of a program of the tree."""
    say(f"{name:>6} | {line}")


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


@app.command()
def demo(
    *,
    speed: Annotated[
        float, typer.Option(min=1, max=60, help="How fast the day goes; 1 lets real phones join.")
    ] = 10.0,
    check: Annotated[
        bool, typer.Option("--check", help="Headless and fast: see everything work, then end.")
    ] = False,
    port: Annotated[int, typer.Option(help="Port to listen on; 0 is any free one.")] = 8080,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 lets phones in.")] = (
        "127.0.0.1"
    ),
    data: Annotated[
        Path | None, typer.Option(help="Folder for the demo's data; default a temporary one.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the data folder.")] = False,
) -> None:
    """A believable day in Liechtenstein, from nothing to a live map."""
    options = DemoOptions(speed=speed, port=port, host=host, data=data, keep=keep)
    with until_signal(), bars() as progress:
        stage = Stage(say=say, say_line=say_line, progress=progress)
        if not check:
            run_demo(options, stage)
            return
        seen = check_demo(options, stage)
        typer.echo(json.dumps(seen.as_json(), ensure_ascii=False))
        if seen.missing:
            say(f"geo-dispatch: not seen within {seen.waited_s:.0f} s: {', '.join(seen.missing)}")
            raise typer.Exit(1)


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
