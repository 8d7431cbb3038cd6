"""Valhalla through pyvalhalla, with its own tiles and settings of the same extract."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tests.bench.road_peers import peer_module


class Valhalla:
    """An actor over tiles, which are made once for a folder."""

    def __init__(self, valhalla: Any, extract: Path, folder: Path) -> None:
        tiles, told = folder / "tiles", folder / "built.json"
        tiles.mkdir(parents=True, exist_ok=True)
        config = valhalla.get_config(tile_dir=str(tiles), tile_extract="")
        for part in config.values():
            part.get("logging", {})["type"] = ""
        if not told.is_file():
            asked = folder / "asked.json"
            asked.write_text(json.dumps(config), "utf-8")
            program = Path(valhalla.__file__).parent / "bin/valhalla_build_tiles"
            subprocess.run(
                [program, "-j", "1", "-c", asked, extract], check=True, capture_output=True
            )
            asked.replace(told)
        self._actor = valhalla.Actor(config)

    @classmethod
    def opened(cls, extract: Path, folder: Path) -> Self | None:
        """Valhalla, where pyvalhalla is installed."""
        valhalla = peer_module("valhalla", "pyvalhalla")
        try:
            return None if valhalla is None else cls(valhalla, extract, folder)
        except subprocess.CalledProcessError as error:
            said = error.stderr.decode(errors="replace").strip().splitlines()[-1:]
            sys.stdout.write(f"Valhalla can't read {extract.name}: left out {said}\n")
            return None

    def table(
        self, sources: NDArray[np.float64], targets: NDArray[np.float64]
    ) -> Callable[[], object]:
        """A call for the matrix of (n, 2) and (m, 2) places."""
        asked = {"sources": _places(sources), "targets": _places(targets), "costing": "auto"}
        return partial(self._actor.matrix, asked)

    def route(self, ends: NDArray[np.float64]) -> Callable[[], object]:
        """A call for the way between (2, 2) places."""
        asked = {"locations": _places(ends), "costing": "auto", "directions_type": "none"}
        return partial(self._actor.route, asked)


def _places(lonlats: NDArray[np.float64]) -> list[dict[str, float]]:
    return [{"lon": lon, "lat": lat} for lon, lat in lonlats.tolist()]
