"""Emergencies over the API: shown first, done in one call, refused with reasons."""

from datetime import timedelta

import pytest

from tests.support.app import BALZERS, SCHAAN, VADUZ, WORKING_HOURS
from tests.support.waiting import until


@pytest.fixture(scope="module")
def office(deployment):
    return deployment.client("dispatcher")


@pytest.fixture(scope="module")
def site(office):
    return office.post("/v1/sites", json={"name": "Bakery", "location": VADUZ}).json()


@pytest.fixture(scope="module")
def vans(deployment, office):
    made = {}
    for call_sign, place in (("Van 01", SCHAAN), ("Van 02", BALZERS)):
        body = {"call_sign": call_sign, "shifts": WORKING_HOURS}
        made[call_sign] = office.post("/v1/technicians", json=body).json()["id"]
        ping = {"technician_id": made[call_sign], "at": deployment.now().isoformat(), **place}
        assert office.post("/v1/pings", json=ping).status_code == 200
    until(
        lambda: len(office.get("/v1/positions").json()["items"]) == len(made),
        5,
        "the mirror to hear of the vans",
    )
    return made


def call(deployment, site, **fields):
    respond_by = deployment.now() + timedelta(minutes=30)
    return {
        "type": "burst pipe",
        "site_id": site["id"],
        "respond_by": respond_by.isoformat(),
        **fields,
    }


@pytest.mark.capability("FA-024")
def test_one_call_sends_somebody_and_says_what_changes(deployment, office, site, vans):
    body = call(deployment, site)
    shown = office.post("/v1/emergencies?dry_run=true", json=body)
    assert shown.status_code == 200, shown.text
    assert shown.json()["dry_run"]
    number = shown.json()["order"]["number"]
    assert office.get(f"/v1/work-orders/{number}").status_code == 404
    done = office.post("/v1/emergencies", json=body).json()
    assert done["order"]["number"] == number
    assert done["order"]["priority"] == 1
    assert done["technician_id"] == done["order"]["technician_id"] == vans["Van 01"]
    first = done["changes"][0]
    assert (first["kind"], first["call_sign_after"]) == ("assigned", "Van 01")
    assert done["cost"]["changes"] == len(done["changes"])
    assert done["proven"]
    stored = office.get(f"/v1/work-orders/{number}").json()
    assert {name: stored[name] for name in done["order"]} == done["order"]


def test_the_same_key_declares_it_once(deployment, office, site, vans):
    body, key = call(deployment, site), {"Idempotency-Key": "emergency-1"}
    first, again = (office.post("/v1/emergencies", json=body, headers=key) for _ in range(2))
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"


def test_an_order_that_waits_is_named_instead(deployment, office, site, vans):
    order = {"type": "leak", "site_id": site["id"]}
    waiting = office.post("/v1/work-orders", json=order).json()
    done = office.post("/v1/emergencies", json={"order_id": waiting["id"]})
    assert done.json()["order"]["id"] == waiting["id"]
    again = office.post("/v1/emergencies", json={"order_id": waiting["id"]})
    assert (again.status_code, again.json()["code"]) == (409, "conflict")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "is missing"),
        ({"type": "x", "site_id": "st_none"}, "st_none"),
        ({"order_id": "wo_1", "type": "x"}, "both"),
        ({"order_id": "wo_1", "respond_by": "2026-03-02T09:00:00"}, "timezone"),
    ],
)
def test_what_makes_no_sense_is_refused_with_every_fault(office, body, said):
    answer = office.post("/v1/emergencies", json=body)
    assert answer.status_code == 422
    assert said in answer.text


def test_nobody_who_could_go_is_an_answer_with_reasons(deployment, office, site, vans):
    body = call(deployment, site, required_skills=[{"name": "diving", "level": 3}])
    answer = office.post("/v1/emergencies", json=body).json()
    assert answer["technician_id"] is None
    assert answer["order"]["flag"]["code"] == "nobody"
    codes = {one["code"] for who in answer["excluded"] for one in who["exclusions"]}
    assert "missing_skill" in codes


@pytest.mark.parametrize("role", ["planner", "client"])
def test_only_dispatchers_declare_emergencies(deployment, role):
    assert deployment.client(role).post("/v1/emergencies", json={}).status_code == 403
