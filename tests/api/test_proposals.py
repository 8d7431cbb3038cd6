"""Disruptions and proposals over the API."""

import pytest

from tests.support.app import SCHAAN, VADUZ, WORKING_HOURS


@pytest.fixture(scope="module")
def office(deployment):
    return deployment.client("dispatcher")


def made(office, path, body):
    answered = office.post(path, json=body)
    assert answered.status_code == 201, answered.text
    return answered.json()


@pytest.fixture(scope="module")
def crew(deployment, office):
    """Two vans, each where it was seen a moment ago; the first has an order that it gives up."""
    vans = [
        made(office, "/v1/technicians", {"call_sign": name, "shifts": WORKING_HOURS})
        for name in ("Van 1", "Van 2")
    ]
    for one, place in zip(vans, (VADUZ, SCHAAN), strict=True):
        fix = {"at": deployment.now().isoformat(), "accuracy_m": 5, **place}
        posted = deployment.client("technician", one["id"]).post("/v1/pings", json=fix)
        assert posted.is_success, posted.text
    site = made(office, "/v1/sites", {"name": "Bakery", "location": VADUZ})
    order = made(office, "/v1/work-orders", {"type": "repair", "site_id": site["id"]})
    return vans, order


@pytest.fixture
def proposal(office, crew):
    return freed(office, crew)


def freed(office, crew):
    """What is proposed when the first van's customer isn't there."""
    (first, _), _ = crew
    gone = made(office, "/v1/work-orders", {"type": "repair", "site_id": crew[1]["site_id"]})
    assert office.post(
        f"/v1/work-orders/{gone['id']}/status", json={"status": "cancelled"}
    ).is_success
    body = {"cause": "cancelled", "technician_id": first["id"], "order_id": gone["id"]}
    return made(office, "/v1/disruptions", body)


def test_a_disruption_answers_the_least_change_or_a_reason(office, crew, proposal):
    (first, _), order = crew
    assert proposal["state"] == "open", proposal["fact"]
    (change,) = proposal["changes"]
    assert (change["number"], change["technician_after"]) == (order["number"], first["id"])
    assert change["technician_before"] is None
    listed = office.get("/v1/proposals", params={"state": "open"}).json()["items"]
    assert proposal["id"] in {one["id"] for one in listed}
    assert office.get(f"/v1/proposals/{proposal['id']}").json() == proposal


def test_rejecting_needs_a_reason_and_is_final(office, proposal):
    path = f"/v1/proposals/{proposal['id']}"
    assert office.post(f"{path}/reject", json={"reason": ""}).status_code == 422
    assert office.post(f"{path}/reject", json={"reason": "no"}).json()["state"] == "rejected"
    refused = office.post(f"{path}/accept")
    assert refused.status_code == 409
    assert "is rejected" in refused.json()["detail"]


def test_accepting_does_it_unless_the_world_moved_on(office, crew, proposal):
    (first, _), order = crew
    at = office.get(f"/v1/work-orders/{order['id']}")
    office.patch(
        f"/v1/work-orders/{order['id']}",
        json={"notes": "mind the dog"},
        headers={"If-Match": at.headers["ETag"]},
    )
    refused = office.post(f"/v1/proposals/{proposal['id']}/accept")
    assert refused.status_code == 409
    (conflict,) = refused.json()["conflicts"]
    assert conflict["where"] == order["number"]
    again = freed(office, crew)
    accepted = office.post(f"/v1/proposals/{again['id']}/accept").json()
    assert accepted["state"] == "accepted"
    now = office.get(f"/v1/work-orders/{order['id']}").json()
    assert (now["technician_id"], now["assignment_source"]) == (first["id"], "repair")


def test_a_closed_area_is_answered_with_a_proposal(office, crew):
    west, south, east, north = 9.40, 47.00, 9.41, 47.01
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    body = {"area": {"type": "Polygon", "coordinates": [ring]}, "factor": 3, "reason": "ice"}
    answered = made(office, "/v1/replans", body)
    assert (answered["cause"], answered["state"]) == ("roads", "no_op")
    assert answered["fact"].startswith("ice: ")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"area": {"type": "Polygon", "coordinates": [[[0, 0]]]}}, "area.coordinates"),
        ({"area": {"type": "Polygon", "coordinates": []}}, "area"),
        ({"area": {"type": "Polygon", "coordinates": [{"": ""}, "ring"]}}, "area.coordinates"),
        (
            {
                "area": {
                    "type": "Polygon",
                    "coordinates": [[[500, 0], [501, 0], [501, 1], [500, 0]]],
                }
            },
            "area.lon",
        ),
        ({"area": {"type": "Point", "coordinates": [0, 0]}}, "area.type"),
        ({}, "area"),
        (
            {
                "area": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
                "factor": 0,
            },
            "factor",
        ),
    ],
)
def test_an_area_that_is_none_is_refused_with_the_place(office, body, where):
    answered = office.post("/v1/replans", json=body)
    assert answered.status_code == 422
    assert where in {fault["where"] for fault in answered.json()["faults"]}


def test_unknown_things_are_not_found(office, crew):
    assert office.get("/v1/proposals/pr_none").status_code == 404
    assert office.post("/v1/proposals/pr_none/accept").status_code == 404
    body = {"cause": "ill", "technician_id": "tc_none"}
    assert office.post("/v1/disruptions", json=body).status_code == 404


def test_planners_read_proposals_and_dispatchers_decide(deployment, office, proposal):
    planner = deployment.client("planner")
    assert planner.get(f"/v1/proposals/{proposal['id']}").is_success
    assert planner.post(f"/v1/proposals/{proposal['id']}/accept").status_code == 403
    assert deployment.client("client").get("/v1/proposals").status_code == 403
