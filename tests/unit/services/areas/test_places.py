"""Search by name: bounds of what may be asked, and what to do where no index is built."""

import pytest

from geo_dispatch.adapters.places import build_places
from geo_dispatch.config import Settings
from geo_dispatch.kernel.errors import InvalidInput, Unavailable
from geo_dispatch.services.areas import places
from tests.support.extract import write_osm


@pytest.fixture
def settings(tmp_path):
    return Settings(workspace=tmp_path)


def test_the_area_s_own_index_answers(settings, tmp_path):
    extract = write_osm(
        tmp_path / "x.osm", points=[((9.5, 47.1), {"place": "town", "name": "Vaduz"})]
    )
    build_places(extract, settings.compiled_dir / "places.db")
    (found,) = places.search(settings, "vad")
    assert (found.label, found.kind, found.lonlat) == ("Vaduz", "place", (9.5, 47.1))


def test_all_that_is_out_of_bounds_is_told_at_once(settings):
    with pytest.raises(InvalidInput) as caught:
        places.search(settings, "x" * 201, limit=51)
    assert [fault.where for fault in caught.value.faults] == ["q", "limit"]


def test_without_an_index_the_remedy_is_told(settings):
    with pytest.raises(Unavailable, match="roads build"):
        places.search(settings, "vaduz")
