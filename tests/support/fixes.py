"""Traces of fixes: standing, driving, and both with the errors of a phone; seeds fixed."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from geo_dispatch.kernel.geo import LonLat, local_m_to_lonlat
from geo_dispatch.kernel.time import datetime_to_ms
from geo_dispatch.tracking.fixes import DEGREE_SCALE, Fix

START_MS = datetime_to_ms(datetime(2026, 3, 2, 8, 0, tzinfo=UTC))
SITE = LonLat(9.5209, 47.1410)


def fix_at(
    east_m: float, north_m: float, at_s: float, technician_id: str = "te_1", **fields
) -> Fix:
    """A fix so many metres from `SITE`, so long after `START_MS`."""
    lon, lat = local_m_to_lonlat(np.array([east_m, north_m]), SITE)
    return Fix(
        technician_id=technician_id,
        at_ms=START_MS + round(at_s * 1000),
        lon_e7=round(lon * DEGREE_SCALE),
        lat_e7=round(lat * DEGREE_SCALE),
        **{"accuracy_m": 8.0, **fields},
    )


def standing(
    east_m: float, north_m: float, from_s: float, for_s: float, *, every_s: float = 5.0, **fields
) -> list[Fix]:
    """Fixes of a phone without error that lies still."""
    times = np.arange(from_s, from_s + for_s, every_s)
    return [fix_at(east_m, north_m, at_s, **fields) for at_s in times]


def driving(
    start: tuple[float, float],
    end: tuple[float, float],
    from_s: float,
    *,
    kmh: float = 50.0,
    every_s: float = 5.0,
    **fields,
) -> list[Fix]:
    """Fixes along a straight road, the start's included, the end's not."""
    a, b = np.array(start), np.array(end)
    lasts_s = float(np.hypot(*(b - a))) / (kmh / 3.6)
    return [
        fix_at(*(a + (b - a) * elapsed_s / lasts_s), from_s + elapsed_s, **fields)
        for elapsed_s in np.arange(0.0, lasts_s, every_s)
    ]


def noisy(fixes: Iterable[Fix], sigma_m: float, seed: int = 7) -> list[Fix]:
    """The same with an independent error of this sigma on each axis, its accuracy told."""
    random = np.random.default_rng(seed)
    accuracy_m = 1.51 * sigma_m
    found = []
    for fix in fixes:
        lon, lat = local_m_to_lonlat(random.normal(0, sigma_m, 2), fix.place)
        moved = replace(
            fix,
            lon_e7=round(lon * DEGREE_SCALE),
            lat_e7=round(lat * DEGREE_SCALE),
            accuracy_m=accuracy_m,
        )
        found.append(moved)
    return found


def a_visit(from_s: float = 0.0, stays_s: float = 1200.0, **fields) -> list[Fix]:
    """Stand 2 km away, drive in, stay, drive off again: half an hour and one visit."""
    fixes = standing(-2000, 0, from_s, 60, **fields)
    fixes += driving((-2000, 0), (0, 0), from_s + 60, **fields)
    arrives_s = from_s + 60 + 2000 / (50 / 3.6)
    fixes += standing(5, 5, arrives_s, stays_s, **fields)
    fixes += driving((0, 0), (3000, 500), arrives_s + stays_s, **fields)
    return fixes
