"""`geo-dispatch technicians`: who can be sent, their phones, and what they drove."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from geo_dispatch.adapters.qr_codes import text_to_png, text_to_svg, text_to_terminal
from geo_dispatch.bootstrap import open_back_office, open_context
from geo_dispatch.cli.console import say
from geo_dispatch.config import load_settings
from geo_dispatch.kernel.actors import CLI, Role
from geo_dispatch.kernel.errors import Fault, InvalidInput
from geo_dispatch.services import tokens
from geo_dispatch.services.history import erasure
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.records.keeping import TECHNICIANS
from geo_dispatch.services.tracking import connecting
from geo_dispatch.services.tracking.connecting import Connection
from geo_dispatch.services.tracking.driven import driven
from geo_dispatch.services.tracking.phones import App, SetUp

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="List technicians, connect their phones, and read what they drove.",
)


@app.command("list")
def list_() -> None:
    """Show technicians in use, and how many keys their phones have."""
    with open_back_office(load_settings()) as desk:
        found = records.page(desk, TECHNICIANS)
        keys = Counter(
            one.technician_id
            for one in tokens.list_all(desk)
            if one.role is Role.INGEST and one.revoked_at is None
        )
    for one in found:
        typer.echo(f"{one.id}  {one.call_sign:<16}  {keys[one.id]} keys  {one.external_id or ''}")


@app.command()
def connect(
    technician: Annotated[str, typer.Argument(help="Call sign, id or external id.")],
    only: Annotated[App | None, typer.Option("--app", help="Only this app; else each.")] = None,
    url: Annotated[str, typer.Option(help="Where phones reach us; else public_url.")] = "",
    *,
    rotate: Annotated[
        bool, typer.Option("--rotate", help="The technician's other phones' keys end.")
    ] = False,
    svg: Annotated[Path | None, typer.Option(help="Write the QR code here, with --app.")] = None,
    png: Annotated[Path | None, typer.Option(help="Write the QR code here, with --app.")] = None,
) -> None:
    """Make a phone's key, and print for each app its link, steps and QR code.

    The key is shown only now. On stdout go links alone, with --app the app's file if it takes one.
    """
    if (svg or png) and only is None:
        raise InvalidInput(
            "one QR code is of one app; say which with --app",
            [Fault("--svg, --png", f"without --app, which is one of {', '.join(App)}")],
        )
    with open_back_office(load_settings()) as desk:
        found = connecting.find(desk, technician)
        made = connecting.connect(desk, found.id, url=url, rotate=rotate)
    for one in made.set_ups:
        if only is None or one.app == only:
            _show(one, alone=only is not None)
            if svg is not None:
                svg.write_text(text_to_svg(one.link))
            if png is not None:
                png.write_bytes(text_to_png(one.link))
    _tell(made)


@app.command()
def mileage(
    technician: Annotated[str, typer.Argument(help="Call sign, id or external id.")],
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="A local day.")],
    last: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d"], help="A local day; else the same one."),
    ] = None,
    purpose: Annotated[str, typer.Option(help="Why; the technician can read it.")] = "",
) -> None:
    """Print kilometres by road, by day; the event log and the technician hear who asked."""
    with open_context(load_settings()) as context:
        found = driven(
            context,
            connecting.find(context, technician).id,
            first.date(),
            (last or first).date(),
            what="mileage",
            actor=CLI,
            purpose=purpose,
        )
        for day in found.days:
            typer.echo(
                f"{day.day}  {day.road_m / 1000:8.1f} km by road  {day.matched:4.0%} known  "
                f"{day.odometer_m / 1000:8.1f} km by fixes  {len(day.trips)} trips"
            )
        say(f"matched on {found.on.area} ({found.on.source_sha256[:12]}) by {found.on.rule}")


@app.command()
def erase(
    technician: Annotated[str, typer.Argument(help="Call sign, id or external id.")],
    reason: Annotated[str, typer.Option(help="Why; it stays in the log.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="It is meant; it can't be undone.")] = False,
) -> None:
    """Take away all that is personal of a technician, for good; what they did stays."""
    with open_context(load_settings()) as context:
        found = connecting.find(context, technician)
        if not yes:
            raise InvalidInput(
                f"{found.call_sign} ({found.id}) would be erased for good; --yes says you mean it",
                [Fault("--yes", "is missing")],
            )
        done = erasure.erase(context, found.id, confirm=found.call_sign, reason=reason, actor=CLI)
    typer.echo(f"{done.technician_id}: {done.fixes} fixes and the words of {done.events} events")


def _show(one: SetUp, *, alone: bool) -> None:
    say(f"\n{one.title}")
    for number, step in enumerate(one.steps, 1):
        say(f"  {number}. {step}")
    say(text_to_terminal(one.link))
    typer.echo(one.profile if alone and one.profile else one.link)


def _tell(made: Connection) -> None:
    name = made.technician.call_sign
    say(f"\n{made.token.id} is the key of this phone of {name}; it is shown only now, above")
    if made.keys:
        say(f"{name} has other keys that are good ({', '.join(made.keys)}); --rotate ends them")
    for doubt in made.doubts:
        say(f"warning: {doubt}")
