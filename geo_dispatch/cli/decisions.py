"""``geo-dispatch decisions``: who decided what about an order, and the same decided again."""

from __future__ import annotations

from typing import Annotated

import typer

from geo_dispatch.bootstrap import open_back_office
from geo_dispatch.cli.console import say
from geo_dispatch.config import load_settings
from geo_dispatch.services.orders import work_orders
from geo_dispatch.services.policy import decisions

app = typer.Typer(
    help="Who decided what about an order, and the same decided again.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

DIFFERS = 1
"""Exit status when something else comes of it than then."""


@app.command("list")
def list_decisions(
    order: Annotated[str, typer.Argument(help="Id or number of a work order: WO-1042.")],
) -> None:
    """List the decisions about a work order, oldest first: id, when, kind, who goes, and why."""
    with open_back_office(load_settings()) as desk:
        found = decisions.of_order(desk, work_orders.get(desk, order).id)
    for one in found:
        typer.echo(
            f"{one.id}  {one.at:%Y-%m-%d %H:%M}  {one.kind} by {one.source}, {one.actor}: "
            f"{one.chosen_id or 'nobody'}{f' ({one.reason})' if one.reason else ''}"
        )


@app.command()
def replay(
    decision: Annotated[str, typer.Argument(help="Id of a decision, as list or a timeline say.")],
) -> None:
    """Decide again from what was known then; exit status 1 when anything differs by a byte.

    Needs nothing but the database: neither Redis nor roads nor what changed since. A ranking, by
    hand, by a rule or flagged for judgment, is ranked again; the plan of an emergency or a repair
    is worked out again.
    """
    with open_back_office(load_settings()) as desk:
        again = decisions.again(desk, decision)
    made = again.decision
    if not again.same:
        say(
            f"geo-dispatch: {made.id} comes out otherwise than at {made.at:%Y-%m-%d %H:%M}; "
            "the database holds something else than then, or this version decides otherwise"
        )
        raise typer.Exit(DIFFERS)
    for candidate in again.ranking.candidates[: decisions.KEPT] if again.ranking else ():
        typer.echo(f"{candidate.rank}. {candidate.call_sign}  {candidate.score_min:.2f} min")
    for change in again.changes:
        typer.echo(f"{change.number} {change.kind}: {change.why}")
    typer.echo(f"{made.id} is the same, to the byte; {made.chosen_id or 'nobody'} goes")
