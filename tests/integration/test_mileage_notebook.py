"""The notebook of a day by road runs as it stands, on a deployment that runs."""

import json
import re

import pytest

from tests.support.driven import arrive, morning, set_out, technician
from tests.support.extract import CHECKOUT
from tests.support.notebooks import run_notebook

NOTEBOOK = CHECKOUT / "notebooks" / "mileage.py"


@pytest.fixture
def run(deployment, tmp_path):
    def run(**environment):
        settings = {
            "GEO_DISPATCH_URL": deployment.url,
            "GEO_DISPATCH_TOKEN": deployment.token("planner"),
            "GEO_DISPATCH_MAP_OUT": str(tmp_path / "map.html"),
        }
        return run_notebook(NOTEBOOK, tmp_path, settings | environment)

    return run


def test_the_notebook_tells_and_draws_a_day_by_road_and_the_ways_to_jobs(deployment, run, tmp_path):
    office = deployment.client("dispatcher")
    made = morning(deployment)
    van = technician(deployment, office, "Van <7>", made.keys)
    order = set_out(deployment, office, van, made)
    arrive(deployment, order, made)
    told = run(GEO_DISPATCH_TECHNICIAN="Van <7>")
    number = office.get(f"/v1/work-orders/{order}").json()["number"]
    day = deployment.now().astimezone(deployment.context.zone).date().isoformat()
    params = {"from": day, "to": day}
    mileage = office.get(f"/v1/technicians/{van}/mileage", params=params).json()["days"][0]
    assert f"drove {mileage['road_km']:.1f} km by road on {day}" in told
    way = mileage["ways"][0]
    assert f"order {number} · planned, km {way['planned']['km']}" in told
    assert f"driven, km {way['driven']['road_km']}" in told
    drawn = (tmp_path / "map.html").read_text()
    lines = re.findall(r'"type": "LineString"', drawn)
    assert len(lines) >= 2
    assert json.dumps("driven") in drawn
    looks = deployment.client("technician", van).get("/v1/my/access-log").json()["items"]
    assert {"mileage notebook"} <= {look["purpose"] for look in looks}


def test_a_day_on_which_nobody_drove_is_told_as_that(deployment, run):
    technician(deployment, deployment.client("dispatcher"), "Van 8")
    assert "Van 8 drove 0.0 km by road" in run(GEO_DISPATCH_TECHNICIAN="Van 8")
