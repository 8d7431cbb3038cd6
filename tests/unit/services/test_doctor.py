"""The doctor: names what is missing and how to get it, and changes nothing."""

import socket

import pytest

from geo_dispatch.config import Settings
from geo_dispatch.services.doctor import Finding, examine, is_well


@pytest.fixture
def settings(tmp_path):
    return Settings(workspace=tmp_path, port=0)


def finding(settings, thing) -> Finding:
    return next(found for found in examine(settings) if found.thing == thing)


def test_whatever_is_not_there_comes_with_a_remedy(settings):
    assert all(found.state == "ok" or found.remedy for found in examine(settings))


def test_a_missing_road_graph_comes_with_the_command_that_makes_it(settings):
    settings.recipe_dir.mkdir(parents=True)
    extract = settings.recipe_dir / "small.osm.pbf"
    extract.touch()
    found = finding(settings, "road graph")
    assert found.state == "wanted"
    assert f"geo-dispatch roads build {extract} --area liechtenstein" in found.remedy


def test_a_taken_port_is_named_with_a_way_out(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        found = finding(Settings(workspace=tmp_path, port=port), "port")
    assert found.state == "wanted"
    assert str(port) in found.found
    assert "--port" in found.remedy


def test_a_data_folder_that_is_a_file_is_missing(tmp_path):
    (tmp_path / "var").touch()
    findings = examine(Settings(workspace=tmp_path, port=0))
    assert [found.thing for found in findings if found.state == "missing"] == ["data folder"]
    assert not is_well(findings)


def test_looking_writes_nothing(settings, tmp_path):
    examine(settings)
    assert list(tmp_path.iterdir()) == []
