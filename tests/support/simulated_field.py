"""A field made up with the errors of phones: trips of which the truth is known.

The assumptions, after what is published of phones in towns (7 to 13 m mean error, 50 m and more in
street canyons, accuracies that understate): the error of a trip is an autoregressive process of
30 s on each axis, 6 m under open sky and 14 m in a street canyon at the median; 3 % of minutes
begin a multipath burst of 20 to 80 m that lasts up to a minute; the told accuracy is the true
radius of 68 % times 0.5 to 1.5, in a burst at most doubled. Two of three phones tell their speed.
A seed is a trip: the same seed gives the same trip, whatever else is made.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.kernel.geo import local_m_to_lonlat
from geo_dispatch.tracking.fixes import DEGREE_SCALE, Fix
from tests.support.fixes import SITE, START_MS

Kind = Literal["visit", "drive-by", "neighbour", "next door"]
Sky = Literal["open sky", "street canyon"]

_RADIUS_M = {"open sky": 6.0, "street canyon": 14.0}
_MEMORY_S = 30.0
_BURSTS_A_MINUTE = 0.03
_WAY_MPS = 9.0
_AFTER_S = 300.0
"""How long the phone is heard after the way back: a departure is confirmed there."""

_SIGMAS = 1.51
NEXT_DOOR_M = 40.0
_KINDS: tuple[Kind, ...] = ("visit", "drive-by", "neighbour", "next door")


@dataclass(frozen=True)
class Trip:
    """A trip as it was, and as the phone told it; metres east and north of the site.

    Attributes
    ----------
    at_s
        Shape (fixes,), seconds; each row of the others is of that time.
    true_m, told_m
        Shape (fixes, 2).
    stops_s, leaves_s
        When the van stopped to stay, and when it went on; None where it did not.
    """

    kind: Kind
    at_s: NDArray[np.float64]
    true_m: NDArray[np.float64]
    told_m: NDArray[np.float64]
    accuracy_m: NDArray[np.float64]
    speed_mps: NDArray[np.float64] | None
    stops_s: float | None
    leaves_s: float | None

    def fixes(self) -> list[Fix]:
        """What the phone sent."""
        places = local_m_to_lonlat(self.told_m, SITE) * DEGREE_SCALE
        lonlats = np.rint(places).astype(int).tolist()
        speeds: Sequence[float | None] = [None] * len(self.at_s)
        if self.speed_mps is not None:
            speeds = self.speed_mps.tolist()
        rows = zip(self.at_s.tolist(), lonlats, self.accuracy_m.tolist(), speeds, strict=True)
        return [
            Fix("te_1", START_MS + round(at_s * 1000), lon, lat, accuracy, speed)
            for at_s, (lon, lat), accuracy, speed in rows
        ]


def trip(kind: Kind, sky: Sky, seed: int, every_s: float = 5.0) -> Trip:
    """The trip of that seed, with a fix each ``every_s``."""
    draw = np.random.default_rng([seed, _KINDS.index(kind), sky == "street canyon"])
    corners, stop = _course(kind, draw)
    at_s = np.arange(draw.uniform(0, every_s), corners[-1, 0], every_s)
    true_m = np.column_stack([np.interp(at_s, corners[:, 0], corners[:, k]) for k in (1, 2)])
    speed_mps = _speeds(corners, at_s)
    stops_s, leaves_s = stop or (None, None)
    if stops_s is not None:
        there = (at_s >= stops_s) & (at_s < (leaves_s or math.inf))
        true_m[there] += draw.normal(0, 2.0, (int(there.sum()), 2))
    errors_m, accuracy_m = _errors(len(at_s), every_s, _RADIUS_M[sky], draw)
    told = np.abs(speed_mps + draw.normal(0, 0.3, len(at_s)))
    return Trip(
        kind,
        at_s,
        true_m,
        true_m + errors_m,
        accuracy_m,
        told if seed % 3 else None,
        stops_s,
        leaves_s,
    )


Course = tuple[NDArray[np.float64], tuple[float, float] | None]
"""Corners of a trip (seconds, east, north), and the stay in it if there is one."""


def _course(kind: Kind, draw: np.random.Generator) -> Course:
    if kind == "drive-by":
        return _past(draw), None
    bounds = {"visit": (5.0, 45.0), "neighbour": (130.0, 250.0), "next door": (NEXT_DOOR_M,) * 2}
    stays = {"visit": (720.0, 3000.0), "neighbour": (600.0, 2400.0), "next door": (600.0, 2400.0)}
    there = _polar(draw.uniform(*bounds[kind]), draw.uniform(0, math.tau))
    away = _polar(draw.uniform(900.0, 1000.0), draw.uniform(0, math.tau))
    if kind == "neighbour":
        away = _polar(1000.0, math.atan2(there[1], there[0]) + draw.uniform(-1, 1))
    way_s = math.dist(away, there) / _WAY_MPS
    stops_s = way_s
    leaves_s = stops_s + draw.uniform(*stays[kind])
    back_s = leaves_s + way_s
    corners = [(0.0, *away), (stops_s, *there), (leaves_s, *there), (back_s, *away)]
    corners.append((back_s + _AFTER_S, *away))
    return np.array(corners), (stops_s, leaves_s)


def _past(draw: np.random.Generator) -> NDArray[np.float64]:
    """A road 20 to 80 m off, at 30 to 50 km/h; one in two has a red light of up to 110 s there."""
    aside_m, mps = draw.uniform(20, 80), draw.uniform(8, 14)
    red_s = draw.uniform(10, 110) if draw.random() < 0.5 else 0.0
    half_s = 900.0 / mps
    corners = [(0.0, -900.0, aside_m), (half_s, 0.0, aside_m)]
    corners += [(half_s + red_s + 0.1, 0.0, aside_m), (2 * half_s + red_s + 0.1, 900.0, aside_m)]
    return np.array(corners)


def _polar(distance_m: float, angle: float) -> tuple[float, float]:
    return distance_m * math.cos(angle), distance_m * math.sin(angle)


def _speeds(corners: NDArray[np.float64], at_s: NDArray[np.float64]) -> NDArray[np.float64]:
    steps = np.diff(corners, axis=0)
    mps = np.hypot(steps[:, 1], steps[:, 2]) / steps[:, 0]
    return np.asarray(mps[np.searchsorted(corners[1:-1, 0], at_s, side="right")])


def _errors(
    count: int, every_s: float, radius_m: float, draw: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Errors (count, 2) in metres, and the accuracies told of them."""
    radius_m *= float(draw.lognormal(0, 0.35))
    sigma_m, keeps = radius_m / 1.4, math.exp(-every_s / _MEMORY_S)
    steps = draw.normal(0, sigma_m, (count, 2))
    steps[1:] *= math.sqrt(1 - keeps**2)
    errors = np.empty((count, 2))
    error = np.zeros(2)
    for number, step in enumerate(steps):
        error = keeps * error + step
        errors[number] = error
    accuracy = radius_m * (_SIGMAS / 1.4) * draw.uniform(0.5, 1.5, count)
    number = 0
    while number < count:
        if draw.random() < _BURSTS_A_MINUTE * every_s / 60:
            end = number + int(draw.uniform(10, 60) / every_s) + 1
            errors[number:end] += _polar(draw.uniform(20, 80), draw.uniform(0, math.tau))
            accuracy[number:end] *= draw.uniform(1, 2)
            number = end
        number += 1
    return errors, accuracy
