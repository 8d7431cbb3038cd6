"""`geo-dispatch tokens`: who may use the API."""

from __future__ import annotations

from typing import Annotated

import typer

from geo_dispatch.bootstrap import open_back_office
from geo_dispatch.cli.console import say
from geo_dispatch.config import load_settings
from geo_dispatch.kernel.actors import Role
from geo_dispatch.kernel.errors import NotFound
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.services import tokens
from geo_dispatch.services.desk import Desk

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="Create, list and revoke access tokens and ingest keys.",
)


@app.command()
def create(
    role: Annotated[Role, typer.Option(help="What it may do.")],
    technician: Annotated[
        str, typer.Option(help="Call sign or id of the technician it speaks for.")
    ] = "",
    name: Annotated[str, typer.Option(help="What you want to remember it by.")] = "",
) -> None:
    """Make a token and print its secret: once, it is kept nowhere."""
    with open_back_office(load_settings()) as desk:
        technician_id = _technician_id(desk, technician) if technician else None
        token, secret = tokens.create(desk, role, name, technician_id)
    say(f"{token.id} ({token.role}, {token.name}); keep the secret, it is shown only now:")
    typer.echo(secret)


@app.command("list")
def list_() -> None:
    """Show all tokens; never their secrets."""
    with open_back_office(load_settings()) as desk:
        for token in tokens.list_all(desk):
            state = f"revoked {token.revoked_at:%Y-%m-%d}" if token.revoked_at else "good"
            typer.echo(
                f"{token.id}  {token.role:<10}  {token.created_at:%Y-%m-%d}  {state:<18}  "
                f"{token.name}"
            )


@app.command()
def revoke(token_id: Annotated[str, typer.Argument(help="Its id, tok_…")]) -> None:
    """Make a token useless from now on."""
    with open_back_office(load_settings()) as desk:
        token = tokens.revoke(desk, token_id)
    say(f"{token.id} ({token.role}, {token.name}) is revoked")


def _technician_id(desk: Desk, who: str) -> TechnicianId:
    with desk.store.read() as unit:
        technician = unit.technicians.find(who) or unit.technicians.by_call_sign(who)
    if technician is None:
        raise NotFound("technician", who, "give a call sign, as 'Van 07', or an id")
    return technician.id
