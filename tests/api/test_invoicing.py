"""Drafts of invoices over the API: from the record, for the office."""

import pytest

from tests.support.app import VADUZ, WORKING_HOURS


@pytest.fixture(scope="module")
def office(deployment):
    return deployment.client("dispatcher")


@pytest.fixture(scope="module")
def van(office):
    body = {"call_sign": "Van 31", "shifts": WORKING_HOURS, "home": VADUZ}
    body["parts"] = [{"sku": "gasket", "quantity": 5}]
    return office.post("/v1/technicians", json=body).json()


@pytest.fixture(scope="module")
def where(office, van):
    """The address of an order that was done by word of mouth."""
    site = office.post("/v1/sites", json={"name": "Bakery", "location": VADUZ}).json()
    body = {"type": "boiler repair", "site_id": site["id"]}
    where = f"/v1/work-orders/{office.post('/v1/work-orders', json=body).json()['id']}"
    forced = {"technician_id": van["id"], "force": True, "reason": "only one"}
    assert office.post(f"{where}/assign", json=forced).is_success
    parts = [{"sku": "gasket", "quantity": 2}]
    for told in (
        {"status": "en_route"},
        {"status": "on_site"},
        {"status": "on_the_tools"},
        {"status": "complete", "notes": "New gasket", "parts_used": parts},
    ):
        answer = office.post(f"{where}/status", json=told)
        assert answer.status_code == 200, answer.text
    return where


@pytest.mark.capability("FA-023")
def test_the_draft_is_what_the_steps_visits_and_parts_say(office, van, where):
    draft = office.get(f"{where}/invoice-draft").json()
    assert (draft["status"], draft["parts"]) == (
        "complete",
        [{"sku": "gasket", "quantity": 2}],
    )
    (line,) = draft["labour"]
    assert (line["technician_id"], line["call_sign"]) == (van["id"], "Van 31")
    assert (line["basis"], line["start_source"], line["end_source"]) == (
        "steps",
        "person",
        "person",
    )
    order = office.get(where).json()
    assert (line["start"], line["end"]) == (order["started_at"], order["ended_at"])
    assert draft["labour_min"]["total"] == line["minutes"]
    assert draft["missing"] == []


@pytest.mark.capability("FA-023")
def test_nothing_can_be_entered_into_a_draft(office, where):
    for method in ("POST", "PUT", "PATCH"):
        answer = office.request(method, f"{where}/invoice-draft", json={"labour": []})
        assert answer.status_code == 405


@pytest.mark.parametrize(
    ("role", "status"),
    [("dispatcher", 200), ("planner", 200), ("admin", 200), ("technician", 403), ("client", 403)],
)
def test_the_draft_is_for_the_office(deployment, van, where, role, status):
    technician = van["id"] if role == "technician" else None
    reader = deployment.client(role, technician)
    assert reader.get(f"{where}/invoice-draft").status_code == status
    types = [one["type"] for one in reader.get(f"{where}/timeline").json()["items"]]
    assert ("invoice.draft" in types) == (status == 200)


def test_an_unknown_order_has_no_draft(office):
    answer = office.get("/v1/work-orders/wo_no/invoice-draft")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
