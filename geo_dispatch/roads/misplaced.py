"""What is wrong with places that are on no street, in words that say how to mend it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.kernel.errors import Fault, InvalidPosition
from geo_dispatch.kernel.geo import is_on_earth
from geo_dispatch.roads.snapping import Snapper, Snaps

Bounds = tuple[float, float, float, float]

FARTHEST_M: Final = 100_000.0
"""Beyond it nobody asks how far the nearest street is."""

_KM: Final = 1000.0


def names_of(name: str, n: int) -> list[str]:
    """What n places are called in messages: ``targets[0]``, ``targets[1]`` and so on."""
    return [f"{name}[{row}]" for row in range(n)]


def refuse_misplaced(
    lonlats: NDArray[np.float64], bounds: Bounds, name: str | Sequence[str]
) -> None:
    """See to it that (n, 2) points can be meant as they are.

    Parameters
    ----------
    bounds
        West, south, east, north of all streets.
    name
        What the points are called in the caller's words, all together or each.

    Raises
    ------
    InvalidPosition
        Some are not finite, off the earth, or lie in the area with longitude and latitude
        exchanged, and not as they are; all of them are named.
    """
    if not len(lonlats) or _all_inside(lonlats, bounds):
        return
    names = names_of(name, len(lonlats)) if isinstance(name, str) else name
    faults = list(_misplaced(lonlats, bounds, names))
    if faults:
        more = f"; and {len(faults) - 1} more of {len(lonlats)}" if len(faults) > 1 else ""
        raise InvalidPosition(f"{faults[0]}{more}", faults)


def _all_inside(lonlats: NDArray[np.float64], bounds: Bounds) -> bool:
    west, south, east, north = bounds
    lon, lat = lonlats[:, 0], lonlats[:, 1]  # the least of some with NaN is NaN, inside of nothing
    inside = west <= lon.min() and south <= lat.min() and lon.max() <= east and lat.max() <= north
    return bool(inside)


def _misplaced(
    lonlats: NDArray[np.float64], bounds: Bounds, names: Sequence[str]
) -> Iterator[Fault]:
    for name, (lon, lat) in zip(names, lonlats.tolist(), strict=True):
        if not (math.isfinite(lon) and math.isfinite(lat)):
            yield Fault(name, f"({lon}, {lat}) is no place; both have to be finite degrees")
        elif _within(lat, lon, bounds) and not _within(lon, lat, bounds):
            yield Fault(
                name,
                f"({lon}, {lat}) has longitude and latitude swapped: ({lat}, {lon}) lies in this "
                "area; longitude comes first",
            )
        elif not is_on_earth(lon, lat):
            yield Fault(name, f"({lon}, {lat}) is not on the earth; write longitude, latitude")


def _within(lon: float, lat: float, bounds: Bounds) -> bool:
    west, south, east, north = bounds
    return west <= lon <= east and south <= lat <= north


def off_road(
    snapper: Snapper,
    lonlats: NDArray[np.float64],
    snaps: Snaps,
    limit_m: float,
    names: Sequence[str],
) -> list[Fault]:
    """Of (n, 2) points those that are on no street: how far they are from one, and the limit."""
    rows = np.flatnonzero(snaps.street < 0)
    nearest = snapper.snap(lonlats[rows], FARTHEST_M)
    return [
        Fault(
            names[row],
            f"({lonlats[row, 0]}, {lonlats[row, 1]}) is "
            + (_beside(far_m, limit_m) if snapper.streets else "on no street: all are closed"),
        )
        for row, far_m in zip(rows.tolist(), nearest.distance_m.tolist(), strict=True)
    ]


def _beside(far_m: float, limit_m: float) -> str:
    return f"{_far(far_m)} from the nearest street of this area; at most {limit_m:.0f} m are taken"


def _far(metres: float) -> str:
    if not math.isfinite(metres):
        return f"more than {FARTHEST_M / _KM:.0f} km"
    return f"{metres:.0f} m" if metres < 10 * _KM else f"{metres / _KM:.0f} km"
