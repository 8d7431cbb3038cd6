"""One area with our engine over it, the peers, and the places that all of them are asked about."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.adapters.graph_files import open_graph, write_graph
from geo_dispatch.adapters.hierarchy_files import (
    open_metric,
    open_topology,
    write_metric,
    write_topology,
)
from geo_dispatch.adapters.osm import read_extract
from geo_dispatch.adapters.profiles import CAR, profile_text, read_profile
from geo_dispatch.config import GRAPH_FILE, HIERARCHY_FILE, METRIC_FILE
from geo_dispatch.roads.build import build_graph
from geo_dispatch.roads.engine import RoadEngine
from geo_dispatch.roads.extract import Extract
from geo_dispatch.roads.graph import GraphInfo
from geo_dispatch.roads.profile import Profile
from tests.bench.road_peers.csgraph import Csgraph
from tests.bench.road_peers.osrm import Osrm, OsrmData
from tests.bench.road_peers.pandana import Pandana
from tests.bench.road_peers.routingkit import RoutingKit
from tests.bench.road_peers.valhalla import Valhalla

NOISE_DEG = 3e-4
"""How far from the streets places are, more or less: 30 m."""


@dataclass
class Case:
    """An area.

    Attributes
    ----------
    extract, country
        OSM file, and whose speed limits hold there.
    folder
        For files that ours and the peers make of it.
    runs
        How often each call is timed.
    """

    extract: Path
    country: str
    folder: Path
    runs: int

    @property
    def name(self) -> str:
        """Of the area, by its file."""
        return self.extract.name.split(".", maxsplit=1)[0]

    def build(self) -> None:
        """Make our files: graph, hierarchy and metric, as `geo-dispatch roads build` does."""
        profile = read_profile(profile_text(CAR, self.folder), CAR)
        self.write(read_extract(self.extract, profile.wanted), profile)

    def write(self, extract: Extract, profile: Profile) -> None:
        """The files of an extract that was read."""
        info = GraphInfo(self.name, self.extract.name, "", CAR, self.country, "", "", ())
        graph, _ = build_graph(extract, profile, info)
        write_graph(self.folder / GRAPH_FILE, graph)
        engine = RoadEngine(open_graph(self.folder / GRAPH_FILE))
        write_topology(self.folder / HIERARCHY_FILE, engine.topology, engine.graph)
        write_metric(self.folder / METRIC_FILE, engine.metric, engine.topology, version=1)

    def opened(self) -> RoadEngine:
        """Ours, on one thread, over the files."""
        graph = open_graph(self.folder / GRAPH_FILE)
        topology = open_topology(self.folder / HIERARCHY_FILE, graph)
        _, metric = open_metric(self.folder / METRIC_FILE, topology)
        engine = RoadEngine(graph, topology, metric)
        engine.prepare()
        return engine

    @cached_property
    def engine(self) -> RoadEngine:
        """Ours, built anew."""
        self.build()
        return self.opened()

    def fresh(self, threads: int = 1) -> RoadEngine:
        """Ours, ready for questions, without the labels of what was asked before."""
        opened = self.engine
        engine = RoadEngine(opened.graph, opened.topology, opened.metric, threads=threads)
        one = engine.snap(opened.graph.shape_lonlats[:1])
        engine.matrix(one, one)  # by a sweep, which makes no labels
        return engine

    def places(self, n: int, seed: int) -> NDArray[np.float64]:
        """(n, 2) random places near streets for trips; six digits are all that OSRM looks at."""
        rng = np.random.default_rng(seed)
        graph = self.engine.graph
        shapes = graph.shape_lonlats[np.repeat(graph.snappable, np.diff(graph.shape_start))]
        at = shapes[rng.choice(len(shapes), n)] + rng.normal(0.0, NOISE_DEG, (n, 2))
        return np.round(at, 6)

    @cached_property
    def osrm_data(self) -> OsrmData:
        """What OSRM makes of the extract, made once for a folder."""
        return OsrmData(self.extract, self.folder / "osrm")

    @cached_property
    def osrm_ch(self) -> Osrm | None:
        """OSRM with contraction hierarchies."""
        return Osrm.opened(self.osrm_data, "CH")

    @cached_property
    def osrm_mld(self) -> Osrm | None:
        """OSRM with multi-level Dijkstra."""
        return Osrm.opened(self.osrm_data, "MLD")

    @cached_property
    def routingkit(self) -> RoutingKit | None:
        """routingkit-cch over our turn-expanded graph."""
        return RoutingKit.opened(self.engine.graph)

    @cached_property
    def pandana(self) -> Pandana | None:
        """Pandana over our junctions, without turns."""
        return Pandana.opened(self.engine.graph)

    @cached_property
    def valhalla(self) -> Valhalla | None:
        """Valhalla over the extract."""
        return Valhalla.opened(self.extract, self.folder / "valhalla")

    @cached_property
    def csgraph(self) -> Csgraph:
        """scipy's Dijkstra over our turn-expanded graph."""
        return Csgraph(self.engine.graph)
