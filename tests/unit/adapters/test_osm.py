from __future__ import annotations

import bz2
import gzip
import shutil
from pathlib import Path

import numpy as np
import osmium
import pytest

from geo_dispatch.adapters.osm import read_extract
from geo_dispatch.kernel.errors import InvalidFile
from tests.support.ascii_map import AsciiMap

WANTED = {"highway": ("residential", "primary"), "route": ("ferry",)}
TOWN = AsciiMap(
    "A----B----C\n     |\n     D",
    ways={"BC": {"highway": "footway"}, "AB": {"name": "Äule", "oneway": "yes"}},
    nodes={"B": {"highway": "traffic_signals"}, "D": {"name": "no matter"}},
    restrictions=[("no_right_turn", "AB", "B", "BD"), ("no_u_turn", "AB", "BD", "AB")],
)


def test_ways_nodes_and_restrictions_are_read(tmp_path: Path) -> None:
    extract = read_extract(TOWN.write(tmp_path / "a.osm"), WANTED)
    assert [tags["name"] for tags in extract.way_tags] == ["Äule", "BD"]
    assert extract.way_ids.tolist() == [TOWN.way_id("AB"), TOWN.way_id("BD")]
    assert extract.way_start.tolist() == [0, 2, 4]
    assert extract.way_nodes.tolist() == [TOWN.node_id(letter) for letter in "ABBD"]
    assert extract.node_ids.tolist() == sorted(TOWN.node_id(letter) for letter in "ABD")
    assert extract.node_lonlats[0] == pytest.approx(TOWN.place("A"), abs=1e-7)
    assert extract.node_tags == {TOWN.node_id("B"): {"highway": "traffic_signals"}}
    over_node, over_way = extract.restrictions
    assert over_node.via_node == TOWN.node_id("B")
    assert over_node.from_ways == (TOWN.way_id("AB"),)
    assert over_node.to_ways == (TOWN.way_id("BD"),)
    assert over_node.via_ways == ()
    assert over_way.via_node is None
    assert over_way.via_ways == (TOWN.way_id("BD"),)


@pytest.mark.parametrize("ending", ["osm.pbf", "osm", "osm.gz", "osm.bz2"])
def test_every_format_gives_the_same(ending: str, tmp_path: Path) -> None:
    plain = TOWN.write(tmp_path / "a.osm")
    path = tmp_path / f"b.{ending}"
    if ending == "osm.pbf":
        TOWN.write(path)
    elif ending == "osm.gz":
        path.write_bytes(gzip.compress(plain.read_bytes()))
    elif ending == "osm.bz2":
        path.write_bytes(bz2.compress(plain.read_bytes()))
    else:
        shutil.copy(plain, path)
    one, other = read_extract(plain, WANTED), read_extract(path, WANTED)
    assert one.way_tags == other.way_tags
    assert one.restrictions == other.restrictions
    assert np.array_equal(one.way_nodes, other.way_nodes)
    assert np.array_equal(one.node_lonlats, other.node_lonlats)


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    read_extract(TOWN.write(tmp_path / "a.osm"), WANTED, lambda *step: told.append(step))
    assert told[0] == ("ways", 0, 0)
    assert told[-1] == ("nodes", 3, 3)


def _garbage(path: Path) -> None:
    path.write_bytes(b"\x89PNG\r\n" + bytes(range(256)) * 20)


def _text(path: Path) -> None:
    path.write_text("<html><body>404 not found</body></html>")


def _cut(path: Path) -> None:
    whole = TOWN.write(path).read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])


def _nothing(path: Path) -> None:
    path.write_bytes(b"")


def _no_streets(path: Path) -> None:
    AsciiMap("A----B", ways={"AB": {"highway": "footway"}}).write(path)


def _no_objects(path: Path) -> None:
    osmium.SimpleWriter(str(path)).close()


def _missing(path: Path) -> None:
    assert not path.exists()


@pytest.mark.parametrize("ending", ["osm.pbf", "osm", "osm.gz", "osm.bz2"])
@pytest.mark.parametrize(
    "make", [_garbage, _text, _cut, _nothing, _no_streets, _no_objects, _missing]
)
def test_what_is_no_extract_is_refused_by_name_with_a_remedy(
    make, ending: str, tmp_path: Path
) -> None:
    path = tmp_path / f"bad.{ending}"
    make(path)
    with pytest.raises(InvalidFile) as refused:
        read_extract(path, WANTED)
    assert str(path) in refused.value.message
    assert "give an OSM extract" in refused.value.message
    assert len(refused.value.message.splitlines()) == 1


def _ends_of_blocks(whole: bytes) -> list[int]:
    """Where a .osm.pbf can be cut without any block in it being damaged."""
    ends, at = [], 0
    while at < len(whole):
        head = int.from_bytes(whole[at : at + 4], "big")
        told = whole[at + 4 : at + 4 + head]
        size, shift = 0, 0
        for byte in told[told.rindex(b"\x18") + 1 :]:  # field 3 of the BlobHeader, a varint
            size |= (byte & 0x7F) << shift
            shift += 7
        at += 4 + head + size
        ends.append(at)
    assert at == len(whole)
    return ends


def test_a_pbf_cut_between_its_blocks_is_refused_or_known_to_lack_its_relations(
    tmp_path: Path,
) -> None:
    path = TOWN.write(tmp_path / "cut.osm.pbf")
    whole = path.read_bytes()
    *inside, _ = _ends_of_blocks(whole)
    assert len(inside) == 3  # header, nodes, ways
    assert read_extract(path, WANTED).relations
    for end in inside[:-1]:
        path.write_bytes(whole[:end])
        with pytest.raises(InvalidFile, match="holds no way"):
            read_extract(path, WANTED)
    path.write_bytes(whole[: inside[-1]])
    assert not read_extract(path, WANTED).relations


@pytest.mark.parametrize("missing", [1, 3, 20, 60])
def test_a_pbf_cut_inside_of_a_block_is_refused(missing: int, tmp_path: Path) -> None:
    path = TOWN.write(tmp_path / "cut.osm.pbf")
    path.write_bytes(path.read_bytes()[:-missing])
    with pytest.raises(InvalidFile, match="cannot be read as OSM data"):
        read_extract(path, WANTED)


def test_a_file_of_another_kind_is_refused_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "roads.shp"
    path.write_bytes(b"anything")
    with pytest.raises(InvalidFile, match=r"ends in none of \.osm\.pbf"):
        read_extract(path, WANTED)


def test_an_extract_without_its_nodes_is_refused(tmp_path: Path) -> None:
    path = AsciiMap("A----B").write(tmp_path / "a.osm")
    lines = path.read_text().splitlines()
    path.write_text("\n".join(line for line in lines if "<node" not in line))
    with pytest.raises(InvalidFile, match="none of the nodes that its ways name"):
        read_extract(path, WANTED)


def test_ids_below_zero_are_refused_with_what_to_do(tmp_path: Path) -> None:
    path = AsciiMap("A----B").write(tmp_path / "edited.osm")
    text = path.read_text().replace('id="', 'id="-').replace('ref="', 'ref="-')
    path.write_text(text)
    with pytest.raises(InvalidFile, match=r"ids are below zero.*renumber them"):
        read_extract(path, WANTED)
