"""``geo-dispatch demo``: apart from the rest, for it needs nearly every library there is."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from geo_dispatch.cli.console import bars, say, say_line
from geo_dispatch.cli.signals import until_signal
from geo_dispatch.demo.check import check_demo
from geo_dispatch.demo.show import run_demo
from geo_dispatch.demo.world import DemoOptions, Stage

app = typer.Typer(add_completion=False, rich_markup_mode=None)


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
    with until_signal(), ExitStack() as drawn:
        stage = Stage(say=say, say_line=say_line, progress=drawn.enter_context(bars()))

        def answer(text: str) -> None:
            drawn.close()  # while bars are drawn, what is printed passes through them, cut to fit
            typer.echo(text)

        if not check:
            run_demo(options, stage, answer)
            return
        seen = check_demo(options, stage)
        answer(json.dumps(seen.as_json(), ensure_ascii=False))
        if seen.missing:
            say(f"geo-dispatch: not seen within {seen.waited_s:.0f} s: {', '.join(seen.missing)}")
            raise typer.Exit(1)
