"""Service levels and contracts over the API."""

import csv
import io

import pytest

from tests.support.app import VADUZ
from tests.support.policies import publish

SLA = """
[[sla]]
name = "gold"
tiers = ["gold"]
response_s = 3600
pauses = ["no_access"]
"""
PERIOD = {"from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"}


@pytest.fixture(scope="module")
def office(deployment):
    publish(deployment.context, SLA)
    return deployment.client("dispatcher")


@pytest.fixture(scope="module")
def customer(office):
    return made(office, "/v1/customers", {"name": "Bakery"})


@pytest.fixture(scope="module")
def contract(office, customer):
    body = {
        "customer_id": customer["id"],
        "name": "Full service",
        "tier": "gold",
        "starts_on": "2026-01-01",
        "renews_on": "2026-03-20",
        "preferred_hours": [{"weekday": 0, "start": "08:00", "end": "10:00"}],
    }
    return made(office, "/v1/contracts", body)


@pytest.fixture(scope="module")
def order(office, customer, contract):
    site = made(
        office,
        "/v1/sites",
        {"name": "Bakery", "location": VADUZ, "customer_id": contract["customer_id"]},
    )
    return made(office, "/v1/work-orders", {"type": "boiler repair", "site_id": site["id"]})


def made(office, path, body):
    answered = office.post(path, json=body)
    assert answered.status_code == 201, answered.text
    return answered.json()


def test_an_order_answers_its_promise_its_clocks_and_the_events_that_prove_it(office, order):
    found = office.get(f"/v1/work-orders/{order['number']}/sla").json()
    assert (found["policy"]["name"], found["policy_version"]) == ("gold", 1)
    assert found["policy"]["pauses"] == ["no_access"]
    assert found["response"]["state"] == "runs"
    assert 0 < found["response"]["left_s"] <= 3600
    assert found["completion"] is None
    assert [one["limit"] for one in found["deadlines"]] == ["sla_response"]
    (proof,) = found["evidence"]
    assert (proof["type"], proof["occurred_at"]) == ("order.placed", order["placed_at"])
    assert order["sla"]["response"]["due_at"] == found["response"]["due_at"]


def test_an_order_without_a_promise_says_so(office, order):
    plain = made(office, "/v1/sites", {"name": "Elsewhere", "location": VADUZ})
    other = made(office, "/v1/work-orders", {"type": "repair", "site_id": plain["id"]})
    found = office.get(f"/v1/work-orders/{other['id']}/sla").json()
    assert (found["policy"], found["response"], found["evidence"]) == (None, None, [])


def test_an_unknown_order_has_no_service_level(office):
    assert office.get("/v1/work-orders/wo_none/sla").status_code == 404


def test_the_report_counts_by_policy_tier_and_customer(office, order):
    found = office.get("/v1/sla/report", params=PERIOD).json()
    (row,) = [one for one in found["attainment"] if one["policy"] == "gold"]
    assert (row["tier"], row["customer"], row["open"]) == ("gold", "Bakery", 1)
    assert found["missed"] == []


def test_the_report_comes_as_csv_too(office, order):
    answered = office.get("/v1/sla/report.csv", params=PERIOD)
    assert answered.headers["content-type"] == "text/csv; charset=utf-8"
    (row,) = [one for one in csv.DictReader(io.StringIO(answered.text)) if one["policy"] == "gold"]
    assert (row["customer"], row["open"]) == ("Bakery", "1")
    missed = office.get("/v1/sla/report.csv", params={**PERIOD, "table": "missed"})
    assert list(csv.DictReader(io.StringIO(missed.text))) == []


def test_the_evidence_comes_as_a_file_for_an_order_and_for_a_period(office, order):
    of_order = office.get(f"/v1/work-orders/{order['number']}/sla/evidence")
    assert of_order.headers["content-disposition"] == (
        f'attachment; filename="sla-{order["number"]}.json"'
    )
    (one,) = of_order.json()["orders"]
    assert one["sla"] == order["sla"]
    (proof,) = one["proofs"]
    assert (proof["type"], len(proof["digest"]), len(proof["chain"])) == ("order.placed", 64, 64)
    answered = office.get("/v1/sla/evidence", params={**PERIOD, "as": "csv"})
    assert answered.headers["content-type"] == "text/csv; charset=utf-8"
    assert answered.headers["content-disposition"].endswith('.csv"')
    rows = list(csv.DictReader(io.StringIO(answered.text)))
    assert [row["digest"] for row in rows if row["number"] == order["number"]] == [proof["digest"]]
    backwards = {"from": PERIOD["to"], "to": PERIOD["from"]}
    assert office.get("/v1/sla/evidence", params=backwards).status_code == 422


def test_a_report_of_no_time_is_refused(office):
    answered = office.get("/v1/sla/report", params={**PERIOD, "to": PERIOD["from"]})
    assert answered.status_code == 422
    assert answered.json()["faults"][0]["where"] == "to"
    answered = office.get("/v1/sla/report", params={"to": PERIOD["to"]})
    assert answered.json()["faults"][0]["where"] == "from"


def test_contracts_are_entered_read_changed_and_ended(office, customer):
    body = {"customer_id": customer["id"], "name": "Lifts", "tier": "silver"}
    refused = office.post("/v1/contracts", json=body)
    assert refused.json()["faults"][0]["where"] == "starts_on"
    lifts = made(office, "/v1/contracts", {**body, "starts_on": "2026-02-01"})
    path = f"/v1/contracts/{lifts['id']}"
    changed = office.patch(path, json={"tier": "gold"}, headers={"If-Match": '"1"'}).json()
    assert (changed["tier"], changed["version"]) == ("gold", 2)
    assert office.patch(path, json={"tier": "x"}, headers={"If-Match": '"1"'}).status_code == 412
    assert changed["id"] in {one["id"] for one in office.get("/v1/contracts").json()["items"]}
    assert office.delete(path, headers={"If-Match": '"2"'}).json()["retired"]
    assert changed["id"] not in {one["id"] for one in office.get("/v1/contracts").json()["items"]}
    nobody = office.post(
        "/v1/contracts", json={**body, "customer_id": "cu_0", "starts_on": "2026-02-01"}
    )
    assert nobody.json()["faults"][0]["message"] == "no customer 'cu_0'; enter it first"


def test_renewals_are_listed_with_the_days_left(office, contract):
    (due,) = office.get("/v1/contracts/renewals").json()["items"]
    assert (due["contract"]["id"], due["days_left"], due["within_days"]) == (contract["id"], 18, 30)


def test_clients_and_technicians_see_neither_report_nor_contracts(deployment, office):
    client = deployment.client("client")
    for path in ("/v1/sla/report", "/v1/sla/report.csv", "/v1/contracts", "/v1/contracts/renewals"):
        assert client.get(path, params=PERIOD).status_code == 403
