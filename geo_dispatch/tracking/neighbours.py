"""At which of several sites somebody stands, when a fence around each would say: at mine.

Phones are wrong by more than the houses of a street are apart. So a site with others within
`NEAR_M` is told from them by what else is known, in this order: a person's word; the polygons of
the parcels; that the technician has a job at this one today and at none of the others. Where
none of it decides, the answer is to ask.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from geo_dispatch.kernel.geo import LonLat, haversine_m
from geo_dispatch.kernel.ids import SiteId
from geo_dispatch.tracking.evidence import Basis, EvidenceFix
from geo_dispatch.tracking.fences import SIGMAS_IN_ACCURACY, Fence

NEAR_M: Final = 40.0
"""Sites closer together than this are never told apart by distance."""

_CLEARLY_NEARER_M: Final = 20.0
_CLEARLY_MORE_INSIDE: Final = 0.6
_UNDERSTATED: Final = 1.3
_SURE_OF_M: Final = 4.0
_ERROR_LASTS_MS: Final = 60_000

Ruling = Basis | Literal["ask", "elsewhere"]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A site within `NEAR_M` of a stop's."""

    site_id: SiteId
    fence: Fence


@dataclass(frozen=True, slots=True)
class Rival:
    """Another site where the technician may be.

    Attributes
    ----------
    near
        Whether it lies within `NEAR_M`.
    wanted
        Whether the technician has a job there today.
    told
        Whether a person says that they are there.
    """

    fence: Fence
    near: bool
    wanted: bool
    told: bool


def ruling(
    fence: Fence,
    rivals: Iterable[Rival],
    fixes: Sequence[EvidenceFix],
    *,
    wanted: bool,
    told: bool,
) -> Ruling:
    """Why the technician who stood where the fixes say is at the site with this fence.

    Parameters
    ----------
    fixes
        Of a dwell that is complete inside the fence.
    wanted, told
        As of a rival: the job there is today's, and a person says so.
    """
    if told:
        return "word"
    spot, sigma_m = _stood(fixes)
    found: list[Ruling] = [_against(fence, rival, spot, sigma_m, wanted=wanted) for rival in rivals]
    return min(found, key=_WEIGHT.index, default="place")


_WEIGHT: Final[Sequence[Ruling]] = ("elsewhere", "ask", "assignment", "polygon", "place")
"""Of the rulings against several rivals, the first one of these stands."""


def _against(fence: Fence, rival: Rival, spot: LonLat, sigma_m: float, *, wanted: bool) -> Ruling:
    more_inside = _drawn_p(fence, spot, sigma_m) - _drawn_p(rival.fence, spot, sigma_m)
    if rival.told or more_inside <= -_CLEARLY_MORE_INSIDE:
        return "elsewhere"
    if more_inside >= _CLEARLY_MORE_INSIDE:
        return "polygon"
    if rival.near:
        return "ask" if rival.wanted or not wanted else "assignment"
    nearer_m = rival.fence.distance_m(spot) - fence.distance_m(spot)
    if abs(nearer_m) < _CLEARLY_NEARER_M + 2 * sigma_m:
        return "ask"
    return "place" if nearer_m > 0 else "elsewhere"


def _stood(fixes: Sequence[EvidenceFix]) -> tuple[LonLat, float]:
    """The middle of the fixes, and its standard deviation, metres; a few bursts don't move it."""
    spot = LonLat(
        statistics.median(fix.lon for fix in fixes), statistics.median(fix.lat for fix in fixes)
    )
    radius_m = statistics.median(fix.accuracy_m for fix in fixes) * _UNDERSTATED
    errors = max(1.0, (fixes[-1].at_ms - fixes[0].at_ms) / _ERROR_LASTS_MS)
    return spot, max(_SURE_OF_M, radius_m / SIGMAS_IN_ACCURACY / math.sqrt(errors))


def _drawn_p(fence: Fence, spot: LonLat, sigma_m: float) -> float:
    """How likely it lies in the polygon as it was drawn; 0 for circles, which nobody drew."""
    return 0.0 if fence.drawn is None else fence.drawn.probability(spot, sigma_m)


def overlap(one: Fence, other: Fence) -> bool:
    """Whether somebody could stand in both."""
    return haversine_m(one.centre, other.centre) < one.radius_m + other.radius_m
