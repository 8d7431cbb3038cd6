"""``--place``: OSMnx asks Nominatim and Overpass, here a stand-in on loopback."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import osmnx as ox
import pytest
import shapely
from typer.testing import CliRunner

from geo_dispatch.adapters.graph_files import open_graph
from geo_dispatch.adapters.osm import read_extract
from geo_dispatch.cli import app
from geo_dispatch.kernel.errors import NotFound, Unavailable
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.roads.engine import RoadEngine
from geo_dispatch.services.areas import roads
from tests.support.ascii_map import AsciiMap, build_file
from tests.support.overpass import StandIn, serving

REPOSITORY = Path(__file__).parents[2]
SAMPLE = REPOSITORY / "road_graphs" / "liechtenstein" / "liechtenstein-2013-08-03.osm.pbf"
VADUZ = "Vaduz, Liechtenstein"
OUTLINE = shapely.box(9.505, 47.125, 9.535, 47.155)
TOWN = AsciiMap(
    "A----B----C----D----E----F\n     |    |         |\n     G----H         J",
    ways={
        "BCHGB": {"junction": "roundabout"},
        "CD": {"oneway": "-1"},
        "DE": {"highway": "motorway"},
        "EF": {"name": "Käserei & Söhne <1>"},
    },
    nodes={"B": {"barrier": "gate"}},
)
AROUND_TOWN = shapely.box(9.4, 46.9, 9.6, 47.1)


@pytest.fixture
def sample() -> Iterator[StandIn]:
    with serving(SAMPLE, {VADUZ: OUTLINE}) as stand_in:
        yield stand_in


def fetch(stand_in: StandIn, workspace: Path, place: str = VADUZ) -> Path:
    return roads.fetch_place(
        place,
        "vaduz",
        workspace,
        overpass_url=stand_in.overpass_url,
        nominatim_url=stand_in.nominatim_url,
    )


def test_a_place_is_built_by_its_name(sample: StandIn, tmp_path: Path) -> None:
    arguments = ["roads", "build", "--place", VADUZ, "--area", "vaduz", "--country", "LI"]
    urls = ["--overpass-url", sample.overpass_url, "--nominatim-url", sample.nominatim_url]
    answer = CliRunner().invoke(
        app, [*arguments, *urls], env={"GEO_DISPATCH_WORKSPACE": str(tmp_path)}
    )
    assert answer.exit_code == 0, answer.stderr
    graph = open_graph(Path(answer.stdout.strip()) / "roads.graph")
    assert graph.info.source == "vaduz.osm"
    west, south, east, north = graph.bounds
    assert OUTLINE.buffer(0.001).contains(shapely.box(west, south, east, north))
    engine = RoadEngine(graph)
    route = engine.route(LonLat(9.5175, 47.128), LonLat(9.5245, 47.146))
    assert route is not None
    assert "Alte Landstrasse" in {step.name for step in route.steps}


def test_drive_times_of_a_place_are_those_of_the_extract(sample: StandIn, tmp_path: Path) -> None:
    whole, part = (
        RoadEngine(build_file(path, "LI")[0]) for path in (SAMPLE, fetch(sample, tmp_path))
    )
    source, target = LonLat(9.5175, 47.138), LonLat(9.5225, 47.143)
    assert part.drive_times(source, [target]) == pytest.approx(
        whole.drive_times(source, [target]), abs=0.5
    )


def test_nothing_of_the_tags_and_directions_is_lost_on_the_way(tmp_path: Path) -> None:
    source = TOWN.write(tmp_path / "town.osm")
    with serving(source, {"Town": AROUND_TOWN}) as stand_in:
        fetched = fetch(stand_in, tmp_path, "Town")
    there = RoadEngine(build_file(source, "LI")[0])
    here = RoadEngine(build_file(fetched, "LI")[0])
    places = [TOWN.between(*pair) for pair in ("AB", "BC", "CH", "GH", "CD", "DE", "EF", "EJ")]
    for place in places:
        times = zip(here.drive_times(place, places), there.drive_times(place, places), strict=True)
        for ours, whole in times:
            # a turned way may round the other way
            assert ours == whole or abs(ours - whole) <= 0.002
    extract = read_extract(fetched, {"highway": ["residential", "motorway"]})
    assert "Käserei & Söhne <1>" in {tags.get("name") for tags in extract.way_tags}
    assert "oneway" not in next(
        tags for tags in extract.way_tags if tags.get("junction") == "roundabout"
    )


def test_ferries_come_with_the_streets(tmp_path: Path) -> None:
    crossing = {"highway": "no", "route": "ferry", "duration": "00:20", "motor_vehicle": "yes"}
    drawn = AsciiMap("A----B----C----D", ways={"BC": crossing})
    with serving(drawn.write(tmp_path / "coast.osm"), {"Coast": AROUND_TOWN}) as stand_in:
        graph, report = build_file(fetch(stand_in, tmp_path, "Coast"), "LI")
    assert report.ferries == 1
    (seconds,) = RoadEngine(graph).drive_times(drawn.between("A", "B"), [drawn.between("C", "D")])
    assert seconds is not None
    assert seconds > 20 * 60


def test_a_way_that_leaves_the_place_and_comes_back_is_not_joined_across(tmp_path: Path) -> None:
    drawn = AsciiMap("A----B         C----D\n|                   |\nE----F----G----H----J")
    bent = AsciiMap(
        drawn.drawing,
        ways=dict.fromkeys(drawn.all_ways) | {"BAEFGHJDC": {}},
    )
    north = shapely.box(9.0, drawn.place("A").lat - 0.0005, 10.0, 48.0)
    with serving(bent.write(tmp_path / "bent.osm"), {"North": north}) as stand_in:
        graph, _ = build_file(fetch(stand_in, tmp_path, "North"), "LI")
    assert graph.street_m.max() < 150


def test_what_was_set_for_the_download_is_put_back(sample: StandIn, tmp_path: Path) -> None:
    before = (ox.settings.all_oneway, ox.settings.overpass_url, ox.settings.use_cache)
    resolve = socket.getaddrinfo
    fetch(sample, tmp_path)
    assert (ox.settings.all_oneway, ox.settings.overpass_url, ox.settings.use_cache) == before
    assert socket.getaddrinfo is resolve
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["vaduz.osm"]


def test_an_unknown_country_is_refused_before_anything_is_fetched(
    sample: StandIn, tmp_path: Path
) -> None:
    arguments = ["roads", "build", "--place", VADUZ, "--area", "vaduz", "--country", "XX"]
    urls = ["--overpass-url", sample.overpass_url, "--nominatim-url", sample.nominatim_url]
    answer = CliRunner().invoke(
        app, [*arguments, *urls], env={"GEO_DISPATCH_WORKSPACE": str(tmp_path)}
    )
    assert answer.exit_code != 0
    assert sample.asked == []


def test_a_place_that_nobody_knows_is_not_found(sample: StandIn, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no place 'Atlantis'"):
        fetch(sample, tmp_path, "Atlantis")
    assert list(tmp_path.rglob("*.osm")) == []


def test_a_place_without_streets_is_not_found(tmp_path: Path) -> None:
    sea = shapely.box(0.0, 0.0, 0.01, 0.01)
    with (
        serving(SAMPLE, {"Sea": sea}) as stand_in,
        pytest.raises(NotFound, match="no street for cars in 'Sea'"),
    ):
        fetch(stand_in, tmp_path, "Sea")


def test_a_busy_server_is_named_at_once(sample: StandIn, tmp_path: Path) -> None:
    sample.refuse = 429
    with pytest.raises(Unavailable, match=r"/api/interpreter: it answers 429 .* try again later"):
        fetch(sample, tmp_path)
    assert list(tmp_path.rglob("*.osm")) == []


def test_no_network_is_named_with_the_way_out(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = StandIn(f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(Unavailable, match=r"no connection; .* give it as SOURCE"):
            fetch(nobody, tmp_path)
