"""From the end of each directed street into the next: what is allowed, and what it costs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.roads.extract import TurnRestriction
from geo_dispatch.roads.profile import TurnRestrictionKeys, TurnTimes

_Ints = NDArray[np.int64]
_HOURS: Final = {"day_on", "day_off", "hour_on", "hour_off"}
"""Keys with which restrictions were limited before there was ``restriction:conditional``."""


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
class Turns:
    """What may follow each directed street, as far as that does not depend on what came before.

    Attributes
    ----------
    arcs
        Of directed streets.
    may_turn_round
        (v,) whether one may turn round at its end if there is no other way on.
    applied
        Restrictions over a node that forbid a turn, or turning round.
    """

    arcs: Arcs
    may_turn_round: NDArray[np.bool_]
    applied: int


def allowed_turns(
    at: Junctions, restrictions: Iterable[TurnRestriction], keys: TurnRestrictionKeys
) -> Turns:
    """Every turn that is allowed; restrictions over ways are for `over_ways`.

    Turning round on the street just driven is allowed at turning places, and where there is no
    other way on: at dead ends, before barriers, and where restrictions close all else.
    """
    arcs = _meetings(at)
    banned, no_u_turn, applied = _banned(at, arcs, restrictions, keys)
    tail, head = arcs.tail[~banned], arcs.head[~banned]
    every = np.arange(len(at.begin))
    may_turn_round = at.allowed & at.allowed[every ^ 1]
    may_turn_round[list(no_u_turn)] = False
    stuck = np.bincount(tail, minlength=len(every)) == 0
    back = np.flatnonzero(may_turn_round & (stuck | at.turning_place[at.end]))
    tail, head = np.concatenate([tail, back]), np.concatenate([head, back ^ 1])
    order = np.lexsort((head, tail))
    return Turns(Arcs(tail[order], head[order]), may_turn_round, applied)


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
) -> tuple[NDArray[np.bool_], set[int], int]:
    """Which turns are forbidden, who may not turn round, and how many restrictions say so."""
    turns_at, arriving_at = rows_by(at.end[arcs.tail]), rows_by(at.end)
    banned = np.zeros(len(arcs.tail), bool)
    no_u_turn: set[int] = set()
    bound: dict[tuple[int, int], set[int]] = defaultdict(set)
    applied = 0
    for restriction in restrictions:
        kind = restriction_kind(restriction, keys)
        node = _junction(at, restriction.via_node)
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
    return banned, no_u_turn, applied


def rows_by(keys: _Ints) -> Callable[[int], _Ints]:
    """A function that gives the rows of ``keys`` that hold a given one."""
    order = np.argsort(keys, kind="stable")
    ascending = keys[order]

    def rows(key: int) -> _Ints:
        first, last = np.searchsorted(ascending, [key, key + 1])
        return np.asarray(order[first:last])

    return rows


def restriction_kind(restriction: TurnRestriction, keys: TurnRestrictionKeys) -> str:
    """``no`` or ``only``; empty when it is not for this vehicle, or at some hours only."""
    if restriction.tags.get("type") not in keys.keys or _HOURS & restriction.tags.keys():
        return ""
    exempt = {part.strip() for part in restriction.tags.get("except", "").split(";")}
    if exempt & keys.exempt:
        return ""
    values = (restriction.tags.get(key, "") for key in keys.keys)
    value = next((value for value in values if value and "@" not in value), "")
    kind, _, turn = value.partition("_")
    return kind if kind in {"no", "only"} and turn else ""


def _junction(at: Junctions, osm_id: int | None) -> int | None:
    if osm_id is None:
        return None
    row = int(np.searchsorted(at.osm_ids, osm_id))
    return row if row < len(at.osm_ids) and at.osm_ids[row] == osm_id else None
