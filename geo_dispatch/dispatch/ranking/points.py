"""Every place in every day where a visit could go, in arrays, and how little it could take there.

A bound for the ranking: never more than what an exact insertion comes to. Times leave out what can
only delay (breaks, closed doors), and a leg whose drive time isn't known counts as the crow's
flight at the speed of the fastest street.

Somebody is *steady* while all their visits and the new one belong to one duty: each leg begins
where the one before ended. Otherwise they *roam*: they may sleep at home in between, and any leg
may begin there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.dispatch.days.availability import duty_after, overrun_duty
from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.drives import DriveTimes, Leg
from geo_dispatch.dispatch.days.insertion import first_position
from geo_dispatch.dispatch.days.plan import Origin, Plan, Stop
from geo_dispatch.kernel.geo import LonLat, haversines_m

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Mask = NDArray[np.bool_]

_NEVER: Final = -math.inf

_ROUNDING_S: Final = 0.01
"""Drive times are whole milliseconds, rounded once at each end."""


Around = Callable[[Floats, LonLat], tuple[Floats, Floats]]
"""Seconds from each of (m, 2) places to one, and from it to each; infinite without a way."""


@dataclass(frozen=True, slots=True)
class Roads:
    """What a ranking may ask of the road network.

    Attributes
    ----------
    fastest_mps
        No street is faster.
    snap_slack_m
        By how much less than the crow's flight a way can be, because both its ends are moved to
        the nearest street: the sum of both moves, at most.
    around
        Drive times between one place and many, all at once; without, the crow's flight has to do
        until somebody's day is looked at.
    """

    drive_times: DriveTimes
    fastest_mps: float
    snap_slack_m: float
    around: Around | None = None

    def least_s(self, crow_m: Floats) -> Floats:
        """No way between two places so far apart takes less."""
        return np.maximum(0.0, (crow_m - self.snap_slack_m) / self.fastest_mps - _ROUNDING_S)


@dataclass(frozen=True, slots=True)
class Stops:
    """Open orders of all days, by technician and sequence.

    Attributes
    ----------
    row, depth
        The technician's row, and the place in their sequence.
    day
        The local day that its work belongs to, as an ordinal.
    place, before
        Where it is, and where the leg there begins, as rows of the places.
    opens_s
        When its work may begin, seconds since 1970; minus infinity: any time.
    """

    row: Ints
    depth: Ints
    order: NDArray[np.object_]
    day: Ints
    place: Ints
    before: Ints
    reached: Mask
    opens_s: Floats
    work_s: Floats


@dataclass(frozen=True, slots=True)
class Bounds:
    """What holds at each point, for the steady or for those who roam.

    Attributes
    ----------
    free_s
        The soonest that the technician is free there, seconds since 1970.
    spared_s
        Driving that falls away, at most.
    """

    free_s: Floats
    spared_s: Floats


@dataclass(frozen=True, slots=True)
class Points:
    """The points, by technician and place in their day.

    Attributes
    ----------
    places
        (m, 2) lon, lat.
    row, position
        The technician's row, and the place in their sequence.
    before, after, home
        The places that the visit comes between (``after`` is -1 at the end of
        the day), and the technician's home (-1: none).
    home_on_s
        No drive from home to ``after`` takes less.
    steady_until_s
        Per technician: a visit that can begin before then belongs to the duty of all others.
    rota
        Per technician: is on call at times, so that an emergency may make a duty of its own.
    """

    places: Floats
    stops: Stops
    row: Ints
    position: Ints
    before: Ints
    after: Ints
    home: Ints
    home_on_s: Floats
    steady: Bounds
    roaming: Bounds
    steady_until_s: Floats
    rota: Mask

    def least(self, case: Case, to_s: Floats, from_s: Floats) -> tuple[Floats, Floats]:
        """The least driving added, and the soonest beginning in seconds since 1970; per point.

        Driving is infinite where there is no way.

        Parameters
        ----------
        to_s, from_s
            No way from each place to the site, and from the site to each, takes less.
        """
        earliest_s = case.earliest.timestamp()
        steady = self.steady_until_s > earliest_s
        if case.order.emergency:
            steady &= ~self.rota
        if case.order.work_class == "project":
            steady &= np.isposinf(self.steady_until_s)
        alike = steady[self.row]
        by_home = ~alike & (self.home >= 0)
        there_s = to_s[self.before]
        there_s = np.where(by_home, np.minimum(there_s, to_s[self.home]), there_s)
        onward_s = from_s[self.after]
        onward_s = np.where(by_home, np.minimum(onward_s, self.home_on_s), onward_s)
        onward_s = np.where(self.after < 0, 0.0, onward_s)
        free_s = np.where(alike, self.steady.free_s, self.roaming.free_s)
        spared_s = np.where(alike, self.steady.spared_s, self.roaming.spared_s)
        way_s = there_s + onward_s
        some = np.isfinite(way_s)
        added_s = np.subtract(way_s, spared_s, out=np.full(len(way_s), np.inf), where=some)
        return np.maximum(0.0, added_s), np.maximum(free_s + there_s, earliest_s)


@dataclass(frozen=True, slots=True)
class _Legs:
    """The least and the most that each leg takes; the most is infinite where it isn't known."""

    least_s: Floats
    most_s: Floats


class _Places:
    """Places by number; None is -1."""

    def __init__(self) -> None:
        self._numbers: dict[LonLat, int] = {}

    def number(self, place: LonLat | None) -> int:
        if place is None:
            return -1
        return self._numbers.setdefault(place, len(self._numbers))

    def lonlats(self) -> list[LonLat]:
        return list(self._numbers)


def points_of(
    plans: Sequence[Plan],
    starts: Sequence[Origin | None],
    *,
    roads: Roads,
    known: Mapping[Leg, float | None],
    now: datetime,
    zone: ZoneInfo,
) -> Points:
    """The points of all days.

    Parameters
    ----------
    starts
        Where each plan goes on from; who has None has no points worth asking for.
    known
        Drive times known already.
    """
    places = _Places()
    begins = np.array([places.number(s.place if s else LonLat(0, 0)) for s in starts], np.intp)
    homes = np.array([places.number(plan.technician.home) for plan in plans], np.intp)
    stops = _stops(plans, begins, places, now, zone)
    lonlats = places.lonlats()
    array = np.array(lonlats, dtype=np.float64).reshape(-1, 2)

    def legs(before: Ints) -> _Legs:
        return _legs(before, stops.place, lonlats, roads=roads, known=known)

    direct, home = legs(stops.before), legs(homes[stops.row])
    direct.least_s[stops.reached] = direct.most_s[stops.reached] = 0.0
    at_home = (homes[stops.row] >= 0) & ~stops.reached
    least_s = np.where(at_home, np.minimum(direct.least_s, home.least_s), direct.least_s)
    most_s = np.where(at_home, np.maximum(direct.most_s, home.most_s), direct.most_s)

    n = len(plans)
    counts = np.bincount(stops.row, minlength=n).astype(np.intp)
    fixed = np.array([first_position(plan) for plan in plans], dtype=np.intp)
    sizes = counts - fixed + 1
    row = np.repeat(np.arange(n), sizes)
    depth = np.arange(len(row)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + fixed[row]
    first = (np.cumsum(counts) - counts)[row]
    last = depth == counts[row]
    behind = np.where(last, -1, first + depth)
    ahead = np.where(depth == 0, -1, first + depth - 1)
    ready_s = np.array([_ready_s(*one, now) for one in zip(plans, starts, strict=True)])

    def bounds(leg_s: Floats, spared_s: Floats) -> Bounds:
        done_s = np.append(_done_s(stops, leg_s, ready_s), 0.0)
        free_s = np.where(ahead < 0, ready_s[row], done_s[ahead])
        return Bounds(free_s, np.append(spared_s, 0.0)[behind])

    with np.errstate(invalid="ignore"):
        vague_s = np.where(np.isinf(most_s), np.inf, most_s - least_s)
        others_s = np.bincount(stops.row, weights=vague_s, minlength=n)[stops.row] - vague_s
    roaming = bounds(least_s, most_s + np.nan_to_num(others_s, nan=np.inf, posinf=np.inf))
    end = np.append(stops.place, -1)
    # behind the last visit nothing is spared, but what is before may be driven from elsewhere
    total_s = np.bincount(stops.row, weights=vague_s, minlength=n)
    spared_s = np.where(last, total_s[row], roaming.spared_s)
    return Points(
        places=array,
        stops=stops,
        row=row,
        position=depth,
        before=np.where(ahead < 0, begins[row], np.append(stops.place, 0)[ahead]),
        after=end[behind],
        home=homes[row],
        home_on_s=np.append(home.least_s, 0.0)[behind],
        steady=bounds(direct.least_s, direct.most_s),
        roaming=Bounds(roaming.free_s, spared_s),
        steady_until_s=np.array([_steady_until_s(plan, now, zone) for plan in plans]),
        rota=np.array([bool(plan.technician.on_call) for plan in plans], dtype=bool),
    )


def _stops(
    plans: Sequence[Plan], begins: Ints, places: _Places, now: datetime, zone: ZoneInfo
) -> Stops:
    rows = []
    for row, plan in enumerate(plans):
        before = int(begins[row])
        for depth, stop in enumerate(plan.stops):
            place = places.number(stop.place)
            opens = None if stop.reached else stop.order.not_before
            rows.append(
                (
                    row,
                    depth,
                    stop.order.id,
                    _day(stop, now, zone),
                    place,
                    before,
                    stop.reached,
                    _NEVER if opens is None else opens.timestamp(),
                    stop.remaining_s(now),
                )
            )
            before = place
    columns = list(zip(*rows, strict=True)) or [()] * 9
    kinds = (np.intp, np.intp, object, np.intp, np.intp, np.intp, bool, np.float64, np.float64)
    return Stops(*(np.array(one, dtype=kind) for one, kind in zip(columns, kinds, strict=True)))


def _legs(
    before: Ints,
    place: Ints,
    lonlats: Sequence[LonLat],
    *,
    roads: Roads,
    known: Mapping[Leg, float | None],
) -> _Legs:
    array = np.array(lonlats, dtype=np.float64).reshape(-1, 2)
    least_s = roads.least_s(haversines_m(array[before], array[place]))
    most_s = np.full(len(place), np.inf)
    for n, (start, end) in enumerate(zip(before.tolist(), place.tolist(), strict=True)):
        if start == end:
            least_s[n] = most_s[n] = 0.0
            continue
        drive_s = known.get((lonlats[start], lonlats[end])) if start >= 0 else None
        if drive_s is not None:
            least_s[n] = most_s[n] = drive_s
    return _Legs(least_s, most_s)


def _done_s(stops: Stops, leg_s: Floats, ready_s: Floats) -> Floats:
    """The soonest that each stop is done, seconds since 1970."""
    done_s = np.empty(len(stops.row))
    free_s = ready_s.copy()
    for depth in range(int(stops.depth.max(initial=-1)) + 1):
        now_on = np.flatnonzero(stops.depth == depth)
        rows = stops.row[now_on]
        begin_s = np.maximum(free_s[rows] + leg_s[now_on], stops.opens_s[now_on])
        free_s[rows] = done_s[now_on] = begin_s + stops.work_s[now_on]
    return done_s


def _ready_s(plan: Plan, start: Origin | None, now: datetime) -> float:
    """No sooner does the technician set out, or go on with the work that they are at."""
    first = plan.stops[0] if plan.stops else None
    sooner = plan.technician.on_call or plan.technician.leave
    if start is None or sooner or (first is not None and first.fixed):
        return now.timestamp()
    return start.ready_at.timestamp()


def _steady_until_s(plan: Plan, now: datetime, zone: ZoneInfo) -> float:
    """Until when nobody could have slept at home between two visits."""
    technician = plan.technician
    if technician.home is None:
        return math.inf
    if any(leave.window.end > now for leave in technician.leave):
        return _NEVER
    duty = duty_after(technician, now, zone)
    overtime = timedelta(seconds=plan.overtime_s)
    if first_position(plan) and overrun_duty(technician, now, zone, overtime):
        return _NEVER
    if duty is None or any(
        _may_be_later(stop, technician.on_call, duty.window.end) for stop in plan.stops
    ):
        return _NEVER
    return duty.window.end.timestamp()


def _may_be_later(stop: Stop, rota: Sequence[object], end: datetime) -> bool:
    order = stop.order
    marks = [order.not_before, stop.joins_at, *(prior.done_at for prior in stop.priors)]
    return (
        order.work_class == "project"
        or (order.emergency and bool(rota))
        or any(mark is not None and mark >= end for mark in marks)
    )


def _day(stop: Stop, now: datetime, zone: ZoneInfo) -> int:
    opens = stop.order.not_before
    day = now if opens is None else max(now, opens)
    return day.astimezone(zone).date().toordinal()
