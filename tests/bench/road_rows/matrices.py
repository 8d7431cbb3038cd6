"""Drive times between many places: ours with labels made anew for each run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.kernel.units import UNREACHABLE_MS
from geo_dispatch.roads.engine import RoadEngine
from geo_dispatch.roads.snapping import Snaps
from tests.bench.road_peers.osrm import Osrm
from tests.bench.road_rows.case import Case
from tests.bench.road_rows.clock import Ready, interleaved
from tests.bench.road_rows.row import Reach, Row, ratio

REACHES: Final = {
    (1000, 1000): ratio(0.075),
    (100, 1000): ratio(0.08),
    (50, 50): ratio(0.3),
    (1, 5000): ratio(0.05),
    (5000, 1): None,
}
SLOW_PEERS: Final = ((50, 50), (100, 1000))
"""Shapes for peers that would take minutes for more."""

VALHALLA_CELLS: Final = 2500
"""Its own limit, unless it is told otherwise."""

Places = NDArray[np.float64]


def against_osrm(case: Case) -> Iterator[Row]:
    """Snapping included on both sides, to our array and to OSRM's own result."""
    for (n, m), reach in REACHES.items():
        ends = case.places(n, 2), case.places(m, 3)
        calls = {"ours": ours(case, *ends)}
        for name, peer in (("OSRM-CH", case.osrm_ch), ("OSRM-MLD", case.osrm_mld)):
            if peer is not None:
                calls[name] = partial(peer.table, *ends)
        if (n, m) == (1000, 1000) and case.osrm_ch is not None:
            calls["OSRM-CH, array"] = partial(case.osrm_ch.array, *ends)
        if n * m <= VALHALLA_CELLS and case.valhalla is not None:
            calls["Valhalla"] = partial(case.valhalla.table, *ends)
        yield from compared(case, f"{n}x{m}", calls, {"OSRM-CH": reach})


def known_before(case: Case) -> Iterator[Row]:
    """The same question again: ours still has the labels."""
    ends = case.places(1000, 2), case.places(1000, 3)
    calls: dict[str, Ready] = {"ours": lambda: partial(_matrix, case.engine, *ends)}
    if case.osrm_ch is not None:
        calls["OSRM-CH"] = partial(case.osrm_ch.table, *ends)
    yield from compared(case, "1000x1000, asked before", calls, {})


def snapped_before(case: Case) -> Iterator[Row]:
    """From places on streets; OSRM snaps in each call, the others do not."""
    for n, m in SLOW_PEERS:
        ends = case.engine.snap(case.places(n, 2)), case.engine.snap(case.places(m, 3))
        yield from compared(case, f"{n}x{m}, snapped before", _snapped(case, *ends), {})
    n, m = 1, 5000
    places = case.places(n, 2), case.places(m, 3)
    source, targets = map(case.engine.snap, places)
    calls = _snapped(case, source, targets)
    if case.osrm_ch is not None:
        calls["OSRM-CH"] = partial(case.osrm_ch.table, *places)
    kit = case.routingkit
    if kit is not None:
        kit.must_agree(source, targets, case.engine.matrix(source, targets)[0])
        calls["routingkit-cch"] = partial(kit.pinned_row, source, targets)
    reaches = {"OSRM-CH": ratio(0.02), "routingkit-cch": ratio(0.6)}
    yield from compared(case, f"{n}x{m}, snapped before", calls, reaches)
    if kit is not None:
        calls = {"ours": calls["ours"], "routingkit-cch": partial(kit.row, source)}
        yield from compared(case, f"{n}x{m}, theirs pinned before too", calls, {})


def _snapped(case: Case, sources: Snaps, targets: Snaps) -> dict[str, Ready]:
    """Ours, and those that are fed with our graph."""
    calls: dict[str, Ready] = {
        "ours": lambda: partial(case.fresh().matrix, sources, targets),
        "csgraph": partial(case.csgraph.table, sources, targets),
    }
    if case.pandana is not None:
        calls["Pandana"] = partial(case.pandana.table, sources, targets)
    return calls


def large(case: Case) -> Iterator[Row]:
    """25 million pairs."""
    ends = case.places(5000, 2), case.places(5000, 3)
    taken = interleaved({"ours": ours(case, *ends)}, case.runs)
    yield Row("5000x5000", "s", taken["ours"], reach=Reach(most=0.5))


def threads(case: Case) -> Iterator[Row]:
    """By the clock on the wall, so that both cores must be free."""
    ends = case.places(2000, 2), case.places(2000, 3)
    sources, targets = map(case.engine.snap, ends)
    calls: dict[str, Ready] = {str(n): ours(case, *ends, threads=n) for n in (1, 2)}
    for n in (1, 2):
        known = partial(case.fresh(n).matrix, sources, targets)
        calls[f"{n} known"] = lambda known=known: known
    taken = interleaved(calls, case.runs, time.perf_counter)
    for measure, name in (("2000x2000", ""), ("2000x2000, snapped and asked before", " known")):
        one, two = taken[f"1{name}"], taken[f"2{name}"]
        yield Row(f"{measure}, one thread", "ms", one * 1000)
        yield Row(f"{measure}, two threads", "ms", two * 1000)
        yield Row(f"{measure}, one thread to two", "times", one / two, reach=Reach(least=1.4))


def agreement(case: Case) -> Iterator[Row]:
    """Middles of random streets, drawn as often as calls are timed; pairs of a minute and more.

    Each engine snaps by itself. One draw moves the 95th percentile by half a per cent.
    """
    if case.osrm_ch is None:
        return
    ratios = np.concatenate([_ratios(case, case.osrm_ch, 20 + draw) for draw in range(case.runs)])
    for share, reach in {5: Reach(least=0.94), 50: Reach(0.98, 1.02), 95: Reach(most=1.06)}.items():
        figure = float(np.percentile(ratios, share))
        yield Row(f"500x500, ours to OSRM, {share}th percentile", "times", figure, reach=reach)


def _ratios(case: Case, osrm: Osrm, seed: int) -> NDArray[np.float64]:
    graph, rng, n = case.engine.graph, np.random.default_rng(seed), 500
    streets = rng.choice(np.flatnonzero(graph.snappable), 2 * n, replace=False)
    places = np.array([graph.shape_of(street).mean(axis=0) for street in streets]).round(6)
    ours_ms = _matrix(case.engine, places[:n], places[n:])
    theirs_s = osrm.array(places[:n], places[n:])()
    judged = (ours_ms < UNREACHABLE_MS) & (theirs_s >= 60)
    ratios: NDArray[np.float64] = ours_ms[judged] / 1000 / theirs_s[judged]
    return ratios


def exact(case: Case) -> Iterator[Row]:
    """To the millisecond, against the plain search."""
    sources, targets = (case.engine.snap(case.places(448, seed)) for seed in (6, 7))
    wrong = case.engine.matrix(sources, targets) != case.csgraph.table(sources, targets)()
    measure = f"of {wrong.size} pairs, other than plain search"
    yield Row(measure, "pairs", float(wrong.sum()), reach=Reach(most=0))


def ours(case: Case, sources: Places, targets: Places, threads: int = 1) -> Ready:
    """Snapping included, with no labels of before."""
    return lambda: partial(_matrix, case.fresh(threads), sources, targets)


def compared(
    case: Case, measure: str, calls: dict[str, Ready], reaches: dict[str, Reach | None]
) -> Iterator[Row]:
    """A row for each peer, milliseconds; one of ours alone where there is none."""
    taken = interleaved(calls, case.runs)
    ours_ms = taken.pop("ours") * 1000
    if not taken:
        yield Row(measure, "ms", ours_ms)
    for name, seconds in taken.items():
        yield Row(measure, "ms", ours_ms, name, seconds * 1000, reaches.get(name))


def _matrix(engine: RoadEngine, sources: Places, targets: Places) -> NDArray[np.int32]:
    return engine.matrix(engine.snap(sources), engine.snap(targets))
