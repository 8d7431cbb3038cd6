"""The demo's workspace: a checkout is used as it is, the package's copy is copied."""

import pytest

from geo_dispatch.demo.workspace import demo_workspace, is_workspace


@pytest.fixture
def checkout(tmp_path):
    folder = tmp_path / "checkout"
    (folder / "road_graphs" / "liechtenstein").mkdir(parents=True)
    (folder / "road_graphs" / "liechtenstein" / "small.osm.pbf").touch()
    return folder


def test_a_checkout_is_used_where_it_is(checkout, tmp_path):
    assert demo_workspace(checkout, tmp_path / "data") == checkout
    assert not (tmp_path / "data").exists()


def test_elsewhere_the_package_brings_its_own(tmp_path):
    found = demo_workspace(tmp_path, tmp_path / "data")
    assert is_workspace(found)


def test_an_area_without_extract_is_no_workspace(tmp_path):
    (tmp_path / "road_graphs" / "liechtenstein").mkdir(parents=True)
    assert not is_workspace(tmp_path)
