"""The private switch over HTTP: the technician's own, and what the office may do about it."""

import pytest

from tests.support.app import WORKING_HOURS


@pytest.fixture(scope="module")
def office(deployment):
    return deployment.client("dispatcher")


@pytest.fixture
def van(office):
    body = {"call_sign": "Van 07", "shifts": WORKING_HOURS}
    return office.post("/v1/technicians", json=body).json()["id"]


def test_a_technician_goes_private_and_the_office_sees_that_and_cannot_end_it(
    deployment, office, van
):
    phone = deployment.client("technician", van)
    assert phone.get("/v1/my/privacy").json()["since"] is None
    told = phone.post("/v1/my/privacy", json={"private": True})
    assert told.status_code == 200, told.text
    assert phone.post("/v1/my/privacy", json={"private": True}).json() == told.json()
    seen = office.get(f"/v1/technicians/{van}/privacy").json()
    assert seen == told.json()
    assert (seen["tracked"], seen["technician_id"]) == (False, van)
    assert office.post("/v1/my/privacy", json={"private": False}).status_code == 403
    assert phone.post("/v1/my/privacy", json={"private": False}).json()["tracked"]


def test_an_emergency_unlocks_with_a_reason_and_the_technician_is_told(deployment, office, van):
    phone = deployment.client("technician", van)
    url = f"/v1/technicians/{van}/privacy-unlock"
    assert office.post(url, json={"reason": "gas leak"}).status_code == 409
    phone.post("/v1/my/privacy", json={"private": True})
    assert office.post(url, json={"reason": ""}).status_code == 422
    assert phone.post(url, json={"reason": "gas leak"}).status_code == 403
    assert deployment.client("planner").post(url, json={"reason": "x"}).status_code == 403
    unlocked = office.post(url, json={"reason": "gas leak", "minutes": 30})
    assert unlocked.status_code == 200, unlocked.text
    assert unlocked.json()["unlocked_until"]
    assert phone.get("/v1/my/privacy").json() == unlocked.json()
    texts = [one["text"] for one in phone.get("/v1/messages").json()["items"]]
    assert any("gas leak" in text for text in texts)
