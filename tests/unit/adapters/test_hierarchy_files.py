from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geo_dispatch.adapters.hierarchy_files import (
    metric_version,
    open_metric,
    open_topology,
    write_metric,
    write_topology,
)
from geo_dispatch.kernel.errors import GraphUnavailable
from geo_dispatch.roads.engine import RoadEngine
from geo_dispatch.roads.hierarchy.customisation import arc_weights, customised
from geo_dispatch.roads.hierarchy.topology import TOPOLOGY_ARRAYS, build_topology
from tests.support.ascii_map import AsciiMap, build_map

GRID = "A----B----C\n|    |    |\nD----E----F"


@pytest.fixture
def engine(tmp_path: Path) -> RoadEngine:
    return RoadEngine(build_map(AsciiMap(GRID), tmp_path)[0])


@pytest.fixture
def folder(tmp_path: Path, engine: RoadEngine) -> Path:
    folder = tmp_path / "vaduz"
    write_topology(folder / "roads.hierarchy", engine.topology, engine.graph)
    write_metric(folder / "roads.metric", engine.metric, engine.topology, version=1)
    return folder


def test_what_is_written_is_what_is_opened(folder: Path, engine: RoadEngine) -> None:
    topology = open_topology(folder / "roads.hierarchy", engine.graph)
    for name in TOPOLOGY_ARRAYS:
        assert np.array_equal(getattr(topology, name), getattr(engine.topology, name))
        assert not getattr(topology, name).flags.writeable
    version, metric = open_metric(folder / "roads.metric", topology)
    assert version == metric_version(folder / "roads.metric") == 1
    for mine, theirs in ((metric.up, engine.metric.up), (metric.down, engine.metric.down)):
        assert all(np.array_equal(a, b) for a, b in zip(mine, theirs, strict=True))


def test_mapped_files_answer_as_what_was_built(folder: Path, engine: RoadEngine) -> None:
    topology = open_topology(folder / "roads.hierarchy", engine.graph)
    _, metric = open_metric(folder / "roads.metric", topology)
    mapped = RoadEngine(engine.graph, topology, metric)
    snaps = engine.snap(engine.graph.shape_lonlats)
    assert np.array_equal(mapped.matrix(snaps, snaps), engine.matrix(snaps, snaps))


def test_a_metric_is_exchanged_while_readers_go_on(folder: Path, engine: RoadEngine) -> None:
    path, topology = folder / "roads.metric", engine.topology
    _, before = open_metric(path, topology)
    slower = customised(topology, (2 * engine.metric.weights).astype(np.int32))
    write_metric(path, slower, topology, version=2)
    assert metric_version(path) == 2
    assert np.array_equal(before.up.ms, engine.metric.up.ms)
    _, after = open_metric(path, topology)
    assert np.array_equal(after.up.ms, 2 * engine.metric.up.ms)


def test_a_hierarchy_of_another_graph_is_refused(folder: Path, tmp_path: Path) -> None:
    other = RoadEngine(build_map(AsciiMap("A----B----C"), tmp_path)[0])
    with pytest.raises(GraphUnavailable, match="another graph"):
        open_topology(folder / "roads.hierarchy", other.graph)
    with pytest.raises(GraphUnavailable, match="another hierarchy"):
        open_metric(folder / "roads.metric", other.topology)


def test_a_metric_of_another_order_of_the_same_streets_is_refused(
    folder: Path, engine: RoadEngine
) -> None:
    graph = engine.graph
    turned = build_topology(replace(graph, node_lonlats=graph.node_lonlats[[3, 0, 5, 1, 4, 2]]))
    assert turned.n == engine.topology.n
    assert not np.array_equal(turned.place, engine.topology.place)
    with pytest.raises(GraphUnavailable, match="another hierarchy"):
        open_metric(folder / "roads.metric", turned, arc_weights(graph))


def test_a_metric_of_other_drive_times_on_the_same_streets_is_refused(
    folder: Path, engine: RoadEngine
) -> None:
    path, weights = folder / "roads.metric", arc_weights(engine.graph)
    open_metric(path, engine.topology, weights)
    with pytest.raises(GraphUnavailable, match="other drive times than the graph beside it"):
        open_metric(path, engine.topology, weights + 1)


def test_the_hierarchy_of_an_older_build_of_the_graph_is_refused(
    folder: Path, engine: RoadEngine
) -> None:
    newer = replace(engine.graph, info=replace(engine.graph.info, recipe_sha256="changed"))
    with pytest.raises(GraphUnavailable, match="an older build of it") as caught:
        open_topology(folder / "roads.hierarchy", newer)
    assert "geo-dispatch roads build SOURCE --area vaduz" in caught.value.message


def test_a_file_that_is_none_says_so_and_how_to_mend_it(folder: Path, engine: RoadEngine) -> None:
    remedy = "geo-dispatch roads build SOURCE --area vaduz"
    with pytest.raises(GraphUnavailable, match="is not a road metric") as caught:
        open_metric(folder / "roads.hierarchy", engine.topology)
    assert remedy in caught.value.message
    path = folder / "roads.hierarchy"
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(GraphUnavailable, match="cut short"):
        open_topology(path, engine.graph)
    with pytest.raises(GraphUnavailable, match="cannot be opened"):
        open_topology(folder / "none", engine.graph)
