"""Bodies that are no JSON, are called something else, or say one thing twice."""

import pytest

from tests.support.refusals import problem_of

JSON = {"Content-Type": "application/json"}

NOT_JSON = {
    "cut short": b'{"name": "x',
    "an unclosed list": b'{"name": [1, 2',
    "nested without end": b"[" * 100_000,
    "nested and closed": b'{"name":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "objects without end": b'{"a":' * 50_000,
    "a megabyte of garbage": bytes(range(256)) * 4096,
    "not UTF-8": b'{"name": "\xff\xfe"}',
    "broken UTF-8": b'{"name": "\xc3\x28"}',
    "a form": b"name=x",
}


ROUTES = [
    *(
        "/v1/customers",
        "/v1/pings",
        "/v1/roads/matrix",
        "/v1/roads/nearest",
        "/v1/emergencies",
        "/v1/disruptions",
    ),
    *("/v1/replans", "/v1/policy/check", "/v1/crews", "/v1/contracts"),
    *("/v1/resources/rs_1/bookings", "/v1/proposals/pr_1/reject"),
]


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON)
@pytest.mark.usefixtures("unchanged")
def test_a_body_that_is_not_json_is_told_so(office, path, body):
    answer = office.post(path, content=body, headers=JSON)
    told = problem_of(answer, 400, "malformed-json")["detail"]
    assert told.startswith("the body is not JSON: ")
    assert told.endswith("; correct it and send it again")
    assert len(told) < 300


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "garbage", "multipart/form-data"]
)
@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("path", [path for path in ROUTES if path != "/v1/pings"])
def test_json_under_another_name_is_told_how_to_be_called(office, path, kind):
    answer = office.post(path, content=b'{"name": "Bakery"}', headers={"Content-Type": kind})
    told = problem_of(answer, 415, "unsupported-media-type")["detail"]
    assert kind in told
    assert "Content-Type: application/json" in told


@pytest.mark.parametrize(("body", "shown"), [("[]", "[]"), ("null", "null"), ('"x"', '"x"')])
@pytest.mark.usefixtures("unchanged")
def test_json_that_is_no_object_is_told_in_the_words_of_json(office, body, shown):
    told = problem_of(
        office.post("/v1/customers", content=body, headers=JSON), 422, "invalid-input"
    )
    assert told["faults"] == [{"where": "body", "message": f"{shown}: should be an object {{…}}"}]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.usefixtures("unchanged")
def test_numbers_that_are_none_are_refused(office, number):
    body = f'{{"name": "x", "location": {{"lon": {number}, "lat": 47.1}}}}'
    told = problem_of(office.post("/v1/sites", content=body, headers=JSON), 422, "invalid-input")
    assert told["faults"][0]["where"] == "location.lon"
    ping = f'{{"at": "2026-03-02T09:00:00Z", "lon": {number}, "lat": 47.1}}'
    problem_of(office.post("/v1/pings", content=ping, headers=JSON), 400, "malformed-json")


@pytest.mark.usefixtures("unchanged")
def test_half_a_surrogate_pair_is_no_text(office):
    answer = office.post("/v1/customers", content=b'{"name": "\\ud800"}', headers=JSON)
    assert problem_of(answer, 422, "invalid-input")["faults"][0]["where"] == "name"


TWICE = [
    ("/v1/customers", '{"name": "Bakery", "name": "Brewery"}', "name"),
    ("/v1/emergencies", '{"type": "leak", "site_id": "st_1", "site_id": "st_2"}', "site_id"),
    ("/v1/work-orders/wo_1/assign", '{"auto": true, "auto": false}', "auto"),
    ("/v1/replans", '{"area": {"type": "Polygon", "type": "Point", "coordinates": []}}', "type"),
]


@pytest.mark.parametrize("case", TWICE, ids=[case[0] for case in TWICE])
@pytest.mark.usefixtures("unchanged")
def test_json_that_says_one_thing_twice_is_not_guessed_at(office, case):
    path, body, name = case
    told = problem_of(office.post(path, content=body, headers=JSON), 400, "malformed-json")
    assert f'"{name}" is there twice in one object' in told["detail"]
