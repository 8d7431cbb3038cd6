"""Publishing: territories in force and every site in its own, in one step or not at all."""

import pytest
import shapely

from geo_dispatch.adapters.territory_files import read_territories, write_territories
from geo_dispatch.kernel.errors import InvalidFile, InvalidGeometry, NotFound
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import TerritoryId
from geo_dispatch.services.areas import territories
from geo_dispatch.services.records import keeping as records
from geo_dispatch.territory.check import Severity
from geo_dispatch.territory.model import Territory
from tests.support.extract import LIECHTENSTEIN, MUNICIPALITIES
from tests.support.records import DISPATCHER, open_office
from tests.support.shapes import square, territory

NORTH = territory("North", square(0, 1, 4, 1))
SOUTH = territory("South", square(0, 0, 4, 1))
IN_NORTH = LonLat(9.515, 47.115)
IN_SOUTH = LonLat(9.515, 47.105)
OUTSIDE = LonLat(9.7, 47.2)


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as opened:
        yield opened


@pytest.fixture
def publish(office, tmp_path):
    def publish(*drawn):
        path = tmp_path / "drawn.geojson"
        write_territories(path, drawn)
        return territories.publish(office.desk, path, DISPATCHER)

    return publish


def territory_of(office, site):
    return records.get(office.desk, records.SITES, site.id).territory_id


def log(office):
    with office.desk.store.read() as unit:
        return unit.events()


def test_publishing_puts_every_site_into_its_territory(office, publish):
    north = office.site("N", IN_NORTH)
    south = office.site("S", IN_SOUTH)
    far = office.site("F", OUTSIDE)
    done = publish(NORTH, SOUTH)
    assert [territory_of(office, site) for site in (north, south, far)] == ["north", "south", None]
    assert (done.sites_moved, done.sites_outside) == (2, 1)
    assert [t.id for t in territories.in_force(office.desk)] == ["north", "south"]


def test_publishing_again_moves_nobody(office, publish):
    site = office.site("N", IN_NORTH)
    publish(NORTH, SOUTH)
    version = records.get(office.desk, records.SITES, site.id).version
    assert publish(NORTH, SOUTH).sites_moved == 0
    assert records.get(office.desk, records.SITES, site.id).version == version


def test_a_new_border_moves_only_the_sites_between(office, publish):
    moved, stays = office.site("M", LonLat(9.515, 47.1145)), office.site("N", IN_NORTH)
    publish(NORTH, SOUTH)
    taller = territory("South", square(0, 0, 4, 1.48))
    shorter = territory("North", square(0, 1.48, 4, 0.52))
    assert publish(shorter, taller).sites_moved == 1
    assert territory_of(office, moved) == "south"
    assert territory_of(office, stays) == "north"


def test_sites_of_a_territory_that_is_gone_belong_to_none(office, publish):
    site = office.site("S", IN_SOUTH)
    publish(NORTH, SOUTH)
    assert publish(NORTH).sites_moved == 1
    assert territory_of(office, site) is None


def test_publishing_is_told_with_its_sites_in_the_log(office, publish):
    site = office.site("N", IN_NORTH)
    publish(NORTH, SOUTH)
    *_, changed, published = log(office)
    assert (changed.stream, changed.type) == (f"site:{site.id}", "record.changed")
    assert changed.body["changes"] == {"territory_id": "north"}
    assert published.stream == "territories:liechtenstein"
    assert published.type == "territories.published"
    assert published.body["sites_moved"] == 1
    assert published.body["territories"] == ["north", "south"]


def test_a_file_with_errors_changes_nothing(office, publish):
    site = office.site("N", IN_NORTH)
    publish(NORTH, SOUTH)
    before = log(office)
    with pytest.raises(
        InvalidGeometry, match=r"is not published: territory 2 \(x\) has no name.* and 1 more"
    ) as e:
        publish(Territory(TerritoryId("x"), "", NORTH.area), NORTH)
    assert [fault.where for fault in e.value.faults] == ["no-name", "overlap"]
    assert log(office) == before
    assert territory_of(office, site) == "north"
    assert [t.id for t in territories.in_force(office.desk)] == ["north", "south"]


def test_warnings_do_not_stop_publishing(publish):
    ring = territory("Ring", square(0, 0, 3, 3).difference(square(1, 1)))
    (warning,) = publish(ring).warnings
    assert (warning.code, warning.severity) == ("gap", Severity.WARNING)


def test_what_is_exported_is_what_was_published(office, publish, tmp_path):
    publish(NORTH, SOUTH)
    assert territories.export(office.desk, tmp_path / "out.geojson") == 2
    north, south = read_territories(tmp_path / "out.geojson")
    assert north.area.equals(NORTH.area)
    assert south.name == "South"


def test_nothing_published_is_nothing_to_export(office, tmp_path):
    with pytest.raises(NotFound, match="territories publish"):
        territories.export(office.desk, tmp_path / "out.geojson")
    assert not (tmp_path / "out.geojson").exists()


def test_an_area_without_files_is_told_how_to_begin(office):
    with pytest.raises(NotFound, match="territories from-boundaries --area liechtenstein"):
        territories.files(office.desk.settings)


def test_the_municipalities_of_the_project_are_clean_and_as_their_recipe_makes_them(
    office, tmp_path
):
    assert territories.check_file(office.desk.settings, MUNICIPALITIES) == []
    out = tmp_path / "made.geojson"
    made = territories.from_boundaries(office.desk.settings, "8", out, LIECHTENSTEIN)
    assert len(made) == 11
    assert out.read_bytes() == MUNICIPALITIES.read_bytes()


def test_an_area_without_recipe_has_no_boundaries(office, tmp_path):
    with pytest.raises(NotFound, match="name an OSM extract"):
        territories.from_boundaries(office.desk.settings, "8", tmp_path / "x.geojson")


def test_a_file_that_is_no_extract_writes_nothing(office, tmp_path):
    with pytest.raises(InvalidFile):
        territories.from_boundaries(
            office.desk.settings, "8", tmp_path / "x.geojson", MUNICIPALITIES
        )
    assert not (tmp_path / "x.geojson").exists()


def test_sites_on_the_sea_belong_to_none(office, publish):
    publish(territory("All", shapely.box(9.4, 47.0, 9.8, 47.3)))
    assert office.site("Sea", LonLat(0.0, 0.0)).territory_id is None
