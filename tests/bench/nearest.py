"""The nearest 10 of 100,000 technicians: our index in memory against GEOSEARCH of Redis.

    python -m tests.bench.nearest [TECHNICIANS [METROS]]

Technicians stand around the centres of 20 metros, questions are asked near them. Before each of
three rounds a thousand of them move; then both answer the same questions, one after the other. Ours
must name exactly those that trying everybody names. Redis is asked with a radius that grows until
it holds ten, over its unix socket. Times are per question, wall clock; quantiles are medians over
the rounds.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import numpy as np
import redis
from numpy.typing import NDArray

from geo_dispatch.adapters.redis_server import RedisServer
from geo_dispatch.kernel.cells import lonlat_to_cell
from geo_dispatch.kernel.geo import LonLat, haversines_m
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.tracking.nearest import PositionIndex
from geo_dispatch.tracking.positions import Position
from tests.bench.drive_times import say

COUNT: Final = 10
QUESTIONS: Final = 1000
ROUNDS: Final = 3
SPREAD_DEG: Final = np.array([0.24, 0.12])
_KEY: Final = "geo"
_GROWS: Final = 2.5
Lonlats = NDArray[np.float64]
Ask = Callable[[LonLat], list[int]]


def main(arguments: list[str]) -> None:
    technicians = int(arguments[0]) if arguments else 100_000
    metros = int(arguments[1]) if arguments[1:] else 20
    rng = np.random.default_rng(3)
    centres = np.column_stack([rng.uniform(5, 30, metros), rng.uniform(45, 60, metros)])
    lonlats = centres[rng.integers(0, metros, technicians)]
    lonlats = lonlats + rng.normal(0, 1, lonlats.shape) * SPREAD_DEG
    index = PositionIndex(position(number, place, 0) for number, place in enumerate(lonlats))
    with (
        tempfile.TemporaryDirectory(prefix="gd-") as folder,
        RedisServer(Path(folder)) as server,
        closing(redis.Redis.from_url(server.url)) as client,
    ):
        with client.pipeline(transaction=False) as together:
            for number, (lon, lat) in enumerate(lonlats.tolist()):
                together.geoadd(_KEY, (lon, lat, str(number)))
            together.execute()
        asks = {"ours": ours_of(index), "peer": peer_of(client)}
        took_s: list[dict[str, list[float]]] = []
        exact = dict.fromkeys(asks, 0)
        for turn in range(1, ROUNDS + 1):
            moved = rng.choice(technicians, QUESTIONS, replace=False).tolist()
            for number in moved:
                lonlats[number] += rng.normal(0, 0.05, 2) * SPREAD_DEG
                index.update(position(number, lonlats[number], turn))
                client.geoadd(_KEY, (*lonlats[number].tolist(), str(number)))
            near = lonlats[moved] + rng.normal(0, 0.1, (QUESTIONS, 2)) * SPREAD_DEG
            places = [LonLat(lon, lat) for lon, lat in near.tolist()]
            truths = [by_trying_everybody(lonlats, place) for place in places]
            took_s.append({})
            for name, ask in asks.items():
                answers, took_s[-1][name] = timed(ask, places)
                exact[name] += sum(map(list.__eq__, answers, truths))
    for name, count in exact.items():
        say(f"{name}: exact {count} of {ROUNDS * QUESTIONS}")
    measures = {}
    for share in (50, 95, 99):
        ms = {name: quantile_ms([one[name] for one in took_s], share) for name in asks}
        say(f"p{share}: ours {ms['ours']:.3f} ms, GEOSEARCH {ms['peer']:.3f} ms")
        measures[f"nearest {COUNT} of {technicians} p{share}"] = {
            **ms,
            "ratio": ms["ours"] / ms["peer"],
            "unit": "ms",
        }
    if exact["ours"] != ROUNDS * QUESTIONS:
        raise SystemExit("ours is not exact")
    say(json.dumps(measures))


def ours_of(index: PositionIndex) -> Ask:
    def ask(place: LonLat) -> list[int]:
        return [int(one.technician_id) for one, _ in index.nearest(place, COUNT)]

    return ask


def peer_of(client: Any) -> Ask:
    def ask(place: LonLat) -> list[int]:
        radius_km = 2.0
        while True:
            found = client.geosearch(
                _KEY,
                longitude=place.lon,
                latitude=place.lat,
                radius=radius_km,
                unit="km",
                sort="ASC",
                count=COUNT,
                withdist=True,
            )
            if len(found) >= COUNT:
                return [int(name) for name, _ in found]
            radius_km *= _GROWS

    return ask


def timed(ask: Ask, places: Sequence[LonLat]) -> tuple[list[list[int]], list[float]]:
    answers, took_s = [], []
    for place in places:
        began = time.perf_counter()
        answers.append(ask(place))
        took_s.append(time.perf_counter() - began)
    return answers, took_s


def by_trying_everybody(lonlats: Lonlats, place: LonLat) -> list[int]:
    away_m = haversines_m(lonlats, np.array(place))
    nearest = np.argpartition(away_m, COUNT)[:COUNT]
    found: list[int] = nearest[np.argsort(away_m[nearest])].tolist()
    return found


def quantile_ms(rounds: list[list[float]], share: int) -> float:
    return 1000 * statistics.median(float(np.percentile(one, share)) for one in rounds)


def position(number: int, lonlat: Lonlats, at_ms: int) -> Position:
    place = LonLat(float(lonlat[0]), float(lonlat[1]))
    return Position(TechnicianId(str(number)), at_ms, place, lonlat_to_cell(place))


if __name__ == "__main__":
    main(sys.argv[1:])
