"""Processes of their own that only answer: what they hold, and how soon they answer."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.bench.road_rows.case import Case
from tests.bench.road_rows.row import Reach, Row, ratio

PLACES = 10_000


def memory_and_start(case: Case) -> Iterator[Row]:
    """Ours over its compiled files, started for the second time; OSRM's over its own."""
    case.engine  # noqa: B018 - its files
    ours = _told("tests.bench.road_process", str(case.folder))
    theirs: dict[str, Any] = {}
    if case.osrm_ch is not None:
        places = case.folder / "places.npy"
        np.save(places, case.places(PLACES, 10))
        base = case.osrm_data.of("CH")
        theirs = _told("tests.bench.road_peers.osrm_process", str(base), str(places))
    for clock in ("cpu", "wall"):
        key = f"first answer {clock} s"
        measure = f"second start to 1000x1000, {clock}"
        yield Row(measure, "s", ours[key], "OSRM-CH", theirs.get(key), Reach(most=2.5))
    own = ours["memory after 5000x1"]
    for said, after, key in (
        ("memory after matrices", "matrices", "rss"),
        ("memory at most, matrices", "matrices", "peak"),
        ("memory at most, theirs as an array too", "an array", "peak"),
    ):
        peer = theirs.get(f"memory after {after}", {}).get(key)
        yield Row(said, "MB", own[key], "OSRM-CH", peer, ratio(1.2))
    yield Row("memory after 5000x5000 and routes too", "MB", ours["memory after routes"]["rss"])


def _told(module: str, *arguments: str) -> dict[str, Any]:
    """The JSON that a program prints in the end."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told
