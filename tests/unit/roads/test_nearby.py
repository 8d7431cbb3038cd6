from __future__ import annotations

import numpy as np
import pytest

from geo_dispatch.roads.graph import FORBIDDEN_MS
from geo_dispatch.roads.nearby import Limits, Row, scratch_for, streets_of, ways_between
from tests.support.ascii_map import build_file
from tests.support.extract import LIECHTENSTEIN
from tests.support.plain_matching import plain_way

ANY = Limits(0.0, np.inf, np.inf)


def ways(graph, sources, targets, limits=ANY):
    rows = [
        Row(np.array([v for v, _ in row], np.int32), np.array([s for _, s in row], np.float64))
        for row in (sources, targets)
    ]
    return ways_between(streets_of(graph), scratch_for(graph), *rows, limits)


def test_times_and_lengths_are_those_of_a_plain_search() -> None:
    graph, _ = build_file(LIECHTENSTEIN, "LI")
    rng = np.random.default_rng(3)
    driven = np.flatnonzero((graph.drive_ms < FORBIDDEN_MS) & graph.snappable.repeat(2))
    at = rng.choice(driven, 1)[0]
    near = driven[np.argsort(np.abs(driven - at))][:40]
    spots = [(int(vertex), float(rng.uniform())) for vertex in rng.choice(near, 8)]
    for limits in (Limits(10.0, 60_000.0, 900.0), Limits(0.0, 200_000.0, 4000.0)):
        ms, metres = ways(graph, spots, spots, limits)
        for i, source in enumerate(spots):
            for j, target in enumerate(spots):
                expected = plain_way(graph, source, target, limits)
                assert (ms[i, j], metres[i, j]) == pytest.approx(expected)
        assert np.isfinite(ms).sum() > len(spots)


def test_a_spot_behind_on_a_one_way_street_is_driven_round_to(town) -> None:
    streets = town("A----B\n|    |\nC----D", ways={"AB": {"oneway": "yes"}})
    (street,) = (s for s in range(4) if streets.graph.name_of(s) == "AB")
    spots = [(2 * street, 0.2), (2 * street, 0.8)]
    _, metres = ways(streets.graph, spots, spots)
    assert metres == pytest.approx(np.array([[0, 60], [340, 0]]), abs=0.1)


def test_a_spot_a_little_behind_counts_as_where_one_is(town) -> None:
    streets = town("A----B")
    _, metres = ways(streets.graph, [(0, 0.5)], [(0, 0.45), (0, 0.3)], Limits(10.0, 1e9, 1e9))
    assert metres[0, 0] == 0
    assert metres[0, 1] == pytest.approx(180, abs=0.1)


def test_ways_beyond_the_limits_are_none(town) -> None:
    streets = town("A----B----C----D")
    spots = [(0, 0.5)], [(4, 0.5)]
    assert ways(streets.graph, *spots, Limits(0.0, 1e9, 210.0))[1] == pytest.approx(200, abs=0.1)
    assert np.isinf(ways(streets.graph, *spots, Limits(0.0, 1e9, 190.0))[1]).all()
    assert np.isinf(ways(streets.graph, *spots, Limits(0.0, 1000.0, 1e9))[0]).all()


def test_restrictions_over_ways_hold(town) -> None:
    streets = town(
        "A----B----C\n     |    |\nD----E----F", restrictions=[("no_u_turn", "AB", "BE", "DE")]
    )
    named = {streets.graph.name_of(s): 2 * s for s in range(streets.graph.n_streets)}
    _, metres = ways(
        streets.graph,
        [(named["AB"], 0.5), (named["BE"], 0.5)],
        [(named["BE"], 0.5), (named["DE"] + 1, 0.5)],
    )
    assert metres == pytest.approx(np.array([[100, 400], [0, 100]]), abs=0.1)


def test_no_spot_has_no_ways(town) -> None:
    streets = town("A----B----C")
    ms, _ = ways(streets.graph, [(-1, 0.0), (0, 0.5)], [(-1, 0.0), (2, 0.5)])
    assert np.isfinite(ms).tolist() == [[False, False], [False, True]]
