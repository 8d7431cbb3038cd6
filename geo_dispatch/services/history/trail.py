"""Where a technician was: a trail to draw, and the same to play back. Who looks is written down.

Both are read in chunks, each in a moment of its own: a slow reader holds nothing up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import Fault, InvalidInput
from geo_dispatch.kernel.time import Window, checked_moment, datetime_to_ms, ms_to_datetime
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.history import access
from geo_dispatch.tracking.fixes import Fix
from geo_dispatch.tracking.trails import length_m, pieces, stays, thinned

MAX_SPAN: Final = timedelta(days=31)
MAX_TOLERANCE_M: Final = 1_000.0
PLAYED_WITHIN_M: Final = 15.0
"""How far playback may be from the fixes: about their own error, and a van's length or two."""

_E5: Final = 100
"""Playback has degrees in steps of 1e-5, about a metre; fixes in steps of 1e-7."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Trail:
    """A technician's trail, to be read once.

    Attributes
    ----------
    features
        GeoJSON features: pieces as LineStrings with a time for each point, stays and visits as
        Points; in the order of time, piece by piece, the visits last.
    about
        What else is told of them all.
    """

    technician: Technician
    features: Iterator[Json]
    about: Json = field(default_factory=dict)


def trail(
    ctx: Desk,
    technician_id: str,
    span: Window,
    tolerance_m: float,
    *,
    actor: Actor,
    purpose: str = "",
) -> Trail:
    """The technician's trail of that time.

    Parameters
    ----------
    tolerance_m
        Points within so much of the line between others are left out; 0 leaves all.

    Raises
    ------
    InvalidInput
        The time or the tolerance is out of bounds.
    NotFound
        There is no such technician.
    """
    _check(span, tolerance_m)
    technician, visits = opened(ctx, technician_id, span, "trail", actor=actor, purpose=purpose)

    def features() -> Iterator[Json]:
        for piece in pieces(fixes_of(ctx, technician_id, span)):
            yield _line(piece, thinned(piece, tolerance_m))
            yield from _stays(piece)
        yield from visits

    return Trail(technician, features())


def playback(ctx: Desk, technician_id: str, day: date, *, actor: Actor, purpose: str = "") -> Json:
    """A technician's day for the map, small: differences of whole numbers.

    ``t`` are seconds, ``lon`` and ``lat`` steps of 1e-5 degrees; the first of each piece counts
    from ``start`` and from 0.

    Raises
    ------
    NotFound
        There is no such technician.
    """
    span = day_span(ctx, day)
    technician, visits = opened(ctx, technician_id, span, "playback", actor=actor, purpose=purpose)
    start_ms = datetime_to_ms(span.start)
    return {
        "technician_id": technician.id,
        "call_sign": technician.call_sign,
        "start": span.start,
        "end": span.end,
        "pieces": [
            _coded(thinned(piece, PLAYED_WITHIN_M), start_ms)
            for piece in pieces(fixes_of(ctx, technician_id, span))
        ],
        "visits": [
            one["properties"] | {"lon": place[0], "lat": place[1]}
            for one in visits
            for place in [one["geometry"]["coordinates"]]
        ],
    }


def day_span(ctx: Desk, day: date) -> Window:
    """The local day: 23 to 25 hours.

    Raises
    ------
    InvalidInput
        A year in which no work is done.
    """
    zone = ZoneInfo(ctx.settings.time_zone)
    try:
        start, end = (
            checked_moment(datetime.combine(day + timedelta(days=n), time(), zone)) for n in (0, 1)
        )
    except (ValueError, OverflowError) as error:
        fault = Fault("date", "is not a day between the years 1970 and 2199")
        raise InvalidInput(f"nobody was anywhere on {day}", [fault]) from error
    return Window(start, end)


def fixes_of(ctx: Desk, technician_id: str, span: Window) -> Iterator[Fix]:
    """The technician's fixes of that time, in their order, read in chunks."""
    start_ms, end_ms = datetime_to_ms(span.start), datetime_to_ms(span.end)
    last: Fix | None = None
    while True:
        with ctx.store.read() as unit:
            found = unit.fix_history.behind(last, technician_id, start_ms, end_ms)
        yield from found
        if not found:
            return
        last = found[-1]


def collection(found: Trail, span: Window) -> Iterator[bytes]:
    """The trail as a GeoJSON FeatureCollection, piece by piece."""
    head = msgspec.json.encode(
        {
            "type": "FeatureCollection",
            "technician_id": found.technician.id,
            "call_sign": found.technician.call_sign,
            "from": span.start,
            "to": span.end,
            **found.about,
        }
    )
    yield head[:-1] + b',"features":['
    separator = b""
    for feature in found.features:
        yield separator + msgspec.json.encode(feature)
        separator = b","
    yield b"]}"


def stay_features(fixes: Iterable[Fix]) -> Iterator[Json]:
    """Where somebody stayed, as `trail` tells it; the fixes come in the order of their keys."""
    for piece in pieces(fixes):
        yield from _stays(piece)


def opened(
    ctx: Desk, technician_id: str, span: Window, what: str, *, actor: Actor, purpose: str
) -> tuple[Technician, list[Json]]:
    """Write down who looks, before anything is shown; the technician, and visits as features.

    Raises
    ------
    NotFound
        There is no such technician.
    """
    with ctx.store.write() as unit:
        technician = unit.technicians.get(technician_id)
        access.note(ctx, unit, [technician.id], span, what, actor=actor, purpose=purpose)
        visits = _visits(unit, technician, span)
        unit.commit()
    return technician, visits


def _visits(unit: Unit, technician: Technician, span: Window) -> list[Json]:
    made = unit.history.visits_of(technician.id, span.start, span.end)
    orders = unit.orders.many({visit.order_id for visit in made})
    sites = unit.sites.many({visit.site_id for visit in made})
    return [
        _point(
            "visit",
            sites[visit.site_id].location,
            order_id=visit.order_id,
            number=orders[visit.order_id].number,
            site=sites[visit.site_id].name,
            source=visit.source,
            **{"from": visit.arrived_at, "to": visit.departed_at},
        )
        for visit in made
    ]


def _line(piece: Sequence[Fix], shown: Sequence[Fix]) -> Json:
    """A piece of the trail; one fix alone is a point."""
    properties = {
        "kind": "trail" if len(shown) > 1 else "fix",
        "from": ms_to_datetime(piece[0].at_ms),
        "to": ms_to_datetime(piece[-1].at_ms),
        "fixes": len(piece),
        "length_m": round(length_m(piece), 1),
        "coordTimes": [ms_to_datetime(fix.at_ms) for fix in shown],
    }
    places = [_lonlat(fix) for fix in shown]
    geometry: Json = {"type": "LineString", "coordinates": places}
    if len(places) == 1:
        geometry = {"type": "Point", "coordinates": places[0]}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _stays(piece: Sequence[Fix]) -> Iterator[Json]:
    for stay in stays(piece):
        times = {"from": ms_to_datetime(stay.since_ms), "to": ms_to_datetime(stay.until_ms)}
        yield _point("stay", stay.place, **times)


def _point(kind: str, place: Sequence[float], **properties: Any) -> Json:
    geometry = {"type": "Point", "coordinates": [round(place[0], 7), round(place[1], 7)]}
    return {
        "type": "Feature",
        "geometry": geometry,
        "properties": {"kind": kind, **properties},
    }


def _lonlat(fix: Fix) -> list[float]:
    return [round(fix.place.lon, 7), round(fix.place.lat, 7)]


def _coded(piece: Sequence[Fix], start_ms: int) -> Json:
    columns = {
        "t": [round((fix.at_ms - start_ms) / 1000) for fix in piece],
        "lon": [round(fix.lon_e7 / _E5) for fix in piece],
        "lat": [round(fix.lat_e7 / _E5) for fix in piece],
    }
    return {name: _differences(values) for name, values in columns.items()}


def _differences(values: Sequence[int]) -> list[int]:
    return [values[0], *(b - a for a, b in pairwise(values))]


def refuse_too_long(span: Window) -> None:
    """See to it that a trail may be of that time.

    Raises
    ------
    InvalidInput
        It may not.
    """
    _refuse(_span_faults(span))


def _check(span: Window, tolerance_m: float) -> None:
    faults = _span_faults(span)
    if not 0 <= tolerance_m <= MAX_TOLERANCE_M:
        faults.append(
            Fault("simplify_m", f"{tolerance_m:g} is not from 0 to {MAX_TOLERANCE_M:g} m")
        )
    _refuse(faults)


def _span_faults(span: Window) -> list[Fault]:
    if span.end - span.start <= MAX_SPAN:
        return []
    return [Fault("to", f"lies more than {MAX_SPAN.days} days after from; ask in parts")]


def _refuse(faults: Sequence[Fault]) -> None:
    if faults:
        raise InvalidInput("there is no such trail", faults)
