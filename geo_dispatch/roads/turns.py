"""From the end of each directed street into the next: what is allowed, and what it costs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.roads.extract import TurnRestriction
from geo_dispatch.roads.profile import TurnRestrictionKeys, TurnTimes

_Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Junctions:
    """What turns depend on; v directed streets, m junctions.

    Attributes
    ----------
    begin, end
        (v,) junctions.
    leaving_deg, arriving_deg
        (v,) compass bearings at the beginning and the end.
    allowed
        (v,) whether the direction may be driven.
    way
        (v,) OSM way ids.
    osm_ids
        (m,) int64 ascending.
    closed, turning_place
        (m,) bool: nobody passes; cars can turn round.
    """

    begin: _Ints
    end: _Ints
    leaving_deg: NDArray[np.float64]
    arriving_deg: NDArray[np.float64]
    allowed: NDArray[np.bool_]
    way: _Ints
    osm_ids: _Ints
    closed: NDArray[np.bool_]
    turning_place: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Arcs:
    """Allowed turns in order of tail, then head."""

    tail: _Ints
    head: _Ints


@dataclass(frozen=True, slots=True)
class RestrictionCounts:
    """What became of the turn restrictions.

    Attributes
    ----------
    applied
        Forbid a turn, or turning round.
    over_ways
        Lead over a way, which is not supported; ignored.
    other
        For other vehicles, at other hours, of unknown kind, or between streets that cars do not
        drive anyway.
    """

    applied: int
    over_ways: int
    other: int


def allowed_turns(
    at: Junctions, restrictions: Iterable[TurnRestriction], keys: TurnRestrictionKeys
) -> tuple[Arcs, RestrictionCounts]:
    """Every turn that is allowed.

    Turning round on the street just driven is allowed at turning places, and where there is no
    other way on: at dead ends, before barriers, and where restrictions close all else.
    """
    arcs = _meetings(at)
    banned, no_u_turn, counts = _banned(at, arcs, restrictions, keys)
    tail, head = arcs.tail[~banned], arcs.head[~banned]
    every = np.flatnonzero(at.allowed)
    stuck = np.bincount(tail, minlength=len(at.begin))[every] == 0
    back = every[(stuck | at.turning_place[at.end[every]]) & at.allowed[every ^ 1]]
    back = back[~np.isin(back, list(no_u_turn))]
    tail, head = np.concatenate([tail, back]), np.concatenate([head, back ^ 1])
    order = np.lexsort((head, tail))
    return Arcs(tail[order], head[order]), counts


def turn_seconds(at: Junctions, arcs: Arcs, times: TurnTimes, drive_on: str) -> NDArray[np.float64]:
    """(a,) seconds that each turn takes, without what the junction itself costs.

    Where only two streets meet, a road goes on round a bend: that takes no time.
    """
    tail, head = arcs.tail, arcs.head
    angle = (at.leaving_deg[head] - at.arriving_deg[tail] + 180.0) % 360.0 - 180.0
    near = angle >= 0 if drive_on == "right" else angle <= 0
    row = np.searchsorted([a.to_deg for a in times.angles], np.abs(angle) - 1e-9)
    near_s = np.array([a.near_s for a in times.angles])[row]
    across_s = np.array([a.across_s for a in times.angles])[row]
    meeting = np.bincount(at.begin, minlength=len(at.osm_ids))
    seconds = np.where(meeting[at.end[tail]] > 2, np.where(near, near_s, across_s), 0.0)  # noqa: PLR2004 - two streets
    return np.asarray(np.where(head == tail ^ 1, times.u_turn_s, seconds))


def _meetings(at: Junctions) -> Arcs:
    """Every pair of an arriving and a leaving directed street, without turning round."""
    leaving = np.flatnonzero(at.allowed & ~at.closed[at.begin])
    leaving = leaving[np.argsort(at.begin[leaving], kind="stable")]
    start = np.searchsorted(at.begin[leaving], np.arange(len(at.osm_ids) + 1))
    arriving = np.flatnonzero(at.allowed)
    counts = np.diff(start)[at.end[arriving]]
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    tail = np.repeat(arriving, counts)
    head = leaving[np.repeat(start[at.end[arriving]], counts) + within]
    other = head != tail ^ 1
    return Arcs(tail[other], head[other])


def _banned(
    at: Junctions, arcs: Arcs, restrictions: Iterable[TurnRestriction], keys: TurnRestrictionKeys
) -> tuple[NDArray[np.bool_], set[int], RestrictionCounts]:
    """Which turns are forbidden, and who may not turn round."""
    turns_at = _rows_by_junction(at.end[arcs.tail])
    arriving_at = _rows_by_junction(at.end)
    banned = np.zeros(len(arcs.tail), bool)
    no_u_turn: set[int] = set()
    bound: dict[tuple[int, int], set[int]] = defaultdict(set)
    applied = over_ways = total = 0
    for restriction in restrictions:
        total += 1
        kind = _kind(restriction, keys)
        node = _junction(at, restriction.via_node)
        over_ways += bool(kind) and restriction.via_node is None
        if not kind or node is None:
            continue
        turns, arriving = turns_at(node), arriving_at(node)
        comes = np.isin(at.way[arcs.tail[turns]], restriction.from_ways)
        goes = np.isin(at.way[arcs.head[turns]], restriction.to_ways)
        bound_here = arriving[np.isin(at.way[arriving], restriction.from_ways)].tolist()
        if restriction.from_ways == restriction.to_ways:
            no_u_turn.update(bound_here if kind == "no" else ())
        elif not (comes & goes).any():
            continue
        elif kind == "no":
            banned[turns[comes & goes]] = True
        else:
            no_u_turn.update(bound_here)
            for way in restriction.from_ways:
                bound[node, way].update(turns[comes & goes].tolist())
        applied += 1
    for (node, way), free in bound.items():
        turns = turns_at(node)
        from_way = turns[at.way[arcs.tail[turns]] == way]
        banned[from_way[~np.isin(from_way, list(free))]] = True
    return banned, no_u_turn, RestrictionCounts(applied, over_ways, total - applied - over_ways)


def _rows_by_junction(junction: _Ints) -> Callable[[int], _Ints]:
    """The rows of ``junction`` that hold a given one."""
    order = np.argsort(junction, kind="stable")
    ascending = junction[order]

    def rows(node: int) -> _Ints:
        first, last = np.searchsorted(ascending, [node, node + 1])
        return np.asarray(order[first:last])

    return rows


def _kind(restriction: TurnRestriction, keys: TurnRestrictionKeys) -> str:
    """``no`` or ``only``; empty when the restriction is not for this vehicle."""
    exempt = {part.strip() for part in restriction.tags.get("except", "").split(";")}
    if exempt & keys.exempt:
        return ""
    value = next((restriction.tags[key] for key in keys.keys if key in restriction.tags), "")
    kind, _, turn = value.partition("_")
    return kind if kind in {"no", "only"} and turn else ""


def _junction(at: Junctions, osm_id: int | None) -> int | None:
    if osm_id is None:
        return None
    row = int(np.searchsorted(at.osm_ids, osm_id))
    return row if row < len(at.osm_ids) and at.osm_ids[row] == osm_id else None
