"""Changes on the roads of a drawn town, and what one drives by."""

from datetime import datetime

import numpy as np

from geo_dispatch.roads.changes import close_streets
from geo_dispatch.services.areas import road_changes
from geo_dispatch.services.areas.road_changes import Note, Seen
from tests.support.dispatch_office import DispatchOffice
from tests.support.records import DISPATCHER


def close(
    desk: DispatchOffice,
    *streets: str,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> Seen:
    """Streets of the drawing closed by name."""
    ways = [desk.town.map.way_id(street) for street in streets]
    note = Note("works", starts_at=starts_at, ends_at=ends_at)
    return road_changes.enter(desk.ctx, close_streets(way_ids=ways), note, actor=DISPATCHER)


def seconds(desk: DispatchOffice, start: str, end: str) -> float | None:
    """Drive time on the roads of the moment."""
    return desk.ctx.roads.drive_times(desk.town.at(start), [desk.town.at(end)])[0]


def everything_ms(desk: DispatchOffice) -> np.ndarray:
    """The matrix of all that is drawn."""
    places = np.array([desk.town.at(letter) for letter in desk.town.map.cells])
    roads = desk.ctx.roads
    snaps = roads.snap(places)
    return roads.matrix(snaps, snaps)


def told(desk: DispatchOffice) -> list[tuple[str, bool]]:
    """What the log says of the roads: ids and whether in force, in order."""
    with desk.ctx.store.read() as unit:
        return [
            (one.body["id"], one.body["in_force"]) for one in unit.events(types=["roads.changed"])
        ]
