"""``geo-dispatch performance``: figures that rankings and default durations use."""

from __future__ import annotations

import typer

from geo_dispatch.bootstrap import open_back_office
from geo_dispatch.config import load_settings
from geo_dispatch.kernel.actors import CLI
from geo_dispatch.services.policy import performance

app = typer.Typer(
    help="Work out what completed orders say of technicians and jobs.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@app.command()
def refresh() -> None:
    """Work the figures out anew, and put them in force; run it once a day."""
    with open_back_office(load_settings()) as desk:
        figures = performance.refresh(desk, actor=CLI)
    typer.echo(
        f"version {figures.version} is in force: {len(figures.entries)} figures of technicians, "
        f"{len(figures.durations)} durations"
    )


@app.command()
def show() -> None:
    """Print the figures in force."""
    with open_back_office(load_settings()) as desk:
        figures = performance.in_force(desk)
        with desk.store.read() as unit:
            names = unit.technicians.many(entry.technician_id for entry in figures.entries)
    if figures.until is None:
        typer.echo("nothing was worked out so far; `geo-dispatch performance refresh` does")
        return
    typer.echo(f"version {figures.version}, completed orders until {figures.until:%Y-%m-%d %H:%M}")
    for entry in figures.entries:
        call_sign = names[entry.technician_id].call_sign
        typer.echo(
            f"  {call_sign}, {entry.job_type}: {entry.visits} visits, "
            f"{entry.first_time_fix * 100:.0f} % fixed at once (all: "
            f"{entry.type_first_time_fix * 100:.0f} %), takes {entry.duration_ratio:.2f} of the "
            "usual time"
        )
    for took in figures.durations:
        where = "anywhere" if took.site_id is None else f"at {took.site_id}"
        typer.echo(
            f"  {took.job_type} {where}: half take {took.p50_s / 60:.0f} min, "
            f"nine of ten {took.p90_s / 60:.0f} min ({took.visits} visits)"
        )
