"""A slow honest twin of the expanded graph: a search whose state is the way that one has come.

It judges every turn by the drawing and its restrictions, by the letter: which streets meet, which
of them may be driven, and what the whole walk so far forbids. Of the graph it reads the streets
and what a turn costs, never which turns there are or what the vertices stand for.
"""

from __future__ import annotations

import heapq
from collections import defaultdict

from geo_dispatch.roads.graph import FORBIDDEN_MS
from tests.support.ascii_map import Town

Walk = tuple[int, ...]


class PlainWalks:
    """Walks over the streets of a town; directed streets are numbered as in the graph."""

    def __init__(self, town: Town) -> None:
        graph, self._map = town.graph, town.map
        ends = zip(graph.street_from.tolist(), graph.street_to.tolist(), strict=True)
        letters = [self._letter(osm_id) for osm_id in graph.node_ids.tolist()]
        self._ends = [pair for a, b in ends for pair in ((letters[a], letters[b]),) * 2]
        self._ends = [pair[::-1] if d & 1 else pair for d, pair in enumerate(self._ends)]
        self._way = [graph.name_of(d >> 1) for d in range(len(self._ends))]
        self._drive_ms = graph.drive_ms.tolist()
        self._leaving = defaultdict(list)
        for d, (begin, _) in enumerate(self._ends):
            if self._driven(d):
                self._leaving[begin].append(d)
        tails = graph.vertex_directed.repeat(graph.arc_start[1:] - graph.arc_start[:-1]).tolist()
        heads = graph.vertex_directed[graph.arc_head].tolist()
        self._turn_ms = dict(
            zip(zip(tails, heads, strict=True), graph.arc_ms.tolist(), strict=True)
        )
        vias = [via for _, _, via, _, *_ in self._map.restrictions if via not in self._map.cells]
        self._memory = 1 + max((self._streets_of(via) for via in vias), default=0)
        self._onward: dict[Walk, list[int]] = {}

    def entry_ms(self, first: int) -> dict[int, int]:
        """From the end of a directed street to the beginnings of all that can be driven to."""
        entered: dict[int, int] = {}
        queue: list[tuple[int, Walk]] = [(0, (first,))]
        done: set[Walk] = set()
        while queue:
            ms, walk = heapq.heappop(queue)
            if walk in done:
                continue
            done.add(walk)
            for head in self.onward(walk):
                at_ms = ms + self._turn_ms[walk[-1], head]
                entered[head] = min(at_ms, entered.get(head, at_ms))
                longer = (*walk, head)[-self._memory :]
                heapq.heappush(queue, (at_ms + self._drive_ms[head], longer))
        return entered

    def onward(self, walk: Walk) -> list[int]:
        """What may follow a walk."""
        if walk not in self._onward:
            meeting = self._past_the_node(walk[-1])
            free = [head for head in meeting if self._over_ways(walk, head, meeting)]
            back = walk[-1] ^ 1
            if not free and self._may_turn_round(walk[-1]) and self._over_ways(walk, back, meeting):
                free = [back]
            self._onward[walk] = free
        return self._onward[walk]

    def _past_the_node(self, last: int) -> list[int]:
        """What may follow a street as far as its end and restrictions over it say."""
        node, back = self._ends[last][1], last ^ 1
        tags = self._map.nodes.get(node, {})
        closed = tags.get("barrier") == "bollard"
        heads = [] if closed else [head for head in self._leaving[node] if head != back]
        bound: set[int] = set()
        for kind, start, via, end, *_ in self._map.restrictions:
            if via != node or start == end or self._way[last] != start:
                continue
            if kind.startswith("no"):
                heads = [head for head in heads if self._way[head] != end]
        for end in self._demanded(last):
            bound |= {head for head in self._leaving[node] if self._way[head] == end}
        if self._demanded(last) and not closed:
            heads = [head for head in heads if head in bound]
        turning = tags.get("highway") == "turning_circle"
        if (turning or not heads) and self._may_turn_round(last):
            heads.append(back)
        return heads

    def _demanded(self, last: int) -> list[str]:
        """The ways that alone may follow a street, by its end; those that none can enter don't."""
        node = self._ends[last][1]
        if self._map.nodes.get(node, {}).get("barrier") == "bollard":
            return []
        return [
            end
            for kind, start, via, end, *_ in self._map.restrictions
            if kind.startswith("only")
            and via == node
            and start == self._way[last] != end
            and any(self._way[head] == end for head in self._leaving[node])
        ]

    def _may_turn_round(self, last: int) -> bool:
        node, way = self._ends[last][1], self._way[last]
        forbidden = any(
            kind.startswith("no") and start == end == way and via == node
            for kind, start, via, end, *_ in self._map.restrictions
        )
        return self._driven(last ^ 1) and not forbidden and not self._demanded(last)

    def _over_ways(self, walk: Walk, head: int, meeting: list[int]) -> bool:
        """Whether restrictions over ways let a street follow all that has been driven."""
        for k in range(2, len(walk) + 1):
            bound: set[int] = set()
            for kind, start, via, end, *_ in self._map.restrictions:
                if via in self._map.cells or not self._comes_so(walk[-k:], start, via):
                    continue
                if kind.startswith("no") and self._way[head] == end:
                    return False
                if kind.startswith("only"):
                    bound |= {other for other in meeting if self._way[other] == end}
            if bound and head not in bound:
                return False
        return True

    def _comes_so(self, walk: Walk, start: str, via: str) -> bool:
        """From a street of one way over others that cover the ways between, each street once."""
        over = {self._way[d] for d in walk[1:]}
        once = len({d >> 1 for d in walk}) == len(walk)
        return self._way[walk[0]] == start and over == set(via.split("+")) and once

    def _driven(self, directed: int) -> bool:
        return self._drive_ms[directed] < FORBIDDEN_MS

    def _streets_of(self, via: str) -> int:
        """Streets of some ways."""
        return sum(way in via.split("+") for way in self._way[::2])

    def _letter(self, osm_id: int) -> str:
        return list(self._map.cells)[osm_id - 1]
