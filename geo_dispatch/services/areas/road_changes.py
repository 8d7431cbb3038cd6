"""Changes on the road: made, looked at, undone.

Each is kept and told in one transaction, and this process drives by it before it answers. The
others notice by themselves, see `road_keeper`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import shapely

from geo_dispatch.dispatch.records.road_changes import RoadChangeRecord
from geo_dispatch.dispatch.work.events import RoadsChanged
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import Fault, InvalidInput
from geo_dispatch.kernel.ids import RoadChangeId
from geo_dispatch.roads.changes import RoadChange
from geo_dispatch.roads.touching import Touched, drawn
from geo_dispatch.services.areas.road_faults import change_faults
from geo_dispatch.services.context import Context

MOST_LISTED: Final = 500


@dataclass(frozen=True, slots=True)
class Note:
    """What people say of a change.

    Attributes
    ----------
    starts_at, ends_at
        None: at once, and until it is undone.
    """

    reason: str
    name: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """A change with what it comes to on this area's streets.

    Attributes
    ----------
    streets, metres
        How many it is about, and their length.
    geometry
        Those streets, roughly or in part if there are many; see `touching.drawn`.
    lacking
        OSM ways that it names and that are no streets of the area any more.
    """

    record: RoadChangeRecord
    in_force: bool
    streets: int
    metres: float
    geometry: shapely.MultiLineString
    lacking: tuple[int, ...]


def enter(
    ctx: Context, change: RoadChange, note: Note, *, actor: Actor, dry_run: bool = False
) -> Seen:
    """Make a change; every answer of this process goes by it when this returns.

    Parameters
    ----------
    dry_run
        Say what it would come to, and do nothing.

    Raises
    ------
    InvalidInput
        Something is wrong with it, or it would change nothing; all faults are listed.
    """
    now, roads = ctx.clock(), ctx.live_roads
    faults, on = change_faults(roads.built.graph, change)
    faults += _note_faults(note, now)
    if faults:
        raise InvalidInput("the roads are not changed", faults)
    record = RoadChangeRecord(
        id=RoadChangeId("" if dry_run else ctx.new_id("rc")),
        change=change,
        name=note.name,
        reason=note.reason,
        starts_at=note.starts_at,
        ends_at=note.ends_at,
        created_at=now,
        created_by=actor.label,
        told=note.starts_at is None or note.starts_at <= now,
    )
    if dry_run:
        return _seen(ctx, record, on, in_force=False)
    scope = ctx.settings.area
    with ctx.store.write() as unit:
        unit.road_changes.add(scope, record)
        event = event_of(record, in_force=record.told)
        unit.append(stream(scope), [event], actor=actor, at=now)
        unit.commit()
    roads.remember(record, on)
    ctx.follow_roads()
    return _seen(ctx, record, on, in_force=record.holds_at(now))


def undo(ctx: Context, change_id: str, *, actor: Actor) -> Seen:
    """Take a change back; what was undone before stays as it is.

    Raises
    ------
    NotFound
        There is no such change of this area.
    """
    now, scope = ctx.clock(), ctx.settings.area
    with ctx.store.write() as unit:
        record = unit.road_changes.get(scope, change_id)
        if unit.road_changes.undo(record.id, now, actor.label):
            event = event_of(record, in_force=False)
            unit.append(stream(scope), [event], actor=actor, at=now)
            record = unit.road_changes.get(scope, change_id)
        unit.commit()
    ctx.follow_roads()
    return look(ctx, record)


def get(ctx: Context, change_id: str) -> Seen:
    """One change.

    Raises
    ------
    NotFound
        There is no such change of this area.
    """
    with ctx.store.read() as unit:
        record = unit.road_changes.get(ctx.settings.area, change_id)
    return look(ctx, record)


def listed(ctx: Context, *, everything: bool = False) -> tuple[int, list[Seen]]:
    """Changes that hold now or will, by age; or the newest `MOST_LISTED` of all, newest first.

    The version, which comes first, grows with each that is made or undone.
    """
    now, scope = ctx.clock(), ctx.settings.area
    with ctx.store.read() as unit:
        version = unit.road_changes.version(scope)
        if everything:
            records = unit.road_changes.newest(scope, MOST_LISTED)
        else:
            found = unit.road_changes.standing(scope, now)
            records = [one for one in found if one.ends_at is None or one.ends_at > now]
    return version, [look(ctx, record) for record in records]


def look(ctx: Context, record: RoadChangeRecord) -> Seen:
    """What a change comes to on this area's streets."""
    return _seen(ctx, record, ctx.live_roads.on(record), in_force=record.holds_at(ctx.clock()))


def event_of(record: RoadChangeRecord, *, in_force: bool) -> RoadsChanged:
    """What the log tells of it."""
    return RoadsChanged(
        id=record.id,
        kind=record.change.kind,
        name=record.name,
        reason=record.reason,
        in_force=in_force,
    )


def stream(scope: str) -> str:
    """The stream of all changes on an area's roads."""
    return f"roads:{scope}"


def _note_faults(note: Note, now: datetime) -> list[Fault]:
    faults = []
    if not note.reason.strip():
        faults.append(Fault("reason", "is empty; say why, others will ask"))
    if note.ends_at is not None:
        ends = note.ends_at.isoformat()
        if note.starts_at is not None and note.ends_at <= note.starts_at:
            faults.append(Fault("until", f"{ends} is not after from, {note.starts_at.isoformat()}"))
        elif note.ends_at <= now:
            faults.append(Fault("until", f"{ends} is past; it is {now.isoformat()}"))
    return faults


def _seen(ctx: Context, record: RoadChangeRecord, on: Touched, *, in_force: bool) -> Seen:
    graph = ctx.live_roads.built.graph
    return Seen(
        record=record,
        in_force=in_force,
        streets=len(on.streets),
        metres=float(graph.street_m[on.streets].sum()),
        geometry=drawn(graph, on.streets),
        lacking=on.lacking,
    )
