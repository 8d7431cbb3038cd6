"""Road maps drawn in ASCII, written as the OSM files that the real reader reads.

::

    A----B----C
    |    |
    D----E

Letters and digits are nodes; ``-`` and ``|`` join them into a street of two nodes named by both
ends, such as ``AB``. A cell is `CELL_M` metres wide and `ROW_M` high, so that the streets drawn
above are 100 m long. Ways are given tags by name, replaced by longer ones, or added.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import osmium
from osmium.osm import mutable as osm

from geo_dispatch.adapters.osm import read_extract
from geo_dispatch.adapters.profiles import CAR, profile_text, read_profile
from geo_dispatch.kernel.geo import LonLat, local_m_to_lonlat
from geo_dispatch.roads.build import GraphReport, build_graph
from geo_dispatch.roads.engine import RoadEngine
from geo_dispatch.roads.graph import GraphInfo, RoadGraph, graph_faults

CELL_M = 20.0
ROW_M = 50.0
ORIGIN = LonLat(9.5, 47.0)
RESIDENTIAL = {"highway": "residential"}

Tags = Mapping[str, str]


@dataclass
class AsciiMap:
    """A drawing and what is to be said about it.

    Attributes
    ----------
    ways
        Tags by way name, on top of `RESIDENTIAL`; a way of more than two letters replaces the
        drawn streets between them. None takes a way away.
    nodes
        Tags by letter.
    restrictions
        ``("no_left_turn", "AB", "B", "BC")``: kind, from way, via node, to way; via may be ways
        instead, ``"BC"`` or ``"BC+CD"``; a fifth entry holds further tags.
    """

    drawing: str
    ways: Mapping[str, Tags | None] = field(default_factory=dict)
    nodes: Mapping[str, Tags] = field(default_factory=dict)
    restrictions: Sequence[tuple[str, ...]] = ()
    country: str = "LI"

    def __post_init__(self) -> None:
        rows = self.drawing.strip("\n").splitlines()
        self.cells = {
            letter: (column, row)
            for row, line in enumerate(rows)
            for column, letter in enumerate(line)
            if letter.isalnum()
        }
        ways: dict[str, Tags | None] = {name: {} for name in _drawn(rows, self.cells)}
        for name, tags in self.ways.items():
            for pair in pairwise(name):
                for drawn in ("".join(pair), "".join(reversed(pair))):
                    if drawn != name:
                        ways.pop(drawn, None)
            ways[name] = tags
        self.all_ways = {name: tags for name, tags in ways.items() if tags is not None}

    def place(self, letter: str) -> LonLat:
        """Where a node is."""
        column, row = self.cells[letter]
        at = local_m_to_lonlat(np.array([column * CELL_M, -row * ROW_M]), ORIGIN)
        return LonLat(float(at[0]), float(at[1]))

    def between(self, a: str, b: str, share: float = 0.5, aside_m: float = 0.0) -> LonLat:
        """A place on the line from one node to another, or metres to the left of it."""
        start, end = (np.array(self.cells[n]) * (CELL_M, -ROW_M) for n in (a, b))
        along = end - start
        left = np.array([-along[1], along[0]]) / np.hypot(*along)
        at = local_m_to_lonlat(start + share * along + aside_m * left, ORIGIN)
        return LonLat(float(at[0]), float(at[1]))

    def node_id(self, letter: str) -> int:
        """The OSM id of a node."""
        return 1 + list(self.cells).index(letter)

    def way_id(self, name: str) -> int:
        """The OSM id of a way."""
        return 101 + list(self.all_ways).index(name)

    def write(self, path: Path) -> Path:
        """Write it as an OSM file, in the format that the name's ending says."""
        with osmium.SimpleWriter(str(path), overwrite=True) as writer:
            for letter in self.cells:
                tags = dict(self.nodes.get(letter, {}))
                place = self.place(letter)
                writer.add_node(osm.Node(id=self.node_id(letter), location=place, tags=tags))
            for name, tags in self.all_ways.items():
                refs = [self.node_id(letter) for letter in name]
                said = {"name": name, **RESIDENTIAL, **(tags or {})}
                writer.add_way(osm.Way(id=self.way_id(name), nodes=refs, tags=said))
            for number, restriction in enumerate(self.restrictions, 1001):
                writer.add_relation(self._relation(number, restriction))
        return path

    def _relation(self, number: int, restriction: tuple[str, ...]) -> osm.Relation:
        kind, start, via, end, *more = restriction
        if via in self.cells:
            over = [("n", self.node_id(via), "via")]
        else:
            over = [("w", self.way_id(name), "via") for name in via.split("+")]
        members = [
            ("w", self.way_id(start), "from"),
            *over,
            ("w", self.way_id(end), "to"),
        ]
        tags = {"type": "restriction", "restriction": kind}
        tags |= dict(pair.split("=") for pair in more)
        return osm.Relation(id=number, members=members, tags=tags)


def build_file(path: Path, country: str) -> tuple[RoadGraph, GraphReport]:
    """The road graph of an OSM file: reader, builder, self-check."""
    profile = read_profile(profile_text(CAR, path.parent), CAR)
    extract = read_extract(path, profile.wanted)
    info = GraphInfo("map", path.name, "", CAR, country, "", "", ())
    graph, report = build_graph(extract, profile, info)
    assert graph_faults(graph) == []
    return graph, report


def build_map(drawn: AsciiMap, folder: Path) -> tuple[RoadGraph, GraphReport]:
    """The map through the whole pipeline."""
    return build_file(drawn.write(folder / "map.osm"), drawn.country)


class Town:
    """An ASCII map with the engine over it; times in seconds between places by name.

    A place is a node's letter, ``"AB"`` for the middle of that line, ``"AB.25"`` for a quarter
    of the way from A to B.
    """

    def __init__(self, drawn: AsciiMap, folder: Path) -> None:
        self.map = drawn
        self.graph, self.report = build_map(drawn, folder)
        self.engine = RoadEngine(self.graph)

    def at(self, place: str) -> LonLat:
        """The place by name."""
        if len(place) == 1:
            return self.map.place(place)
        return self.map.between(place[0], place[1], float(place[2:] or 0.5))

    def seconds(self, source: str, target: str) -> float | None:
        """Drive time by the matrix; the route must say the same."""
        (time,) = self.engine.drive_times(self.at(source), [self.at(target)])
        route = self.engine.route(self.at(source), self.at(target))
        assert (route and route.duration_s) == time
        return time

    def streets(self, source: str, target: str) -> list[str]:
        """Names of the streets of the route."""
        route = self.engine.route(self.at(source), self.at(target))
        assert route is not None
        return [step.name for step in route.steps]


def _drawn(rows: list[str], cells: Mapping[str, tuple[int, int]]) -> Iterable[str]:
    """Streets as drawn, each named from its left or upper end to the other."""
    for letter, (column, row) in cells.items():
        for dx, dy, line in ((1, 0, "-"), (0, 1, "|")):
            x, y = column + dx, row + dy
            while _cell(rows, x, y) == line:
                x, y = x + dx, y + dy
            if (x, y) != (column + dx, row + dy) and _cell(rows, x, y).isalnum():
                yield letter + _cell(rows, x, y)


def _cell(rows: list[str], x: int, y: int) -> str:
    return rows[y][x] if y < len(rows) and x < len(rows[y]) else " "
