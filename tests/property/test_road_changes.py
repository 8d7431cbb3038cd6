"""Changes on the road: exact under any of them, and gone without a trace when undone."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.units import UNREACHABLE_MS
from geo_dispatch.roads.changes import (
    Direction,
    RoadChange,
    WaySpeed,
    close_streets,
    closing,
    reweighted,
    set_speeds,
    speed_factor,
    touched,
)
from geo_dispatch.roads.engine import RoadEngine
from geo_dispatch.roads.graph import FORBIDDEN_MS, RoadGraph
from tests.property.test_drive_times import towns
from tests.property.test_restrictions import towns as tangled_towns
from tests.support.ascii_map import AsciiMap, Town, build_file
from tests.support.extract import LIECHTENSTEIN
from tests.support.plain_search import Search, stops


def some_changes(graph: RoadGraph, rng: np.random.Generator, wide: float) -> list[RoadChange]:
    """Up to five, of any kind, in any order; areas up to ``wide`` of the whole across."""
    west, south, east, north = graph.bounds
    across = wide * max(east - west, north - south, 1e-4)

    def area() -> shapely.Polygon:
        centre = shapely.Point(rng.uniform((west, south), (east, north)))
        return centre.buffer(rng.uniform(0.05, 0.5) * across, quad_segs=int(rng.integers(1, 5)))

    def ways() -> list[int]:
        return rng.choice(graph.ways, rng.integers(1, 4)).tolist()

    def speeds() -> list[WaySpeed]:
        directions = list(Direction)
        return [
            WaySpeed(way, float(rng.uniform(1, 200)), directions[rng.integers(3)]) for way in ways()
        ]

    makers = (
        lambda: close_streets(area=area()),
        lambda: close_streets(way_ids=ways()),
        lambda: speed_factor(area(), float(rng.uniform(0.1, 100))),
        lambda: set_speeds(speeds()),
    )
    return [makers[rng.integers(len(makers))]() for _ in range(rng.integers(1, 6))]


def under(engine: RoadEngine, changes: list[RoadChange]) -> RoadEngine:
    graph = engine.graph
    found = [(change, touched(graph, change)) for change in changes]
    return engine.with_weights(reweighted(graph, found))


def matrix(engine: RoadEngine, places: np.ndarray) -> np.ndarray:
    snaps = engine.snap(places)
    return engine.matrix(snaps, snaps)


def check(engine: RoadEngine, rng: np.random.Generator, wide: float, places: np.ndarray) -> None:
    before = matrix(engine, places)
    changes = some_changes(engine.graph, rng, wide)
    changed = under(engine, changes)
    graph = changed.graph
    snaps = changed.snap(places)
    plain = Search(graph).matrix(stops(graph, snaps), stops(graph, snaps))
    assert np.array_equal(changed.matrix(snaps, snaps), plain)
    assert not (graph.drive_ms[engine.graph.drive_ms >= FORBIDDEN_MS] < FORBIDDEN_MS).any()
    check_blame(engine, changed, changes, places, plain)
    while changes:  # undone one by one, in any order
        changes.pop(int(rng.integers(len(changes))))
    undone = under(engine, changes)
    assert undone.graph is engine.graph
    assert np.array_equal(matrix(undone, places), before)


def check_blame(
    engine: RoadEngine,
    changed: RoadEngine,
    changes: list[RoadChange],
    places: np.ndarray,
    plain: np.ndarray,
) -> None:
    """Whoever could drive there and can't now finds a closure on the way that they would take."""
    found = [(change, touched(engine.graph, change)) for change in changes]
    for i, j in np.argwhere(plain >= UNREACHABLE_MS)[:10].tolist():
        way = engine.streets_between(LonLat(*places[i]), LonLat(*places[j]))
        assert not len(changed.streets_between(LonLat(*places[i]), LonLat(*places[j])))
        assert bool(closing(way, found)) == bool(len(way))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(drawn=st.one_of(towns(), tangled_towns()), seed=st.integers(0, 2**32 - 1))
def test_any_changes_on_any_town_are_exact_and_undone_without_a_trace(
    drawn: AsciiMap, seed: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        town = Town(drawn, Path(folder))
    rng = np.random.default_rng(seed)
    west, south, east, north = town.engine.bounds
    check(town.engine, rng, 1.0, rng.uniform((west, south), (east, north), (7, 2)))


@cache
def demo() -> RoadEngine:
    return RoadEngine(build_file(LIECHTENSTEIN, "LI")[0])


@settings(max_examples=8, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1))
def test_so_they_are_on_a_real_extract(seed: int) -> None:
    engine, rng = demo(), np.random.default_rng(seed)
    places = engine.graph.shape_lonlats[rng.integers(len(engine.graph.shape_lonlats), size=60)]
    check(engine, rng, 0.3, places)
