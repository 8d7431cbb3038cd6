"""Trails and playback over HTTP, and the access log that follows from looking."""

from datetime import timedelta

import pytest

from geo_dispatch.kernel.time import datetime_to_ms
from geo_dispatch.tracking.fixes import Fix
from tests.support.app import WORKING_HOURS


@pytest.fixture(scope="module")
def office(deployment):
    return deployment.client("dispatcher")


@pytest.fixture(scope="module")
def van(deployment, office):
    """A technician with an hour of history."""
    body = {"call_sign": "Van 07", "shifts": WORKING_HOURS}
    made = office.post("/v1/technicians", json=body).json()["id"]
    first_ms = datetime_to_ms(deployment.now() - timedelta(hours=1))
    fixes = [
        Fix(made, first_ms + 5_000 * n, 95_209_000 + 300 * n, 471_410_000, 8.0) for n in range(600)
    ]
    with deployment.context.store.write() as unit:
        unit.tracking.add_fixes(fixes, first_ms)
        unit.commit()
    return made


def window(deployment):
    now = deployment.now()
    return {"from": (now - timedelta(hours=2)).isoformat(), "to": now.isoformat()}


def test_a_trail_is_geojson_and_the_technician_reads_who_looked(deployment, office, van):
    params = window(deployment) | {"purpose": "complaint of a customer"}
    answer = office.get(f"/v1/technicians/{van}/trail", params=params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/geo+json")
    line = answer.json()["features"][0]
    assert line["properties"]["fixes"] == 600
    assert 2 <= len(line["geometry"]["coordinates"]) < 600
    phone = deployment.client("technician", van)
    [look] = phone.get("/v1/my/access-log").json()["items"]
    assert (look["what"], look["purpose"]) == ("trail", "complaint of a customer")
    assert look["viewer"].startswith("dispatcher:")
    assert phone.get(f"/v1/technicians/{van}/trail", params=window(deployment)).is_success
    assert len(phone.get("/v1/my/access-log").json()["items"]) == 1


def test_a_day_is_played_back(deployment, office, van):
    params = {"date": deployment.now().astimezone(deployment.context.zone).date().isoformat()}
    body = office.get(f"/v1/technicians/{van}/playback", params=params).json()
    assert body["call_sign"] == "Van 07"
    assert sum(len(piece["t"]) for piece in body["pieces"]) >= 2
    another = office.post("/v1/technicians", json={"call_sign": "Van 08"}).json()["id"]
    other = deployment.client("technician", another)
    assert other.get(f"/v1/technicians/{van}/playback", params=params).status_code == 403


@pytest.mark.parametrize(
    ("wrong", "where"),
    [({"simplify_m": -1}, "simplify_m"), ({"from": "2026-03-02T09:00:00"}, "from")],
)
def test_what_cannot_be_asked_is_named(deployment, office, van, wrong, where):
    answer = office.get(f"/v1/technicians/{van}/trail", params=window(deployment) | wrong)
    assert answer.status_code == 422
    assert where in [fault["where"] for fault in answer.json()["faults"]]
