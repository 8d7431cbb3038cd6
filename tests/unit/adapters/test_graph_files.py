from __future__ import annotations

import struct
import time
from pathlib import Path

import numpy as np
import pytest

from geo_dispatch.adapters.graph_files import open_graph, read_info, write_graph
from geo_dispatch.kernel.errors import GraphUnavailable
from geo_dispatch.roads.engine import RoadEngine
from geo_dispatch.roads.graph import ARRAYS, RoadGraph, graph_faults
from tests.support.ascii_map import AsciiMap, build_map

REMEDY = "geo-dispatch roads build SOURCE --area vaduz"


@pytest.fixture
def graph(tmp_path: Path) -> RoadGraph:
    drawn = AsciiMap("A----B----C\n     |\n     D", ways={"AB": {"name": "Äulestraße"}})
    return build_map(drawn, tmp_path)[0]


@pytest.fixture
def path(graph: RoadGraph, tmp_path: Path) -> Path:
    path = tmp_path / "compiled" / "vaduz" / "roads.graph"
    write_graph(path, graph)
    return path


def test_what_is_written_is_what_is_opened(path: Path, graph: RoadGraph) -> None:
    opened = open_graph(path)
    assert opened.info == graph.info == read_info(path)
    for name, dtype in ARRAYS.items():
        mapped = getattr(opened, name)
        assert mapped.dtype == dtype
        assert np.array_equal(mapped, getattr(graph, name))
    assert graph_faults(opened) == []
    assert opened.name_of(0) == "Äulestraße"


def test_arrays_are_mapped_read_only_at_multiples_of_64_bytes(path: Path) -> None:
    opened = open_graph(path)
    for name in ARRAYS:
        array = getattr(opened, name)
        assert not array.flags.writeable
        assert not array.flags.owndata
        assert array.ctypes.data % 64 == 0


def test_a_mapped_graph_answers_as_the_built_one(path: Path, graph: RoadGraph) -> None:
    points = graph.shape_lonlats
    built, mapped = RoadEngine(graph), RoadEngine(open_graph(path))
    assert np.array_equal(
        built.matrix(built.snap(points), built.snap(points)),
        mapped.matrix(mapped.snap(points), mapped.snap(points)),
    )


def test_opening_takes_milliseconds(path: Path) -> None:
    open_graph(path)
    start = time.perf_counter()
    for _ in range(20):
        open_graph(path)
    assert (time.perf_counter() - start) / 20 < 0.02


def test_a_graph_in_use_can_be_replaced(path: Path, graph: RoadGraph) -> None:
    opened = open_graph(path)
    write_graph(path, graph)
    assert np.array_equal(opened.drive_ms, graph.drive_ms)
    assert [p.name for p in path.parent.iterdir()] == ["roads.graph"]


def test_a_failed_write_leaves_nothing_behind(path: Path, graph: RoadGraph) -> None:
    before = path.read_bytes()
    (path.parent / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        write_graph(path.parent / "folder", graph)
    assert sorted(p.name for p in path.parent.iterdir()) == ["folder", "roads.graph"]
    assert path.read_bytes() == before


def _cut(data: bytes) -> bytes:
    return data[:-100]


def _longer(data: bytes) -> bytes:
    return data + b"more"


def _head_only(data: bytes) -> bytes:
    return data[:40]


def _newer(data: bytes) -> bytes:
    return data[:8] + struct.pack("<I", 99) + data[12:]


def _other(_: bytes) -> bytes:
    return b"SQLite format 3\x00" + bytes(4000)


def _empty(_: bytes) -> bytes:
    return b""


def _scribbled(data: bytes) -> bytes:
    return data[:30] + b"\xff\xff" + data[32:]


def _without_an_array(data: bytes) -> bytes:
    return data.replace(b'"street_m"', b'"street_x"')


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (_cut, "was cut short"),
        (_longer, "instead of"),
        (_head_only, "damaged header"),
        (_newer, "is of format 99, and this program reads 3"),
        (_other, "is not a road graph"),
        (_empty, "it has 0 bytes"),
        (_scribbled, "damaged header"),
        (_without_an_array, "has no array 'street_m'"),
    ],
)
def test_what_is_no_graph_is_refused_with_the_command_that_builds_one(
    damage, what: str, path: Path
) -> None:
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(GraphUnavailable) as refused:
        open_graph(path)
    assert what in refused.value.message
    assert str(path) in refused.value.message
    assert REMEDY in refused.value.message


def test_a_missing_graph_is_refused_with_the_command_that_builds_one(tmp_path: Path) -> None:
    with pytest.raises(GraphUnavailable, match="No such file") as refused:
        open_graph(tmp_path / "vaduz" / "roads.graph")
    assert REMEDY in refused.value.message
