"""Whatever anybody sends to whichever route: an answer that says what is wrong, never our failure,
and never what is another's.
"""

import json
from collections import Counter

import pytest

from tests.support.app import BALZERS, SCHAAN, VADUZ, WORKING_HOURS
from tests.support.consistency import assert_consistent
from tests.support.hostile import Hostile

EACH, SEED = 5, 1
LONGEST_DETAIL = 3000

OF_ANOTHER = "what-only-van-0-knows"
OF_THE_OFFICE = "what-only-the-office-knows"


@pytest.fixture(scope="module")
def admin(deployment):
    return deployment.client("admin")


@pytest.fixture(scope="module")
def ids(deployment, admin):
    """Something of every kind, by the word that names of ids have for it."""

    def made(path, **fields):
        answer = admin.post(f"/v1/{path}", json=fields)
        assert answer.is_success, answer.text
        body = answer.json()
        return body.get("order", body)["id"]

    customer = made("customers", name="Bakery", notes=OF_THE_OFFICE, phone=OF_THE_OFFICE)
    sites = [
        made("sites", name=f"Site {number}", location=place, customer_id=customer)
        for number, place in enumerate((VADUZ, SCHAAN, BALZERS))
    ]
    vans = [
        made(
            "technicians", call_sign=f"Van {number}", shifts=WORKING_HOURS, home=VADUZ, phone=phone
        )
        for number, phone in enumerate((f"{OF_ANOTHER} {OF_THE_OFFICE}", "", ""))
    ]
    now = deployment.now().isoformat()
    pings = [{"technician_id": van, "at": now, **SCHAAN} for van in vans]
    assert admin.post("/v1/pings", json={"pings": pings}).is_success
    webhook = made("webhooks", url="https://example.com/hook", types=["order.*"])
    orders = [
        made("work-orders", type="repair", site_id=site, notes="" if number % 3 else OF_ANOTHER)
        for number, site in enumerate(sites * 3)
    ]
    for order, van in zip(orders, vans * 2, strict=False):
        reason = {"force": True, "reason": OF_THE_OFFICE}
        made(f"work-orders/{order}/assign", technician_id=van, **reason)
    made(f"work-orders/{orders[-1]}/hold", reason="customer", note=OF_THE_OFFICE)
    contract = made(
        "contracts", name="Care", customer_id=customer, tier="gold", starts_on="2026-01-01"
    )
    retired = admin.post("/v1/sites", json={"name": "Gone", "location": VADUZ}).json()["id"]
    admin.delete(f"/v1/sites/{retired}", headers={"If-Match": '"1"'}).raise_for_status()
    found = {
        "customer": [customer],
        "site": [*sites, retired],
        "technician": vans,
        "order": orders,
        "after": orders,
        "equipment": [made("equipment", site_id=sites[0], type="boiler", name="Boiler 1")],
        "resource": [made("resources", name="Crane", kind="tool", provides=["crane"])],
        "crew": [made("crews", name="Two", lead_id=vans[0], member_ids=vans[1:2])],
        "contract": [contract],
        "webhook": [webhook],
        "proposal": [made("disruptions", cause="ill", technician_id=vans[2])],
        "territory": ["vaduz", "balzers"],
        "version": ["0", "1"],
    }
    made("emergencies", site_id=sites[0], type="burst pipe")
    for kind, path in (
        ("decision", f"work-orders/{orders[0]}/decisions"),
        ("delivery", f"webhooks/{webhook}/deliveries"),
    ):
        found[kind] = [one["id"] for one in admin.get(f"/v1/{path}").json()["items"]]
    return found


@pytest.fixture(scope="module")
def document(admin):
    return admin.get("/openapi.json").json()


HIDDEN = {
    "technician": [OF_ANOTHER],
    "client": [OF_THE_OFFICE],
    "planner": [],
    "dispatcher": [],
    "admin": [],
}
"""By role, what no answer may hold; those who change most come last."""

LEAST = {"technician": 20, "client": 20, "planner": 60, "dispatcher": 100, "admin": 100}
"""So many requests at least are understood, or the test shows nothing."""


@pytest.mark.parametrize("role", HIDDEN)
def test_no_request_makes_us_fail_and_each_refusal_says_why(deployment, ids, document, role):
    client = deployment.client(role, ids["technician"][1] if role == "technician" else None)
    answers = Counter()
    for operation, request in Hostile(document, ids, SEED).requests(EACH):
        body = request.pop("json", None)
        if body is not None:
            request["content"] = json.dumps(body).encode()
            request["headers"]["Content-Type"] = "application/json"
        answer = client.request(**request)
        shown = (operation, request, answer.text[:500])
        answers[answer.status_code // 100] += 1
        assert answer.status_code < 500, shown
        assert not [one for one in HIDDEN[role] if one in answer.text], shown
        if answer.is_client_error:
            assert answer.headers["content-type"] == "application/problem+json", shown
            assert 0 < len(answer.json()["detail"]) < LONGEST_DETAIL, shown
    assert answers[2] >= LEAST[role]
    assert answers[4] > 100
    assert_consistent(deployment.context)


def test_what_is_hidden_is_there(admin, ids):
    """Or nobody could have seen it."""
    shown = [admin.get(f"/v1/technicians/{van}").text for van in ids["technician"]]
    assert sum(OF_ANOTHER in one for one in shown) == 1
    stories = [admin.get(f"/v1/work-orders/{order}/timeline").text for order in ids["order"]]
    assert sum(OF_THE_OFFICE in one for one in stories) > 3
    assert sum(OF_ANOTHER in one for one in stories) > 1
