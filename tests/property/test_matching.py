"""Map matching against all sequences of spots, and what it promises on real roads."""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_dispatch.kernel.geo import haversines_m
from geo_dispatch.roads.engine import RoadEngine
from geo_dispatch.roads.graph import FORBIDDEN_MS, RoadGraph
from geo_dispatch.roads.likeliest import likeliest, likelihoods, transitions
from geo_dispatch.roads.matching import Match, Matcher, MatchingRule, _steps
from geo_dispatch.roads.nearby import scratch_for, streets_of
from geo_dispatch.roads.snapping import Snapper
from tests.property.test_drive_times import towns
from tests.support.ascii_map import AsciiMap, Town, build_file
from tests.support.drives import random_drive
from tests.support.extract import LIECHTENSTEIN
from tests.support.plain_matching import best_score, plain_score

SMALL = MatchingRule(streets=3, slack_s=200.0)


@pytest.fixture(scope="module")
def roads() -> RoadGraph:
    graph, _ = build_file(LIECHTENSTEIN, "LI")
    return graph


@settings(max_examples=40, deadline=None, derandomize=True)
@given(drawn=towns(), seed=st.integers(0, 2**32 - 1))
def test_no_sequence_of_spots_is_likelier_than_the_one_found(drawn: AsciiMap, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        town = Town(drawn, Path(folder))
    rng = np.random.default_rng(seed)
    west, south, east, north = town.engine.bounds
    start, end = rng.uniform((west, south), (east, north), (2, 2))
    lonlats = np.linspace(start, end, 4) + rng.normal(0, 0.0001, (4, 2))
    times_s, sigma_m = np.arange(4) * rng.uniform(5, 40), rng.uniform(5, 40, 4)
    matcher = Matcher(town.graph, Snapper(town.graph), SMALL)
    spots, _ = matcher._spots(lonlats, sigma_m)
    if (spots.vertex[:, 0] < 0).any():
        return
    steps = _steps(lonlats, times_s, sigma_m, SMALL)
    moves = transitions(streets_of(town.graph), scratch_for(town.graph), spots, steps, SMALL.late_s)
    chosen = tuple(likeliest(spots.log_likelihood, moves).tolist())
    found = plain_score(town.graph, spots, steps, SMALL.late_s, chosen)
    best = best_score(town.graph, spots, steps, SMALL.late_s)
    assert found == best or found == pytest.approx(best, rel=1e-9)
    if best > -np.inf:
        assert likelihoods(spots.log_likelihood, moves).sum(axis=1) == pytest.approx(1)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), every_s=st.sampled_from([2.0, 15.0, 60.0]))
def test_matched_ways_are_connected_legal_and_as_long_as_their_streets(
    roads: RoadGraph, seed: int, every_s: float
) -> None:
    engine = RoadEngine(roads)
    drive = random_drive(roads, seed, every_s=every_s, noise_m=12.0, least_m=800, most_m=6000)
    matched = _match(engine, drive.lonlats, drive.times_s, 12.0)
    fixes = [fix for piece in matched.pieces for fix in piece.fixes.tolist()]
    assert fixes == sorted(set(fixes))
    for piece in matched.pieces:
        vertices = np.array(piece.streets)
        assert (roads.drive_ms[vertices] < FORBIDDEN_MS).all()
        for tail, head in pairwise(piece.streets):
            turns = roads.arc_head[roads.arc_start[tail] : roads.arc_start[tail + 1]]
            assert head in turns
        line = piece.route.lonlats
        drawn_m = haversines_m(line[:-1], line[1:]).sum()
        assert piece.route.distance_m == pytest.approx(drawn_m, rel=1e-3, abs=0.1)
        assert piece.at_m[-1] == pytest.approx(piece.route.distance_m, abs=0.01)
        assert (np.diff(piece.at_m) >= 0).all()


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_a_dense_drive_without_noise_is_found_street_by_street(roads: RoadGraph, seed: int) -> None:
    drive = random_drive(roads, seed, every_s=1.0, noise_m=0.0, least_m=800, most_m=4000)
    matched = _match(RoadEngine(roads), drive.lonlats, drive.times_s, 3.0)
    driven_m = haversines_m(drive.line[:-1], drive.line[1:]).sum()
    assert matched.unmatched == ()
    assert matched.length_m == pytest.approx(driven_m, abs=2.0)
    inner = [vertex for vertex in drive.streets[1:-1] if roads.street_m[vertex >> 1] > 5.0]
    assert [v for v in matched.pieces[0].streets if v in inner] == inner


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), again=st.lists(st.integers(0, 30), max_size=10))
def test_fixes_that_come_again_change_nothing(
    roads: RoadGraph, seed: int, again: list[int]
) -> None:
    engine = RoadEngine(roads)
    drive = random_drive(roads, seed, least_m=800, most_m=4000)
    n = len(drive.times_s)
    rows = np.sort(np.concatenate([np.arange(n), [row for row in again if row < n]]).astype(int))
    once = _match(engine, drive.lonlats, drive.times_s, 8.0)
    more = _match(engine, drive.lonlats[rows], drive.times_s[rows], 8.0)
    assert [piece.streets for piece in more.pieces] == [piece.streets for piece in once.pieces]
    assert more.length_m == once.length_m


def _match(engine: RoadEngine, lonlats, times_s, sigma_m: float) -> Match:
    return engine.match(lonlats, times_s, np.full(len(times_s), sigma_m))
