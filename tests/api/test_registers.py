"""Equipment, shared vehicles and tools, and crews over the API."""

import pytest

from tests.support.app import VADUZ


@pytest.fixture(scope="module")
def office(deployment):
    return deployment.client("dispatcher")


@pytest.fixture(scope="module")
def site(office):
    return office.post("/v1/sites", json={"name": "Dairy", "location": VADUZ}).json()


@pytest.fixture(scope="module")
def vans(office):
    made = [office.post("/v1/technicians", json={"call_sign": f"Reg {n}"}) for n in range(3)]
    return [one.json()["id"] for one in made]


@pytest.fixture
def bodies(site, vans):
    return {
        "equipment": (
            {"site_id": site["id"], "type": "heat pump", "name": "Pump 1", "serial": "HP-9"},
            {"notes": "behind the silo"},
        ),
        "resources": (
            {"name": "Hoist 1", "kind": "vehicle", "provides": ["hoist"]},
            {"provides": ["hoist", "crane"]},
        ),
        "crews": (
            {"name": "Roof", "lead_id": vans[0], "member_ids": [vans[1]]},
            {"member_ids": [vans[2], vans[1]]},
        ),
    }


@pytest.mark.parametrize("kind", ["equipment", "resources", "crews"])
def test_a_record_is_entered_read_changed_and_retired(office, bodies, kind):
    body, change = bodies[kind]
    made = office.post(f"/v1/{kind}", json=body)
    assert made.status_code == 201, made.text
    record = made.json()
    where = f"/v1/{kind}/{record['id']}"
    assert (made.headers["location"], made.headers["etag"]) == (where, '"1"')
    assert record.items() >= body.items()
    assert office.get(where).json() == record
    changed = office.patch(where, json=change, headers={"If-Match": '"1"'})
    assert changed.json() == record | change | {"version": 2}
    assert record["id"] in [item["id"] for item in office.get(f"/v1/{kind}").json()["items"]]
    retired = office.delete(where, headers={"If-Match": '"2"'})
    assert retired.json() == record | change | {"version": 3, "retired": True}
    assert record["id"] not in [item["id"] for item in office.get(f"/v1/{kind}").json()["items"]]


def test_a_site_lists_its_equipment(office, site):
    body = {"site_id": site["id"], "type": "boiler", "name": "Boiler 2"}
    made = office.post("/v1/equipment", json=body).json()
    listed = office.get(f"/v1/sites/{site['id']}/equipment").json()["items"]
    assert made in listed
    assert office.get("/v1/sites/st_none/equipment").status_code == 404


def test_a_resource_is_blocked_once_and_given_back(office):
    made = office.post("/v1/resources", json={"name": "Lift", "provides": ["lift"]}).json()
    where = f"/v1/resources/{made['id']}/bookings"
    span = {"start": "2031-03-02T08:00:00Z", "end": "2031-03-02T12:00:00Z"}
    blocked = office.post(where, json={"window": span, "reason": "service"})
    assert (blocked.status_code, blocked.json()["window"]) == (201, span)
    again = office.post(where, json={"window": span, "reason": "lent"})
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert "out of reach until" in again.json()["conflicts"][0]["message"]
    assert office.get(where).json()["items"] == [blocked.json()]
    freed = office.post(f"{where}/{blocked.json()['id']}/release")
    assert (freed.status_code, freed.json()) == (200, blocked.json())
    assert office.get(where, params={"past": True}).json()["items"] == []


def test_equipment_belongs_to_the_site_and_what_is_missing_is_named(office, site):
    other = office.post("/v1/sites", json={"name": "Mill", "location": VADUZ}).json()
    pump = office.post(
        "/v1/equipment", json={"site_id": other["id"], "type": "pump", "name": "Pump"}
    ).json()
    order = {"type": "repair", "site_id": site["id"], "priority": 2, "equipment_id": pump["id"]}
    refused = office.post("/v1/work-orders", json=order)
    assert refused.status_code == 422
    (fault,) = refused.json()["faults"]
    assert fault["where"] == "equipment_id"
    assert "Mill" in fault["message"]
    placed = office.post("/v1/work-orders", json=order | {"site_id": other["id"]})
    assert placed.status_code == 201, placed.text
    without = office.post("/v1/work-orders", json={"type": "repair"})
    assert (without.status_code, without.json()["faults"][0]["where"]) == (422, "site_id")


def test_a_planner_reads_and_a_technician_changes_nothing(deployment, bodies):
    planner, body = deployment.client("planner"), bodies["crews"][0]
    assert planner.get("/v1/crews").status_code == 200
    assert planner.post("/v1/crews", json=body).status_code == 403
