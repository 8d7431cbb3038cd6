"""``geo-dispatch roads close``, ``slow``, ``speeds``, ``changes``, ``undo``.

They write to the records only; whatever runs notices within a second.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from geo_dispatch.adapters.road_change_files import read_area, read_speeds
from geo_dispatch.bootstrap import open_context
from geo_dispatch.config import load_settings
from geo_dispatch.kernel.actors import CLI
from geo_dispatch.kernel.time import utc
from geo_dispatch.roads.changes import RoadChange, close_streets, set_speeds, speed_factor
from geo_dispatch.services.areas import road_changes
from geo_dispatch.services.areas.road_changes import Note, Seen
from geo_dispatch.services.context import Context

_MINUTES = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]

_AREA = "GeoJSON with the area: polygons, by themselves or in features."

AreaFile = Annotated[Path, typer.Argument(help=_AREA, show_default=False)]
Reason = Annotated[str, typer.Option(help="Why; others will ask.")]
Named = Annotated[str, typer.Option("--name", help="What people call it.")]
From = Annotated[
    datetime | None,
    typer.Option(
        "--from",
        formats=_MINUTES,
        metavar="TIME",
        help="Local time, such as 2026-03-02T18:30; without it, at once.",
    ),
]
Until = Annotated[
    datetime | None,
    typer.Option(
        "--until",
        formats=_MINUTES,
        metavar="TIME",
        help="Local time, such as 2026-03-02T18:30; without it, until undone.",
    ),
]


def close(
    area: Annotated[Path | None, typer.Argument(help=_AREA, show_default=False)] = None,
    *,
    way: Annotated[
        list[int] | None,
        typer.Option(metavar="ID", help="An OSM way instead; may be given again."),
    ] = None,
    reason: Reason,
    name: Named = "",
    starts: From = None,
    until: Until = None,
) -> None:
    """Close all streets that touch an area, or OSM ways."""
    change = close_streets(area=read_area(area) if area else None, way_ids=way or ())
    _enter(change, reason, name, starts, until)


def slow(
    area: AreaFile,
    *,
    factor: Annotated[float, typer.Option(help="Driving takes so many times as long, 0.1 to 100.")],
    reason: Reason,
    name: Named = "",
    starts: From = None,
    until: Until = None,
) -> None:
    """Have driving in an area take longer."""
    _enter(speed_factor(read_area(area), factor), reason, name, starts, until)


def speeds(
    table: Annotated[
        Path,
        typer.Argument(
            help="CSV with the columns way_id, kmh and, if it matters, direction: forward or "
            "backward, as the way is drawn.",
            show_default=False,
        ),
    ],
    *,
    reason: Reason,
    name: Named = "",
    starts: From = None,
    until: Until = None,
) -> None:
    """Set the speeds of OSM ways."""
    _enter(set_speeds(read_speeds(table)), reason, name, starts, until)


def changes(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Past and undone ones too.")] = False,
) -> None:
    """List what is different on the road."""
    with open_context(load_settings()) as context:
        _, found = road_changes.listed(context, everything=everything)
        for seen in found:
            typer.echo(_line(context, seen))


def undo(
    change: Annotated[str, typer.Argument(help="Its id, as `roads changes` lists it.")],
) -> None:
    """Undo a change: all is as it was before."""
    with open_context(load_settings()) as context:
        typer.echo(_line(context, road_changes.undo(context, change, actor=CLI)))


def _enter(
    change: RoadChange, reason: str, name: str, starts: datetime | None, until: datetime | None
) -> None:
    with open_context(load_settings()) as context:
        note = Note(reason, name, _moment(context, starts), _moment(context, until))
        typer.echo(_line(context, road_changes.enter(context, change, note, actor=CLI)))


def _moment(context: Context, local: datetime | None) -> datetime | None:
    return None if local is None else utc(local.replace(tzinfo=context.zone))


def _line(context: Context, seen: Seen) -> str:
    record = seen.record
    states = {record.undone_at is not None: "undone", seen.in_force: "in force"}
    state = states.get(True, "not in force")
    ends = {"from": record.starts_at, "until": record.ends_at, "undone": record.undone_at}
    times = [
        f"{word} {moment.astimezone(context.zone):%Y-%m-%d %H:%M}"
        for word, moment in ends.items()
        if moment is not None
    ]
    factor = f" x{record.change.factor:g}" if record.change.factor is not None else ""
    lost = [f"no street any more: {', '.join(map(str, seen.lacking))}"] if seen.lacking else []
    about = f"{seen.streets} streets ({seen.metres / 1000:.1f} km)"
    said = f"{record.name}: {record.reason}" if record.name else record.reason
    kind = f"{record.change.kind}{factor}"
    return "  ".join([record.id, f"{kind:<10}", f"{state:<12}", about, *times, said, *lost])
