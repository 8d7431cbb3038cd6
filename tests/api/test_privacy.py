"""Who sees what: technicians what is theirs, clients no more than what concerns them."""

import pytest

from api.roles import ROLES
from geo_dispatch.kernel.actors import Role
from tests.support.app import VADUZ, WORKING_HOURS

OWN = {"get_briefing", "get_calendar", "get_eta", "get_timeline", "get_work_order", "list_visits"}

BODIES = {"tell_break": {"on_break": True}}
QUERIES = {
    "add_order_file": {"kind": "photo"},
    "get_trail": {"from": "2026-03-02T09:00:00Z", "to": "2026-03-02T10:00:00Z"},
    "get_playback": {"date": "2026-03-02"},
    "get_mileage": {"from": "2026-03-02", "to": "2026-03-02"},
    "get_route_driven": {"from": "2026-03-02", "to": "2026-03-02"},
}


@pytest.fixture(scope="module")
def office(deployment):
    return deployment.client("dispatcher")


@pytest.fixture(scope="module")
def vans(office):
    return [
        office.post("/v1/technicians", json={"call_sign": name, "shifts": WORKING_HOURS}).json()
        for name in ("Van 01", "Van 02")
    ]


@pytest.fixture(scope="module")
def order(office, vans):
    """An order of the second van."""
    site = office.post("/v1/sites", json={"name": "Pool", "location": VADUZ}).json()["id"]
    order = office.post("/v1/work-orders", json={"type": "pump", "site_id": site}).json()["id"]
    body = {"technician_id": vans[1]["id"], "force": True, "reason": "they know the place"}
    given = office.post(f"/v1/work-orders/{order}/assign", json=body)
    assert given.is_success, given.text
    return order


@pytest.fixture(scope="module")
def routes(office):
    """What technicians may use and what names an order or a technician: id, method, path."""
    return [
        (operation["operationId"], method, path)
        for path, methods in office.get("/openapi.json").json()["paths"].items()
        for method, operation in methods.items()
        if Role.TECHNICIAN in ROLES.get(operation["operationId"], ())
        and ("{order_id}" in path or "{technician_id}" in path)
    ]


def test_no_route_shows_technicians_what_is_another_technicians(deployment, vans, order, routes):
    phone = deployment.client("technician", vans[0]["id"])
    assert {operation for operation, _, _ in routes} >= OWN
    for operation, method, path in routes:
        where = path.replace("{order_id}", order).replace("{technician_id}", vans[1]["id"])
        body = BODIES.get(operation, {"status": "en_route"}) if method == "post" else None
        answer = phone.request(method, where, json=body, params=QUERIES.get(operation))
        assert answer.status_code == 403, (operation, answer.text)
        assert "this token speaks" in answer.json()["detail"], operation


def test_the_lists_of_technicians_hold_what_is_theirs(deployment, vans, order):
    mine, other = (deployment.client("technician", van["id"]) for van in vans)
    assert order in other.get("/v1/my/day").text
    assert order not in mine.get("/v1/my/day").text
    assert order in other.get("/v1/messages").text
    assert order not in mine.get("/v1/messages").text
    asked = mine.get("/v1/messages", params={"recipient_id": vans[1]["id"]})
    assert asked.is_success
    assert order not in asked.text


def test_clients_hear_what_happens_to_an_order_and_not_how_the_office_decides(
    deployment, office, order
):
    where = f"/v1/work-orders/{order}/timeline"
    told = {item["type"]: item for item in deployment.client("client").get(where).json()["items"]}
    whole = {item["type"]: item for item in office.get(where).json()["items"]}
    assert {"order.placed", "order.assigned"} <= set(told) < set(whole)
    assert "order.briefed" not in told
    assert whole["order.assigned"]["data"]["conflicts"]
    assert not {"reason", "conflicts", "ranking"} & set(told["order.assigned"]["data"])
    assert "they know the place" in whole["order.assigned"]["text"]
    assert told["order.assigned"]["text"] == "Assigned to Van 02 by hand"


@pytest.fixture(scope="module")
def held(office):
    """An order on hold at a place where somebody was before, flagged for judgment."""
    site = office.post("/v1/sites", json={"name": "Bath", "location": VADUZ}).json()["id"]
    body = {"type": "pump", "site_id": site}
    before = office.post("/v1/work-orders", json=body).json()["id"]
    reason = {"status": "cancelled", "reason": "they never pay"}
    assert office.post(f"/v1/work-orders/{before}/status", json=reason).is_success
    order = office.post("/v1/work-orders", json=body).json()["id"]
    hold = {"reason": "customer", "note": "still owes us the last one"}
    answered = office.post(f"/v1/work-orders/{order}/hold", json=hold)
    assert answered.is_success, answered.text
    return order


@pytest.mark.capability("FA-008")
@pytest.mark.parametrize("role", ["client", "dispatcher", "planner", "admin"])
def test_what_the_office_notes_for_itself_is_read_in_the_house_only(deployment, held, role):
    reader, house = deployment.client(role), role != "client"
    one = reader.get(f"/v1/work-orders/{held}", params={"include": "context"})
    several = reader.get("/v1/work-orders", params={"open": True, "limit": 500})
    story = reader.get(f"/v1/work-orders/{held}/timeline")
    for answered in (one, several, story):
        assert answered.is_success, answered.text
        assert ("still owes us" in answered.text) == house
    assert ("they never pay" in one.text) == house
    assert one.json()["hold"]["reason"] == "customer"
    flagged = reader.get("/v1/work-orders", params={"flagged": True})
    assert flagged.status_code == (200 if house else 403)


@pytest.mark.parametrize(
    "path", ["/v1/board?date=2026-03-02", "/v1/messages", "/v1/decisions/de_x"]
)
def test_clients_see_no_page_of_the_office(deployment, path):
    assert deployment.client("client").get(path).status_code == 403
