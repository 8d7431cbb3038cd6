"""Single questions: the nearest street, and a way with all its points."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from geo_dispatch.kernel.geo import LonLat
from tests.bench.road_rows.case import Case
from tests.bench.road_rows.clock import Call, Ready, interleaved
from tests.bench.road_rows.row import Row, ratio

ROUTES: Final = 200
VALHALLA_ROUTES: Final = 20
PLACES: Final = 1000


def route(case: Case) -> Iterator[Row]:
    """Snapping, points, times at each and streets by name; OSRM's and Valhalla's without steps."""
    pairs = case.places(2 * ROUTES, 4).reshape(-1, 2, 2)
    own = [(LonLat(*a), LonLat(*b)) for a, b in pairs.tolist()]
    engine = case.engine
    calls: dict[str, tuple[int, Call]] = {
        "ours": (ROUTES, repeated([partial(engine.route, *ends) for ends in own]))
    }
    for name, peer in (("OSRM-CH", case.osrm_ch), ("OSRM-MLD", case.osrm_mld)):
        if peer is not None:
            calls[name] = (ROUTES, repeated([peer.route(ends) for ends in pairs]))
    if case.valhalla is not None:
        few = [case.valhalla.route(ends) for ends in pairs[:VALHALLA_ROUTES]]
        calls["Valhalla"] = (VALHALLA_ROUTES, repeated(few))
    ready = {name: _always(call) for name, (_, call) in calls.items()}
    taken = interleaved(ready, case.runs)
    each_ms = {name: taken[name] * 1000 / n for name, (n, _) in calls.items()}
    ours_ms = each_ms.pop("ours")
    if not each_ms:
        yield Row("route, full geometry", "ms", ours_ms)
    for name, ms in each_ms.items():
        reach = ratio(0.5) if name == "OSRM-CH" else None
        yield Row("route, full geometry", "ms", ours_ms, name, ms, reach)


def snap(case: Case) -> Iterator[Row]:
    """A thousand places at once, which OSRM has no call for, and each alone."""
    places = case.places(PLACES, 5)
    engine = case.engine
    singles = [partial(engine.snap, places[i : i + 1]) for i in range(PLACES)]
    ready: dict[str, Ready] = {
        "at once": lambda: partial(engine.snap, places),
        "alone": _always(repeated(singles)),
    }
    if case.osrm_ch is not None:
        asked = [case.osrm_ch.nearest(places[i : i + 1]) for i in range(PLACES)]
        ready["OSRM-CH"] = _always(repeated(asked))
    taken = {name: s * 1e6 / PLACES for name, s in interleaved(ready, case.runs).items()}
    peer_us = taken.get("OSRM-CH")
    yield Row("snapping a place", "us", taken["at once"], "OSRM nearest", peer_us, ratio(0.1))
    yield Row("snapping a place, one a call", "us", taken["alone"], "OSRM nearest", peer_us)


def repeated(calls: list[Call]) -> Call:
    """All of them, one after the other."""

    def each() -> None:
        for call in calls:
            call()

    return each


def _always(call: Call) -> Ready:
    return lambda: call
