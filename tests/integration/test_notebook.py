"""The planners' notebook runs as it stands, and what it writes can be published."""

import json

import pytest

from geo_dispatch.adapters.territory_files import read_territories
from geo_dispatch.config import Settings
from geo_dispatch.services.areas import territories
from geo_dispatch.territory.model import area_m2
from tests.support.extract import CHECKOUT, MUNICIPALITIES
from tests.support.notebooks import run_notebook

NOTEBOOK = CHECKOUT / "notebooks" / "territories.py"


@pytest.fixture
def run(workspace, tmp_path):
    def run(**environment):
        settings = {"GEO_DISPATCH_WORKSPACE": str(workspace), "GEO_DISPATCH_DATA": str(tmp_path)}
        return run_notebook(NOTEBOOK, tmp_path, settings | environment)

    return run


def test_the_notebook_moves_cells_and_writes_what_check_accepts(run, workspace, tmp_path):
    told = run()
    out = tmp_path / "territories" / "liechtenstein.geojson"
    assert f"{out}: 0 findings" in told
    assert "Visits that change hands: Triesenberg to Vaduz" in told
    assert territories.check_file(Settings(workspace=workspace), out) == []
    before, after = read_territories(MUNICIPALITIES), read_territories(out)
    assert all(
        len(now.area.geoms) <= len(was.area.geoms) for was, now in zip(before, after, strict=True)
    )
    assert sum(area_m2(t.area) for t in after) == pytest.approx(
        sum(area_m2(t.area) for t in before), abs=100
    )
    assert changed_lines(MUNICIPALITIES, out) == ["triesenberg", "vaduz"]
    assert [path.name for path in out.parent.iterdir()] == ["liechtenstein.geojson"]


def test_the_next_move_begins_with_the_file_written_last(run, tmp_path):
    first, second = tmp_path / "one.geojson", tmp_path / "two.geojson"
    run(GEO_DISPATCH_TERRITORIES_OUT=str(first))
    told = run(GEO_DISPATCH_TERRITORIES=str(first), GEO_DISPATCH_TERRITORIES_OUT=str(second))
    assert f"{second}: 0 findings" in told
    assert len(changed_lines(first, second)) == 2


def changed_lines(before, after):
    """Ids of the territories whose line differs."""
    pairs = zip(before.read_text().splitlines(), after.read_text().splitlines(), strict=True)
    return [json.loads(new.rstrip(","))["id"] for old, new in pairs if old != new]
