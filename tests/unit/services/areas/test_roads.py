from __future__ import annotations

from pathlib import Path

import pytest

from geo_dispatch.adapters.graph_files import open_graph
from geo_dispatch.adapters.recipes import OSM_ATTRIBUTION, Recipe, read_recipe, write_recipe
from geo_dispatch.kernel.errors import GraphUnavailable, InvalidFile, InvalidInput, NotFound
from geo_dispatch.services.areas import roads
from tests.support.ascii_map import AsciiMap

TOWN = AsciiMap("A----B----C\n     |\n     D")


def compiled(workspace: Path, area: str = "town") -> list[str]:
    folder = workspace / "road_graphs" / "compiled" / area
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_build_makes_all_files_and_the_recipe(tmp_path: Path) -> None:
    source = TOWN.write(tmp_path / "town.osm")
    report = roads.build(source, "town", tmp_path, country="pt")
    assert compiled(tmp_path) == [
        "basemap.pmtiles",
        "places.db",
        "roads.graph",
        "roads.hierarchy",
        "roads.metric",
    ]
    assert report.graph.streets == 3
    assert report.drawn >= 3
    assert report.places >= 3
    folder = tmp_path / "road_graphs" / "town"
    assert read_recipe(folder) == Recipe(str(source), country="PT")
    graph = open_graph(report.folder / "roads.graph")
    assert graph.info.area == "town"
    assert graph.info.country == "PT"
    assert graph.info.attribution == OSM_ATTRIBUTION


def test_the_recipe_is_enough_the_next_time(tmp_path: Path) -> None:
    folder = tmp_path / "road_graphs" / "town"
    folder.mkdir(parents=True)
    TOWN.write(folder / "town.osm")
    write_recipe(folder, Recipe("town.osm", country="AT", attribution="the town"))
    report = roads.build(None, "town", tmp_path)
    info = open_graph(report.folder / "roads.graph").info
    assert (info.source, info.country, info.attribution) == ("town.osm", "AT", "the town")


def test_a_new_source_goes_into_the_recipe_and_leaves_the_rest(tmp_path: Path) -> None:
    folder = tmp_path / "road_graphs" / "town"
    folder.mkdir(parents=True)
    write_recipe(folder, Recipe("old.osm", country="AT", attribution="the town"))
    roads.build(TOWN.write(folder / "new.osm"), "town", tmp_path)
    assert read_recipe(folder) == Recipe("new.osm", country="AT", attribution="the town")


def test_a_bad_extract_leaves_everything_as_it_was(tmp_path: Path) -> None:
    roads.build(TOWN.write(tmp_path / "town.osm"), "town", tmp_path)
    graph = tmp_path / "road_graphs" / "compiled" / "town" / "roads.graph"
    before = graph.read_bytes()
    (tmp_path / "bad.osm").write_text("<html/>")
    with pytest.raises(InvalidFile, match=r"bad\.osm"):
        roads.build(tmp_path / "bad.osm", "town", tmp_path)
    assert graph.read_bytes() == before
    assert read_recipe(tmp_path / "road_graphs" / "town").source.endswith("town.osm")
    with pytest.raises(InvalidFile):
        roads.build(tmp_path / "bad.osm", "fresh", tmp_path)
    assert compiled(tmp_path, "fresh") == []
    assert read_recipe(tmp_path / "road_graphs" / "fresh") is None


def test_streets_that_nobody_may_drive_are_no_road_graph(tmp_path: Path) -> None:
    closed = AsciiMap("A----B", ways={"AB": {"access": "no"}})
    with pytest.raises(InvalidFile, match="no way that may be driven"):
        roads.build(closed.write(tmp_path / "closed.osm"), "closed", tmp_path)


def test_without_source_and_recipe_the_remedy_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="give a SOURCE, or write"):
        roads.build(None, "town", tmp_path)


@pytest.mark.parametrize("area", ["../up", "Town", "", "compiled", "a b"])
def test_a_name_that_is_no_folder_is_refused(area: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is no name for an area"):
        roads.build(None, area, tmp_path)


def test_a_fresh_build_is_as_its_recipe_says_until_something_changes(tmp_path: Path) -> None:
    folder = tmp_path / "road_graphs" / "town"
    folder.mkdir(parents=True)
    source = TOWN.write(folder / "town.osm")
    roads.build(source, "town", tmp_path, country="AT")
    assert roads.info("town", tmp_path).stale == ""
    write_recipe(folder, Recipe("town.osm", country="PT"))
    assert roads.info("town", tmp_path).stale == "its recipe or profile has changed"
    write_recipe(folder, Recipe("town.osm", country="AT"))
    AsciiMap("A----B----C").write(source)
    assert roads.info("town", tmp_path).stale == "its extract has changed"
    source.unlink()
    assert roads.info("town", tmp_path).stale == "its extract is gone"
    (folder / "recipe.toml").unlink()
    assert roads.info("town", tmp_path).stale == "it has no recipe any more"


def test_what_is_not_built_says_how_to_build_it(tmp_path: Path) -> None:
    with pytest.raises(GraphUnavailable, match="roads build SOURCE --area town"):
        roads.info("town", tmp_path)


def test_progress_is_told_for_every_step(tmp_path: Path) -> None:
    steps: list[str] = []
    roads.build(
        TOWN.write(tmp_path / "town.osm"),
        "town",
        tmp_path,
        lambda step, _done, _total: steps.append(step),
    )
    assert {"ways", "nodes", "joining streets"} <= set(steps)
