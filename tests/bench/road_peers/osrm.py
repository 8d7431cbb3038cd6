"""OSRM through osrm-bindings, on what its own programs make of the extract with its car profile."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from tests.bench.road_peers import peer_module
from tests.bench.road_rows.clock import cpu_s

Call = Callable[[], object]

STEPS: Final = {"CH": ("contract",), "MLD": ("partition", "customize")}
"""What follows after extract."""

_LARGE: Final = 20_000
"""More places than any question has."""


class OsrmData:
    """The files of both algorithms, made once for a folder, and what each step took."""

    def __init__(self, extract: Path, folder: Path) -> None:
        self._extract = extract
        self._folder = folder

    def of(self, algorithm: str) -> Path:
        """The base name of an algorithm's files."""
        self.steps_s  # noqa: B018 - makes them
        return self._base(algorithm)

    @cached_property
    def steps_s(self) -> dict[str, float]:
        """CPU seconds of each step on one thread."""
        known = self._folder / "steps.json"
        if known.is_file():
            return json.loads(known.read_text("utf-8"))
        shutil.rmtree(self._folder, ignore_errors=True)
        base = self._base("CH")
        base.parent.mkdir(parents=True)
        source = base.with_suffix(".osm.pbf")
        source.symlink_to(self._extract.resolve())
        car = _package() / "share/profiles/car.lua"
        taken = {"extract": program_s("extract", "-p", str(car), str(source))}
        shutil.copytree(base.parent, self._base("MLD").parent, symlinks=True)
        for algorithm, steps in STEPS.items():
            for step in steps:
                taken[step] = program_s(step, str(self._base(algorithm)))
        known.write_text(json.dumps(taken), "utf-8")
        return taken

    def build_s(self, algorithm: str) -> float:
        """CPU seconds from the extract to the first question."""
        return sum(self.steps_s[step] for step in ("extract", *STEPS[algorithm]))

    def _base(self, algorithm: str) -> Path:
        return self._folder / algorithm.lower() / "area.osrm"


class Osrm:
    """One algorithm over its files, in this process."""

    def __init__(self, osrm: Any, base: Path, algorithm: str) -> None:
        self._osrm = osrm
        self._engine = osrm.OSRM(
            algorithm=algorithm,
            storage_config=str(base),
            use_shared_memory=False,
            max_locations_distance_table=_LARGE,
        )

    @classmethod
    def opened(cls, data: OsrmData, algorithm: str) -> Self | None:
        """OSRM over files that are made if need be, where osrm-bindings is installed."""
        osrm = peer_module("osrm", "osrm-bindings")
        return None if osrm is None else cls(osrm, data.of(algorithm), algorithm)

    @classmethod
    def of_files(cls, base: Path, algorithm: str) -> Self | None:
        """OSRM over files that are there, where osrm-bindings is installed."""
        osrm = peer_module("osrm", "osrm-bindings")
        return None if osrm is None else cls(osrm, base, algorithm)

    def table(self, sources: NDArray[np.float64], targets: NDArray[np.float64]) -> Call:
        """A call for the durations between (n, 2) and (m, 2) places."""
        n, m = len(sources), len(targets)
        asked = self._osrm.TableParameters(
            coordinates=_places(np.concatenate([sources, targets])),
            sources=list(range(n)),
            destinations=list(range(n, n + m)),
            annotations=["duration"],
        )
        return partial(self._engine.Table, asked)

    def array(self, sources: NDArray[np.float64], targets: NDArray[np.float64]) -> Call:
        """A call for the same as an array, seconds; nan where there is no way."""
        asked = self.table(sources, targets)
        return lambda: np.array([list(row) for row in asked()["durations"]], np.float64)

    def route(self, ends: NDArray[np.float64]) -> Call:
        """A call for the way between (2, 2) places with all its points."""
        asked = self._osrm.RouteParameters(
            coordinates=_places(ends), overview="full", geometries="geojson"
        )
        return partial(self._engine.Route, asked)

    def nearest(self, place: NDArray[np.float64]) -> Call:
        """A call for the nearest street of a (1, 2) place."""
        asked = self._osrm.NearestParameters(coordinates=_places(place))
        asked.number_of_results = 1
        return partial(self._engine.Nearest, asked)


def program_s(name: str, *arguments: str) -> float:
    """CPU seconds of one of OSRM's programs on one thread."""
    start = cpu_s()
    program = _package() / f"bin/osrm-{name}"
    subprocess.run([program, "-t", "1", *arguments], check=True, capture_output=True)
    return cpu_s() - start


def _package() -> Path:
    osrm = peer_module("osrm", "osrm-bindings")
    assert osrm is not None, "asked only where it is installed"
    return Path(str(osrm.__file__)).parent


def _places(lonlats: NDArray[np.float64]) -> list[tuple[float, float]]:
    return [(lon, lat) for lon, lat in lonlats.tolist()]
