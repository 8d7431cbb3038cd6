"""Turn restrictions over ways, where what may come next depends on where one came from.

`turns` says which streets may follow each other. A restriction over ways forbids, or demands, what
follows a whole *approach*: a street of its ``from`` way, then streets that cover its ``via`` ways.
Each beginning of an approach that is two streets or longer becomes a vertex of its own: who is
there has come exactly so. Every walk is at the vertex of the longest beginning that it ends in,
else at the street's own one, as in the automaton of Aho and Corasick, "Efficient string matching"
(1975); so the expanded graph allows exactly the walks that no restriction forbids.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.roads.extract import TurnRestriction
from geo_dispatch.roads.profile import TurnRestrictionKeys
from geo_dispatch.roads.turns import Arcs, Junctions, Turns, restriction_kind, rows_by

_Walk = tuple[int, ...]

_MOST_WALKS: Final = 500
"""Via ways that cross each other over and over can be driven in more ways than there is memory for;
no such restriction is put up anywhere."""


@dataclass(frozen=True, slots=True)
class Expanded:
    """The vertices of the turn-expanded graph, and the turns between them.

    Attributes
    ----------
    vertex_directed
        (v,) directed street of each vertex; the first 2n are the directed streets themselves.
    arcs
        Of vertices.
    applied
        Restrictions over ways that forbid something.
    """

    vertex_directed: NDArray[np.int64]
    arcs: Arcs
    applied: int

    @property
    def arc_start(self) -> NDArray[np.int64]:
        """(v + 1,) where the turns out of each vertex begin among the arcs."""
        vertices = np.arange(len(self.vertex_directed) + 1)
        return np.asarray(np.searchsorted(self.arcs.tail, vertices))

    @property
    def street_arcs(self) -> Arcs:
        """The same turns by the directed streets that they lead from and into."""
        return Arcs(self.vertex_directed[self.arcs.tail], self.vertex_directed[self.arcs.head])


@dataclass(frozen=True, slots=True)
class _Rules:
    """What may not, and what alone may, follow each approach."""

    banned: dict[_Walk, set[int]] = field(default_factory=lambda: defaultdict(set))
    bound: dict[_Walk, set[int]] = field(default_factory=lambda: defaultdict(set))

    def allow(self, walked: _Walk, head: int) -> bool:
        return all(
            head not in self.banned.get(end, ()) and head in self.bound.get(end, (head,))
            for end in _endings(walked)
        )

    def beginnings(self) -> list[_Walk]:
        approaches = self.banned.keys() | self.bound.keys()
        found = {walk[:k] for walk in approaches for k in range(2, len(walk) + 1)}
        return sorted(found, key=lambda walk: (walk[-1], walk))


@dataclass(frozen=True, slots=True)
class _Onward:
    """The directed streets that may follow each one."""

    start: NDArray[np.int64]
    head: NDArray[np.int64]

    def heads(self, tail: int) -> list[int]:
        heads: list[int] = self.head[self.start[tail] : self.start[tail + 1]].tolist()
        return heads


def expanded_turns(
    at: Junctions,
    turns: Turns,
    restrictions: Iterable[TurnRestriction],
    keys: TurnRestrictionKeys,
) -> Expanded:
    """The turns that are allowed, by vertices that know where one came from as far as it matters.

    Turning round is allowed where restrictions over ways leave no other way on, too.
    """
    n = len(at.begin)
    onward = _Onward(np.searchsorted(turns.arcs.tail, np.arange(n + 1)), turns.arcs.head)
    rules, applied = _rules(at, onward, restrictions, keys)
    beginnings = rules.beginnings()
    vertex = {walk: n + i for i, walk in enumerate(beginnings)}
    head = turns.arcs.head.copy()
    for first, second in (walk for walk in beginnings if len(walk) == 2):  # noqa: PLR2004 - a turn
        head[onward.start[first] + onward.heads(first).index(second)] = vertex[first, second]
    tails, heads = [turns.arcs.tail], [head]
    for walk in beginnings:
        follow = [street for street in onward.heads(walk[-1]) if rules.allow(walk, street)]
        back = walk[-1] ^ 1
        if not follow and turns.may_turn_round[walk[-1]] and rules.allow(walk, back):
            follow = [back]
        states = sorted(_state((*walk, street), vertex) for street in follow)
        tails.append(np.full(len(states), vertex[walk]))
        heads.append(np.array(states, np.int64))
    return Expanded(
        vertex_directed=np.array([*range(n), *(walk[-1] for walk in beginnings)], np.int64),
        arcs=Arcs(np.concatenate(tails), np.concatenate(heads)),
        applied=applied,
    )


def _rules(
    at: Junctions,
    onward: _Onward,
    restrictions: Iterable[TurnRestriction],
    keys: TurnRestrictionKeys,
) -> tuple[_Rules, int]:
    """What follows from the restrictions over ways, and how many of them forbid something."""
    rules, applied = _Rules(), 0
    over_ways = [restriction for restriction in restrictions if restriction.via_ways]
    on_way = rows_by(at.way) if over_ways else None
    for restriction in over_ways:
        kind = restriction_kind(restriction, keys)
        if not kind or on_way is None:
            continue
        rows = rules.banned if kind == "no" else rules.bound
        firsts = [street for way in restriction.from_ways for street in on_way(way).tolist()]
        ends = [
            (walk, {head for head in onward.heads(walk[-1]) if at.way[head] in restriction.to_ways})
            for first in firsts
            for walk in _approaches(at, onward, first, frozenset(restriction.via_ways))
        ]
        for walk, streets in ends:
            if streets:
                rows[walk] |= streets
        applied += any(streets for _, streets in ends)
    return rules, applied


def _approaches(at: Junctions, onward: _Onward, first: int, via: frozenset[int]) -> list[_Walk]:
    """Every walk from a street over others that cover the via ways, none of them driven twice.

    None where there are more than `_MOST_WALKS`.
    """
    walks: list[_Walk] = [(first,)]
    for walk in walks:
        walks += [
            (*walk, head)
            for head in onward.heads(walk[-1])
            if int(at.way[head]) in via and head not in walk and head ^ 1 not in walk
        ]
        if len(walks) > _MOST_WALKS:
            return []
    return [walk for walk in walks if via == {int(at.way[street]) for street in walk[1:]}]


def _endings(walked: _Walk) -> Iterator[_Walk]:
    """The last streets of a walk: all of them first, two of them last."""
    return (walked[i:] for i in range(len(walked) - 1))


def _state(walked: _Walk, vertex: dict[_Walk, int]) -> int:
    return next((vertex[end] for end in _endings(walked) if end in vertex), walked[-1])
