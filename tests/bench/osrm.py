"""OSRM's own server as a peer, on a graph that its tools made of the same extract.

osrm-extract -p car.lua porto.osm.pbf && osrm-partition porto.osrm && osrm-customize porto.osrm
"""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path
from typing import Self

import httpx
import numpy as np

from tests.support.plain_http import NO_TLS
from tests.support.waiting import until

_TICKS = os.sysconf("SC_CLK_TCK")


class Osrm:
    """``osrm-routed`` on a port of its own, for the time of a block."""

    def __init__(self, program: Path, data: Path) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
        command = [program, "--algorithm", "mld", "--ip", "127.0.0.1", "--port", str(port)]
        self._process = subprocess.Popen(
            [
                *(*command, "--threads", "1", "--max-table-size", "1000"),
                *("--max-matching-size", "10000", data),
            ],
            stdout=subprocess.DEVNULL,
        )
        self._http = httpx.Client(
            base_url=f"http://127.0.0.1:{port}", trust_env=False, verify=NO_TLS, timeout=30.0
        )
        until(self._answers, 60.0, "OSRM")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._http.close()
        self._process.terminate()
        self._process.wait(timeout=10)

    def match(self, lonlats: np.ndarray, times_s: np.ndarray, sigma_m: float) -> list[np.ndarray]:
        """The lines that it finds."""
        places = ";".join(f"{lon:.6f},{lat:.6f}" for lon, lat in lonlats.tolist())
        asked = {
            "geometries": "geojson",
            "overview": "full",
            "timestamps": ";".join(str(round(at_s)) for at_s in times_s.tolist()),
            "radiuses": ";".join([f"{sigma_m:g}"] * len(lonlats)),
        }
        body = self._http.get(f"/match/v1/driving/{places}", params=asked).json()
        return [np.array(one["geometry"]["coordinates"]) for one in body.get("matchings", [])]

    def cpu_s(self) -> float:
        """CPU time of the server so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text("ascii").rpartition(")")[2]
        user, system = fields.split()[11:13]
        return (int(user) + int(system)) / _TICKS

    def _answers(self) -> bool:
        try:
            return self._http.get("/nearest/v1/driving/-8.6,41.15").is_success
        except httpx.HTTPError:
            return False
