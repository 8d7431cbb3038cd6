"""What routes are handed: the app's state, the context of use cases, versions, places, pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Header, Query, Request

from api.live.feed import Feed
from api.metrics import Metrics
from geo_dispatch.config import Settings
from geo_dispatch.kernel.errors import Fault, InvalidInput, PreconditionRequired
from geo_dispatch.kernel.geo import Box, LonLat, checked_lonlat
from geo_dispatch.services.areas.preparation import Preparation
from geo_dispatch.services.context import Context
from geo_dispatch.services.tracking.intake import Intake
from geo_dispatch.services.tracking.phone_fences import PhoneFences


@dataclass(frozen=True, slots=True)
class AppState:
    """All that the app holds while it runs."""

    settings: Settings
    context: Context
    intake: Intake
    fences: PhoneFences
    feed: Feed
    metrics: Metrics
    preparation: Preparation


def state_of(request: Request) -> AppState:
    """The app's state."""
    state: AppState = request.app.state.geo
    return state


async def _state(request: Request) -> AppState:
    return state_of(request)


async def _context(request: Request) -> Context:
    return state_of(request).context


State = Annotated[AppState, Depends(_state)]
Ctx = Annotated[Context, Depends(_context)]


def etag(version: int) -> str:
    """The ETag of a record's version."""
    return f'"{version}"'


def _if_match(
    if_match: Annotated[
        str | None,
        Header(
            description='The ETag that the change is based on, such as `"3"`.', examples=['"1"']
        ),
    ] = None,
) -> int:
    if if_match is None:
        raise PreconditionRequired(
            "send If-Match with the ETag that your change is based on; GET the record to see it"
        )
    return _version(if_match)


def _if_match_optional(
    if_match: Annotated[
        str | None,
        Header(description='Do it only if the order still has this ETag, such as `"3"`.'),
    ] = None,
) -> int | None:
    return None if if_match is None else _version(if_match)


_MAX_VERSION_DIGITS: Final = 18
_MAX_SHOWN: Final = 40


def _version(if_match: str) -> int:
    bare = if_match.strip().removeprefix("W/").strip('"')
    if not (bare.isascii() and bare.isdecimal() and len(bare) <= _MAX_VERSION_DIGITS):
        if_match = if_match[:_MAX_SHOWN]
        raise InvalidInput(
            f'If-Match {if_match} is not an ETag of ours; they look like "3"',
            [Fault("If-Match", f'{if_match} is not a version in quotes, such as "3"')],
        )
    return int(bare)


BasedOn = Annotated[int, Depends(_if_match)]
"""The version that a change is based on; required."""

MaybeBasedOn = Annotated[int | None, Depends(_if_match_optional)]
"""The version that a step is based on, if the caller cares."""


def parse_lonlat(text: str, where: str) -> LonLat:
    """``"9.52,47.14"`` as a place.

    Raises
    ------
    InvalidInput, InvalidPosition
        It is not two numbers, or not on the earth.
    """
    parts = text.split(",")
    try:
        lon, lat = (float(part) for part in parts)
    except ValueError:
        raise InvalidInput(
            f"{where} {text!r} is not a place; write lon,lat such as 9.52,47.14",
            [Fault(where, f"{text!r} is not two numbers lon,lat")],
        ) from None
    return checked_lonlat(lon, lat, where)


def _bbox(
    bbox: Annotated[
        str | None,
        Query(
            description="west,south,east,north: only what lies in it.",
            examples=["9.47,47.05,9.64,47.27"],
        ),
    ] = None,
) -> Box | None:
    if bbox is None:
        return None
    try:
        west, south, east, north = (float(part) for part in bbox.split(","))
    except ValueError:
        raise InvalidInput(
            f"bbox {bbox!r} is not a box; write west,south,east,north such as 9.4,47,9.7,47.3",
            [Fault("bbox", f"{bbox!r} is not four numbers west,south,east,north")],
        ) from None
    if south > north:
        raise InvalidInput(
            f"bbox {bbox!r} ends south of where it begins; write west,south,east,north",
            [Fault("bbox", f"its south, {south}, is not below its north, {north}")],
        )
    checked_lonlat(west, south, "bbox")
    checked_lonlat(east, north, "bbox")
    return Box(west, south, east, north)


InBox = Annotated[Box | None, Depends(_bbox)]
"""The part of the map that is asked for; None for all of it."""
