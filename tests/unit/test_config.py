"""Settings: environment over file over defaults; wrong ones are named."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from geo_dispatch.config import Settings, child_environment, load_settings
from geo_dispatch.kernel.errors import InvalidFile, InvalidInput

ROOT = Path(__file__).parents[2]


@pytest.fixture
def file(tmp_path, monkeypatch):
    path = tmp_path / "geo-dispatch.toml"
    monkeypatch.setenv("GEO_DISPATCH_CONFIG", str(path))
    return path


def test_the_environment_wins_over_the_file_and_the_file_over_defaults(file, monkeypatch):
    file.write_text('port = 9000\narea = "vaduz"\n')
    monkeypatch.setenv("GEO_DISPATCH_PORT", "9001")
    settings = load_settings()
    assert (settings.port, settings.area, settings.host) == (9001, "vaduz", "127.0.0.1")
    assert load_settings(port=9002).port == 9002


def test_every_wrong_setting_is_named_with_its_value(file, monkeypatch):
    file.write_text('colour = "red"\n')
    monkeypatch.setenv("GEO_DISPATCH_PORT", "http")
    monkeypatch.setenv("GEO_DISPATCH_SHARDS", "0")
    with pytest.raises(InvalidInput) as caught:
        load_settings()
    faults = {fault.where: fault.message for fault in caught.value.faults}
    assert set(faults) == {"port", "shards", "colour"}
    assert "'http'" in faults["port"]
    assert "GEO_DISPATCH_" in caught.value.message


def test_a_misspelt_variable_is_refused_with_the_setting_that_was_meant(monkeypatch):
    monkeypatch.setenv("GEO_DISPATCH_PROT", "9000")
    monkeypatch.setenv("GEO_DISPATCH_TIMEZONE", "Europe/Vaduz")
    monkeypatch.setenv("GEO_DISPATCH_SHARDS", "0")
    with pytest.raises(InvalidInput) as caught:
        load_settings()
    assert [str(fault) for fault in caught.value.faults][:2] == [
        "GEO_DISPATCH_PROT: is no setting; did you mean GEO_DISPATCH_PORT?",
        "GEO_DISPATCH_TIMEZONE: is no setting; did you mean GEO_DISPATCH_TIME_ZONE?",
    ]
    assert caught.value.faults[2].where == "shards"


def test_variables_that_look_like_no_setting_are_somebody_elses(monkeypatch):
    monkeypatch.setenv("GEO_DISPATCH_SHARED_DATA", "/data")
    monkeypatch.setenv("GEO_DISPATCH_TERRITORIES_OUT", "out.geojson")
    assert load_settings().port == 8080


@pytest.mark.parametrize("name", ["Mars/Base", "../etc/passwd", "Europe", ""])
def test_a_time_zone_that_is_none_is_named(name):
    with pytest.raises(InvalidInput, match=f"time_zone: is not an IANA time zone.*{name!r}"):
        load_settings(time_zone=name)


def test_a_file_that_is_not_toml_is_named(file):
    file.write_text("port: 9000\n")
    with pytest.raises(InvalidFile, match=r"geo-dispatch\.toml"):
        load_settings()


@pytest.mark.parametrize(
    "values",
    [
        {"clock_factor": 10},
        {"clock_epoch": datetime(2026, 3, 2, tzinfo=UTC)},
        {"clock_started": datetime(2026, 3, 2, tzinfo=UTC)},
        {"clock_epoch": "2026-03-02T08:00:00", "clock_started": "2026-03-02T08:00:00Z"},
    ],
)
def test_a_scaled_clock_is_set_whole_or_not_at_all(values):
    with pytest.raises(InvalidInput):
        load_settings(**values)


def test_a_position_is_stale_before_its_sender_is_silent():
    with pytest.raises(InvalidInput, match=r"position_stale_s \(901\) is longer"):
        load_settings(position_stale_s=901)
    assert load_settings(position_stale_s=900).position_stale_s == 900


def test_a_child_gets_the_same_settings(tmp_path, monkeypatch):
    settings = Settings(
        workspace=tmp_path,
        data=tmp_path / "data",
        port=0,
        clock_epoch=datetime(2026, 3, 2, 8, tzinfo=UTC),
        clock_started=datetime(2026, 11, 22, tzinfo=UTC),
        clock_factor=10,
    )
    for name, value in child_environment(settings).items():
        monkeypatch.setenv(name, value)
    assert load_settings() == settings


def test_folders_and_database_follow_from_workspace_and_data(tmp_path):
    settings = Settings(workspace=tmp_path, area="vaduz")
    assert settings.data_dir == tmp_path / "var"
    assert settings.sql_url == f"sqlite:///{tmp_path}/var/geo-dispatch.db"
    assert settings.compiled_dir == tmp_path / "road_graphs/compiled/vaduz"
    assert settings.territories_dir == tmp_path / "territories/vaduz"
    elsewhere = Settings(workspace=tmp_path, database_url="postgresql://db/x")
    assert elsewhere.sql_url == "postgresql://db/x"


def test_every_setting_is_documented():
    page = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    for name, field in Settings.model_fields.items():
        row = f"| `{name}` |"
        assert row in page, f"docs/settings.md lacks {name}"
        assert field.description in page
