"""Map matching: the streets that a row of fixes was driven along, and how sure that is.

The streets of one drive are the likeliest ways past all of its fixes together (`likeliest`), so
that one fix on the parallel road changes nothing, and turns and one-way streets hold. What no way
explains splits the drive, and is told.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.kernel.geo import METRES_PER_DEGREE, haversines_m
from geo_dispatch.roads.graph import FORBIDDEN_MS, RoadGraph
from geo_dispatch.roads.likeliest import Spots, Steps, likeliest, likelihoods, transitions
from geo_dispatch.roads.nearby import (
    Limits,
    Row,
    Scratch,
    Spot,
    Streets,
    scratch_for,
    search_from,
    streets_of,
    way_to,
)
from geo_dispatch.roads.routes import Route, follow
from geo_dispatch.roads.snapping import Snapper

_Floats = NDArray[np.float64]
_Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class MatchingRule:
    """How fixes are put onto streets.

    Attributes
    ----------
    version
        Told with every match.
    thin_sigmas
        A fix nearer to the one used before than so many standard deviations says nothing new.
    reach_sigmas, least_reach_m, most_reach_m
        How far from a fix streets are looked for, by its standard deviation and between limits.
    streets
        The nearest so many streets are looked at, in both directions.
    detour_m, detour_mps
        A way that differs by so much from the crow's flight, and by so much more for each second
        between the fixes, is less likely by a factor of e.
    hurry, late_s
        So many times as fast as the profile drives is nothing special; so many seconds more than
        that are less likely by a factor of e.
    slack_s, slack_m
        Ways are looked for up to so much beyond what fits the time and the crow's flight.
    gap_s
        Longer pauses between fixes split the drive.
    fastest_mps
        Nobody drives faster.
    """

    version: str = "matching/1"
    thin_sigmas: float = 3.0
    reach_sigmas: float = 5.0
    least_reach_m: float = 40.0
    most_reach_m: float = 200.0
    streets: int = 12
    detour_m: float = 6.0
    detour_mps: float = 0.3
    hurry: float = 1.0
    late_s: float = 10.0
    slack_s: float = 60.0
    slack_m: float = 200.0
    gap_s: float = 180.0
    fastest_mps: float = 70.0


RULE: Final = MatchingRule()


class Reason(StrEnum):
    """Why a stretch between two fixes is on no street."""

    GAP = "gap"
    """No fix for longer than the rule's pause."""
    OFF_ROAD = "off_road"
    """No street near two fixes in a row or more."""
    TOO_FAST = "too_fast"
    """Nobody drives so fast."""
    NO_WAY = "no_way"
    """No allowed way leads from one to the other in anything like the time."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A connected and legal way past k fixes.

    Attributes
    ----------
    fixes
        (k,) rows of the fixes that it was found by, ascending.
    streets
        Directed streets in order.
    route
        Line, length and names; its times are those of the profile, not of the drive.
    at_m
        (k,) metres of the fixes' places from its beginning; never falls.
    distance_m
        (k,) of the fixes to their places on it.
    confidence
        (k,) how likely it is that the vehicle was on these streets then, by all fixes of the piece.
    """

    fixes: _Rows
    streets: tuple[int, ...]
    route: Route
    at_m: _Floats
    distance_m: _Floats
    confidence: _Floats

    @property
    def line_m(self) -> _Floats:
        """Metres of the line's points from its beginning."""
        line = self.route.lonlats
        metres = np.concatenate([[0.0], np.cumsum(haversines_m(line[:-1], line[1:]))])
        return np.asarray(metres * (self.route.distance_m / max(metres[-1], 1e-9)))


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Between these two fixes, given by row, no street is told; and why."""

    first: int
    last: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Match:
    """What became of n fixes; pieces and unmatched stretches in the order of the fixes."""

    pieces: tuple[Piece, ...]
    unmatched: tuple[Unmatched, ...]

    @property
    def length_m(self) -> float:
        """Metres by road."""
        return sum(piece.route.distance_m for piece in self.pieces)


class Matcher:
    """Matches over one graph; may be shared by threads."""

    def __init__(self, graph: RoadGraph, snapper: Snapper, rule: MatchingRule = RULE) -> None:
        self._graph = graph
        self._snapper = snapper
        self._rule = rule
        self._streets = streets_of(graph)

    def match(self, lonlats: _Floats, times_s: _Floats, sigma_m: _Floats) -> Match:
        """The streets driven along past n fixes of one drive, in the order of their times.

        Parameters
        ----------
        lonlats, times_s, sigma_m
            (n, 2), (n,), (n,): places, times, and standard deviations of the places, in metres to
            either side.
        """
        if not len(lonlats):
            return Match((), ())
        used = _telling(lonlats, sigma_m, self._rule.thin_sigmas)
        spots, distance_m = self._spots(lonlats[used], sigma_m[used])
        on_road = spots.vertex[:, 0] >= 0
        rows, spots, distance_m = used[on_road], spots.part(on_road), distance_m[on_road]
        fixes = lonlats[rows], times_s[rows], sigma_m[rows]
        reasons = _splits(*fixes, np.flatnonzero(on_road), self._rule)
        pieces: list[Piece] = []
        if len(rows) > 1:
            steps = _steps(*fixes, self._rule)
            pieces = self._pieces(rows, spots, steps, distance_m, reasons)
        return Match(tuple(pieces), _unmatched(rows, used, reasons, pieces))

    def _spots(self, lonlats: _Floats, sigma_m: _Floats) -> tuple[Spots, _Floats]:
        """Where each fix may be, those that are possible first, and how far that is from it."""
        rule, n = self._rule, len(lonlats)
        reach = np.clip(rule.reach_sigmas * sigma_m, rule.least_reach_m, rule.most_reach_m)
        near = self._snapper.near(lonlats, reach, rule.streets)
        street = np.repeat(near.street.reshape(n, -1), 2, axis=1)
        share = np.repeat(near.along.reshape(n, -1), 2, axis=1)
        share[:, 1::2] = 1.0 - share[:, 1::2]
        distance_m = np.repeat(near.distance_m.reshape(n, -1), 2, axis=1)
        side = np.arange(street.shape[1]) % 2
        vertex = np.where(street < 0, -1, 2 * street + side).astype(np.int32)
        vertex[self._graph.drive_ms[vertex] >= FORBIDDEN_MS] = -1
        order = np.argsort(vertex < 0, axis=1, kind="stable")
        most = max(1, int((vertex >= 0).sum(axis=1).max(initial=0)))
        order = order[:, :most]
        vertex = np.take_along_axis(vertex, order, axis=1)
        share = np.take_along_axis(share, order, axis=1)
        distance_m = np.take_along_axis(distance_m, order, axis=1)
        told = np.where(vertex < 0, -np.inf, -0.5 * (distance_m / sigma_m[:, None]) ** 2)
        return Spots(vertex, share, told), distance_m

    def _pieces(
        self,
        rows: _Rows,
        spots: Spots,
        steps: Steps,
        distance_m: _Floats,
        reasons: list[Reason | None],
    ) -> list[Piece]:
        """The likeliest ways past the fixes, in as many pieces as it takes."""
        scratch = scratch_for(self._graph)
        moves = transitions(self._streets, scratch, spots, steps, self._rule.late_s)
        moves[np.array([reason is not None for reason in reasons])] = -np.inf
        chosen = likeliest(spots.log_likelihood, moves)
        each = np.arange(len(rows))
        on = np.isfinite(moves[each[:-1], chosen[:-1], chosen[1:]])
        pieces = []
        for first, after in pairwise([0, *(np.flatnonzero(~on) + 1).tolist(), len(rows)]):
            if after - first < 2:  # noqa: PLR2004 - a way has two ends
                continue
            part = each[first:after]
            at = Row(spots.vertex[part, chosen[part]], spots.share[part, chosen[part]])
            path, leg = _path(self._streets, scratch, at, steps.part(slice(first, after - 1)))
            route, at_m = self._driven(path, leg, at.share)
            sure = likelihoods(spots.log_likelihood[part], moves[first : after - 1])
            sure = np.where(np.isin(spots.vertex[part], path), sure, 0.0).sum(axis=1)
            near_m = distance_m[part, chosen[part]]
            pieces.append(Piece(rows[part], tuple(path), route, at_m, near_m, sure))
        return pieces

    def _driven(
        self, path: list[int], leg: NDArray[np.intp], share: _Floats
    ) -> tuple[Route, _Floats]:
        """The route, and how far along it each fix is, by its leg of the path and share of that."""
        length_m = self._graph.street_m[np.array(path) >> 1]
        begin_m = np.cumsum(length_m) - length_m
        at_m = np.maximum.accumulate(begin_m[leg] + share * length_m[leg])
        last = float(np.clip((at_m[-1] - begin_m[-1]) / max(length_m[-1], 1e-9), 0.0, 1.0))
        source, target = (
            1.0 - part if vertex & 1 else part
            for vertex, part in ((path[0], float(share[0])), (path[-1], last))
        )
        return follow(self._graph, path, source, target), at_m - at_m[0]


def _path(
    streets: Streets, scratch: Scratch, at: Row, steps: Steps
) -> tuple[list[int], NDArray[np.intp]]:
    """The directed streets past the chosen spots, and which of them each spot is on."""
    path = [int(at.vertex[0])]
    leg = np.zeros(len(at.vertex), np.intp)
    for t in range(len(at.vertex) - 1):
        ahead_m = (at.share[t + 1] - at.share[t]) * streets.street_m[at.vertex[t] >> 1]
        if at.vertex[t + 1] != at.vertex[t] or ahead_m < -steps.back_m[t]:
            spot = Spot(at.vertex[t], at.share[t])
            limits = Limits(steps.back_m[t], steps.limit_ms[t], steps.limit_m[t])
            search_from(streets, scratch, spot, at.vertex[t + 1 : t + 2], limits)
            path += way_to(streets, scratch, int(at.vertex[t + 1])).tolist()
        leg[t + 1] = len(path) - 1
    return path, leg


def _telling(lonlats: _Floats, sigma_m: _Floats, sigmas: float) -> _Rows:
    """Rows of the fixes that say something new: the first, the last, and those between."""
    kept = [0]
    flat = lonlats * _metres_per_degree(lonlats)
    (x0, y0), *others = flat.tolist()
    near_m = (sigmas * sigma_m).tolist()
    for row, (x, y) in enumerate(others, start=1):
        if math.hypot(x - x0, y - y0) > near_m[row]:
            kept.append(row)
            x0, y0 = x, y
    if kept[-1] != len(lonlats) - 1:
        kept.append(len(lonlats) - 1)
    return np.array(kept, np.intp)


def _splits(
    lonlats: _Floats, times_s: _Floats, sigma_m: _Floats, place: _Rows, rule: MatchingRule
) -> list[Reason | None]:
    """Why the drive is split between each fix with streets nearby and the next; None: it is not.

    ``place`` counts the fixes with those that have no street nearby.
    """
    elapsed_s = np.diff(times_s)
    sure_m = haversines_m(lonlats[:-1], lonlats[1:]) - 3 * (sigma_m[:-1] + sigma_m[1:])
    too_fast = sure_m > rule.fastest_mps * elapsed_s
    off_road = np.diff(place) > 2  # noqa: PLR2004 - one fix may be an outlier
    reasons: list[Reason | None] = [None] * len(elapsed_s)
    for row in np.flatnonzero(off_road | too_fast | (elapsed_s > rule.gap_s)):
        if off_road[row]:
            reasons[row] = Reason.OFF_ROAD
        else:
            reasons[row] = Reason.GAP if elapsed_s[row] > rule.gap_s else Reason.TOO_FAST
    return reasons


def _steps(lonlats: _Floats, times_s: _Floats, sigma_m: _Floats, rule: MatchingRule) -> Steps:
    elapsed_s = np.diff(times_s)
    crow_m = haversines_m(lonlats[:-1], lonlats[1:])
    allowed_s = rule.hurry * elapsed_s
    return Steps(
        crow_m=crow_m,
        back_m=sigma_m[:-1] + sigma_m[1:],
        detour_m=rule.detour_m + rule.detour_mps * elapsed_s,
        allowed_s=allowed_s,
        limit_ms=(allowed_s + rule.slack_s) * 1000,
        limit_m=np.maximum(1.5 * crow_m, 20.0 * elapsed_s) + rule.slack_m,
    )


def _unmatched(
    rows: _Rows, used: _Rows, reasons: list[Reason | None], pieces: list[Piece]
) -> tuple[Unmatched, ...]:
    """What lies between the pieces, before the first and behind the last."""
    on_road = set(rows.tolist())
    split = dict(zip(rows.tolist(), reasons, strict=False))
    ends = np.array([(piece.fixes[0], piece.fixes[-1]) for piece in pieces], np.intp).reshape(-1, 2)
    found: list[Unmatched] = []
    for fix, following in pairwise(used.tolist()):
        at = int(np.searchsorted(ends[:, 0], fix, side="right")) - 1
        if at >= 0 and following <= ends[at, 1]:
            continue
        both = fix in on_road and following in on_road
        reason = (split.get(fix) or Reason.NO_WAY) if both else Reason.OFF_ROAD
        goes_on = found and found[-1].last == fix and found[-1].reason is reason
        first = found.pop().first if goes_on else fix
        found.append(Unmatched(first, following, reason))
    return tuple(found)


def _metres_per_degree(lonlats: _Floats) -> _Floats:
    middle = math.radians(float(lonlats[:, 1].mean()))
    return METRES_PER_DEGREE * np.array([math.cos(middle), 1.0])
