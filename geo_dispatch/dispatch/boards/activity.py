"""What a technician does just now, as far as it can be known."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.tracking.freshness import Freshness

_MOVING_MPS: Final = 2.5
"""Faster than that nobody works; the gate of arrivals has the same."""


class Activity(StrEnum):
    """In one word, for the map. Stable."""

    DRIVING = "driving"
    AT_SITE = "at_site"
    IDLE = "idle"
    OFF_SHIFT = "off_shift"
    UNKNOWN = "unknown"


def activity(
    status: Status | None, *, working: bool, freshness: Freshness, speed_mps: float | None
) -> Activity:
    """What they do, from the order in hand, the shift and the last position.

    Orders speak first: who is at a site is there with the phone in the van too. A position that
    isn't live says nothing of now.

    Parameters
    ----------
    working
        Whether it is their working time.
    speed_mps
        That of the last position; None when not told.
    """
    if status in {Status.ON_SITE, Status.ON_THE_TOOLS}:
        return Activity.AT_SITE
    under_way = status in {Status.EN_ROUTE, Status.NEEDS_HELP}
    if not working and not under_way:
        return Activity.OFF_SHIFT
    if freshness is not Freshness.LIVE:
        return Activity.UNKNOWN
    if status is Status.EN_ROUTE or (speed_mps is not None and speed_mps > _MOVING_MPS):
        return Activity.DRIVING
    return Activity.IDLE
