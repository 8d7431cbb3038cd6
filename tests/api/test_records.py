"""Technicians, customers and sites over the API."""

import pytest

from api.middleware import MAX_BODY_BYTES
from tests.support.app import VADUZ, WORKING_HOURS

FENCE = {
    "type": "Polygon",
    "coordinates": [
        [[9.52, 47.14], [9.522, 47.14], [9.522, 47.142], [9.52, 47.142], [9.52, 47.14]]
    ],
}

RECORDS = [
    (
        "/v1/technicians",
        {
            "call_sign": "Van 07",
            "skills": [{"name": "hvac", "level": 3, "expires_on": "2027-01-31"}],
            "shifts": WORKING_HOURS[:1],
            "leave": [
                {
                    "window": {"start": "2026-08-01T00:00:00Z", "end": "2026-08-15T00:00:00+02:00"},
                    "reason": "holiday",
                }
            ],
            "home": VADUZ,
            "vehicle": {"name": "VW Caddy", "registration": "FL 1", "equipment": ["ladder"]},
            "phone": "+423 000",
            "external_id": "hr-7",
        },
        {"call_sign": "Van 08"},
    ),
    (
        "/v1/customers",
        {"name": "Bakery", "tier": "gold", "phone": "1", "email": "a@b.example", "notes": "x",
         "external_id": "crm-1"},
        {"name": "Bakery and café"},
    ),
    (
        "/v1/sites",
        {
            "name": "Bakery, Städtle 14",
            "location": VADUZ,
            "address": "Städtle 14, Vaduz",
            "fence": FENCE,
            "fence_radius_m": 80.0,
            "access_notes": "Ring twice",
            "external_id": "gis-1",
        },
        {"access_notes": "Ring thrice"},
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def office(deployment):
    return deployment.client("dispatcher")


@pytest.mark.parametrize(("path", "body", "change"), RECORDS, ids=lambda x: str(x)[:15])
def test_a_record_is_entered_read_changed_and_retired(office, path, body, change):
    made = office.post(path, json=body)
    assert made.status_code == 201, made.text
    record = made.json()
    where = f"{path}/{record['id']}"
    assert (made.headers["location"], made.headers["etag"]) == (where, '"1"')
    assert record["version"] == 1
    assert not record["retired"]
    read = office.get(where)
    assert read.json() == record
    assert read.headers["etag"] == '"1"'
    changed = office.patch(where, json=change, headers={"If-Match": '"1"'})
    assert changed.headers["etag"] == '"2"'
    assert changed.json() == record | change | {"version": 2}
    assert record["id"] in [item["id"] for item in office.get(path).json()["items"]]
    retired = office.delete(where, headers={"If-Match": '"2"'})
    assert retired.json() == record | change | {"version": 3, "retired": True}
    assert record["id"] not in [item["id"] for item in office.get(path).json()["items"]]
    everything = office.get(path, params={"retired": True}).json()["items"]
    assert record["id"] in [item["id"] for item in everything]


@pytest.mark.parametrize(("path", "body", "change"), RECORDS, ids=lambda x: str(x)[:15])
def test_what_was_read_can_be_sent_back(office, path, body, change):
    made = office.post(path, json=body | {"external_id": None} | change).json()
    sendable = {name: made[name] for name in body}
    again = office.patch(
        f"{path}/{made['id']}", json=sendable, headers={"If-Match": f'"{made["version"]}"'}
    )
    assert again.status_code == 200, again.text
    assert again.json() == made


def test_two_people_cannot_overwrite_each_other(office):
    made = office.post("/v1/customers", json={"name": "Hotel"}).json()
    where = f"/v1/customers/{made['id']}"
    first = office.patch(where, json={"notes": "pays late"}, headers={"If-Match": '"1"'})
    assert first.status_code == 200
    second = office.patch(where, json={"notes": "pays early"}, headers={"If-Match": '"1"'})
    assert (second.status_code, second.json()["code"]) == (412, "version-conflict")
    assert office.get(where).json()["notes"] == "pays late"


def test_a_change_must_say_what_it_is_based_on(office):
    made = office.post("/v1/customers", json={"name": "School"}).json()
    where = f"/v1/customers/{made['id']}"
    missing = office.patch(where, json={"notes": "x"})
    assert (missing.status_code, missing.json()["code"]) == (428, "precondition-required")
    strange = office.delete(where, headers={"If-Match": "*"})
    assert (strange.status_code, strange.json()["faults"][0]["where"]) == (422, "If-Match")


def test_all_faults_come_at_once_each_with_field_value_and_remedy(office):
    answer = office.post(
        "/v1/technicians",
        json={
            "skills": [{"name": "hvac", "level": 9}],
            "home": {"lon": 9.5, "lat": 147.1},
            "nick": "seven",
        },
    )
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    faults = {fault["where"]: fault["message"] for fault in answer.json()["faults"]}
    assert set(faults) == {"call_sign", "skills[0].level", "home.lat", "nick"}
    assert faults["call_sign"] == "is missing; it must be given"
    assert faults["home.lat"].startswith("147.1: ")
    assert "90" in faults["home.lat"]


def test_a_fence_that_crosses_itself_is_refused(office):
    bow_tie = [[[9.52, 47.14], [9.53, 47.15], [9.53, 47.14], [9.52, 47.15], [9.52, 47.14]]]
    answer = office.post(
        "/v1/sites",
        json={
            "name": "Bow tie",
            "location": VADUZ,
            "fence": {"type": "Polygon", "coordinates": bow_tie},
        },
    )
    assert answer.status_code == 422, answer.text
    assert answer.json()["faults"][0]["where"].startswith("fence")


@pytest.mark.parametrize("coordinates", [[], [1, 2], [[["a", "b"]]], [[[9.5, 47.1]]]])
def test_a_fence_that_is_no_polygon_is_refused(office, coordinates):
    answer = office.post(
        "/v1/sites",
        json={
            "name": "Nothing",
            "location": VADUZ,
            "fence": {"type": "Polygon", "coordinates": coordinates},
        },
    )
    assert answer.status_code == 422, answer.text


def test_a_site_lies_in_its_cell_and_territory(office):
    site = office.post("/v1/sites", json={"name": "Town hall", "location": VADUZ}).json()
    names = {
        feature["id"]: feature["properties"]["name"]
        for feature in office.get("/v1/territories").json()["features"]
    }
    assert names[site["territory_id"]] == "Vaduz"
    assert len(site["cell"]) == 15


def test_lists_come_in_pages_that_miss_nothing(office):
    made = {
        office.post("/v1/customers", json={"name": f"Page {number:02}"}).json()["id"]
        for number in range(7)
    }
    seen, cursor = [], None
    while True:
        page = office.get(
            "/v1/customers", params={"limit": 3} | ({"cursor": cursor} if cursor else {})
        ).json()
        assert len(page["items"]) <= 3
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen))
    assert made <= set(seen)


def test_what_is_not_there_is_named(office):
    answer = office.get("/v1/sites/st_nowhere")
    assert answer.status_code == 404
    assert "st_nowhere" in answer.json()["detail"]


def test_an_external_id_belongs_to_one(office):
    office.post("/v1/customers", json={"name": "One", "external_id": "same"})
    answer = office.post("/v1/customers", json={"name": "Two", "external_id": "same"})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nothing", 404, "not-found"),
        ("PUT", "/v1/sites", 405, "method-not-allowed"),
        ("GET", "/nothing/at/all", 404, "not-found"),
    ],
)
def test_wrong_paths_and_methods_are_problems_too(office, method, path, status, code):
    answer = office.request(method, path)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert path in answer.json()["detail"]


def test_malformed_json_is_told_with_its_place(office):
    headers = {"Content-Type": "application/json"}
    answer = office.post("/v1/sites", content=b'{"name": ', headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed-json")


def test_a_body_too_large_is_refused(office):
    answer = office.post("/v1/customers", content=b" " * (MAX_BODY_BYTES + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "content-too-large")
    chunks = (b" " * 1024 * 1024 for _ in range(10))
    headers = {"Content-Type": "application/json"}
    chunked = office.post("/v1/customers", content=chunks, headers=headers)
    assert chunked.status_code == 413


def test_typed_markup_comes_back_as_typed(office):
    name = "<img src=x onerror=alert(1)>"
    made = office.post("/v1/customers", json={"name": name})
    assert made.json()["name"] == name
    assert made.headers["content-type"] == "application/json"
    assert made.headers["x-content-type-options"] == "nosniff"
