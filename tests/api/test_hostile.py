"""Whatever is sent to whichever route: an answer that says what is wrong, never our failure."""

import json
from collections import Counter

import pytest

from geo_dispatch.services.history import audit
from tests.support.app import BALZERS, SCHAAN, VADUZ, WORKING_HOURS
from tests.support.hostile import Hostile

EACH, SEED = 5, 1
LONGEST_DETAIL = 3000


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

    customer = made("customers", name="Bakery")
    sites = [
        made("sites", name=f"Site {number}", location=place, customer_id=customer)
        for number, place in enumerate((VADUZ, SCHAAN, BALZERS))
    ]
    vans = [
        made("technicians", call_sign=f"Van {number}", shifts=WORKING_HOURS, home=VADUZ)
        for number in range(3)
    ]
    now = deployment.now().isoformat()
    pings = [{"technician_id": van, "at": now, **SCHAAN} for van in vans]
    assert admin.post("/v1/pings", json={"pings": pings}).is_success
    webhook = made("webhooks", url="https://example.com/hook", types=["order.*"])
    orders = [made("work-orders", type="repair", site_id=site) for site in sites * 3]
    for order, van in zip(orders, vans * 2, strict=False):
        made(f"work-orders/{order}/assign", technician_id=van)
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


def test_no_request_makes_us_fail_and_each_refusal_says_why(deployment, admin, ids, document):
    answers = Counter()
    for operation, request in Hostile(document, ids, SEED).requests(EACH):
        body = request.pop("json", None)
        if body is not None:
            request["content"] = json.dumps(body).encode()
            request["headers"]["Content-Type"] = "application/json"
        answer = admin.request(**request)
        shown = (operation, request, answer.text[:500])
        answers[answer.status_code // 100] += 1
        assert answer.status_code < 500, shown
        if answer.is_client_error:
            assert answer.headers["content-type"] == "application/problem+json", shown
            assert 0 < len(answer.json()["detail"]) < LONGEST_DETAIL, shown
    assert answers[2] > 100
    assert answers[4] > 100
    assert audit.verify(deployment.context).finding is None
