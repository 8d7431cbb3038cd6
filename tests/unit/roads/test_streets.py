from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geo_dispatch.adapters.osm import read_extract
from geo_dispatch.roads.build import build_graph
from geo_dispatch.roads.engine import RoadEngine
from geo_dispatch.roads.graph import GraphInfo
from tests.support.ascii_map import RESIDENTIAL, build_file
from tests.support.extract import LIECHTENSTEIN, write_osm

ROW = "A----B----C----D"
ONE_NAME = {way: {"name": "Hauptstrasse"} for way in ("AB", "BC", "CD")}


def streets(town, drawing=ROW, **said):
    """The names of the ways that each street runs along."""
    built = town(drawing, **{"ways": ONE_NAME, **said})
    way_of = {built.map.way_id(name): name for name in built.map.all_ways}
    graph = built.graph
    return sorted(" ".join(way_of[way] for way in graph.ways_of(i)) for i in range(graph.n_streets))


def test_ways_that_go_on_as_each_other_are_one_street(town):
    assert streets(town) == ["AB BC CD"]


@pytest.mark.parametrize(
    "other",
    [
        {"name": "Nebenstrasse"},
        {"maxspeed": "30"},
        {"highway": "tertiary"},
        {"oneway": "yes"},
        {"access": "private"},
    ],
    ids=lambda tags: next(iter(tags)),
)
def test_where_the_driver_notices_a_street_ends(town, other):
    ways = ONE_NAME | {"BC": {"name": "Hauptstrasse"} | other}
    assert streets(town, ways=ways) == ["AB", "BC", "CD"]


@pytest.mark.parametrize(
    "node", [{"highway": "traffic_signals"}, {"barrier": "gate"}, {"highway": "turning_circle"}]
)
def test_what_stands_on_the_road_ends_a_street(town, node):
    assert streets(town, nodes={"C": node}) == ["AB BC", "CD"]


def test_a_third_street_ends_it(town):
    assert streets(town, ROW + "\n     |\n     E") == ["AB", "BC CD", "BE"]


def test_ways_that_a_restriction_names_stay_apart(town):
    barred = [("no_straight_on", "AB", "B", "BC")]
    assert streets(town, restrictions=barred) == ["AB", "BC", "CD"]


def test_joined_streets_are_the_street_drawn_at_once(town):
    joined = town(ROW, ways=ONE_NAME).graph
    drawn = town(ROW, ways={"ABCD": {"name": "Hauptstrasse"}}).graph
    for name in ("drive_ms", "arc_head", "arc_ms", "shape_lonlats", "shape_m", "node_ids"):
        assert np.array_equal(getattr(joined, name), getattr(drawn, name)), name


def test_a_ring_of_ways_that_meet_nothing_is_a_loop(tmp_path):
    a, b, c = (9.5, 47.1), (9.501, 47.1), (9.5, 47.101)
    lines = [((a, b), RESIDENTIAL), ((b, c), RESIDENTIAL), ((c, a), RESIDENTIAL)]
    graph, _ = build_file(write_osm(tmp_path / "ring.osm", lines=lines), "LI")
    assert graph.n_streets == 1
    assert graph.street_from[0] == graph.street_to[0]
    assert graph.ways_of(0) == [1, 2, 3]


def test_joining_changes_no_drive_time(car):
    """But for whole milliseconds, to which the time of each street is rounded up."""
    extract = read_extract(LIECHTENSTEIN, car.wanted)
    apart = replace(
        extract,
        way_tags=tuple({**tags, "name": str(i)} for i, tags in enumerate(extract.way_tags)),
    )
    info = GraphInfo("", "", "", "", "LI", "", "", ())
    engines = [RoadEngine(build_graph(one, car, info)[0]) for one in (extract, apart)]
    assert engines[0].graph.n_streets < engines[1].graph.n_streets
    rng = np.random.default_rng(1)
    shapes = engines[0].graph.shape_lonlats
    places = shapes[rng.choice(len(shapes), 200)] + rng.normal(0.0, 2e-4, (200, 2))
    joined, single = (engine.matrix(*2 * (engine.snap(places),)) for engine in engines)
    assert (single - joined).min() >= -2
    assert (single - joined).max() < 60
