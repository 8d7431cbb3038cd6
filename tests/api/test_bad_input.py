"""Bad input over the API: named with its remedy, and nothing of it kept."""

from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest

from geo_dispatch.adapters.sql.store import Store
from tests.support.app import VADUZ, running
from tests.support.waiting import until

JSON = {"Content-Type": "application/json"}
BOW_TIE = [[9.52, 47.14], [9.521, 47.141], [9.521, 47.14], [9.52, 47.141], [9.52, 47.14]]
SQUARE = [[9.52, 47.14], [9.522, 47.14], [9.522, 47.142], [9.52, 47.142], [9.52, 47.14]]
SWAPPED = [[lat, lon] for lon, lat in SQUARE]
DAY = 86_400


@pytest.fixture(scope="module")
def office(deployment) -> httpx.Client:
    return deployment.client("dispatcher")


@pytest.fixture(scope="module")
def site(office) -> str:
    return office.post("/v1/sites", json={"name": "Town hall", "location": VADUZ}).json()["id"]


@pytest.fixture(scope="module")
def van(office) -> str:
    return office.post("/v1/technicians", json={"call_sign": "Van 07"}).json()["id"]


@pytest.fixture
def unchanged(deployment) -> Iterator[None]:
    """Nothing is entered or told while the test runs."""
    with closing(Store(deployment.settings.sql_url)) as store:
        with store.read() as unit:
            before = unit.last_seq()
        yield
        with store.read() as unit:
            assert unit.last_seq() == before


def problem_of(answer: httpx.Response, status: int, code: str) -> dict:
    """The body of an answer that says no as all of them do."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["detail"]
    return body


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


@pytest.mark.parametrize("path", ["/v1/customers", "/v1/pings", "/v1/roads/matrix"])
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
def test_json_under_another_name_is_told_how_to_be_called(office, kind):
    answer = office.post(
        "/v1/customers", content=b'{"name": "Bakery"}', headers={"Content-Type": kind}
    )
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


def _fence(*rings: list) -> dict:
    return {"fence": {"type": "Polygon", "coordinates": list(rings)}}


WINDOW_BACK = {"start": "2026-03-02T12:00:00Z", "end": "2026-03-02T11:00:00Z"}
WINDOW_NAIVE = {"start": "2026-03-02T12:00:00", "end": "2026-03-02T13:00:00Z"}
FIRST_DAY = "0001-01-01T00:00:00+14:00"
LAST_DAY = "9999-12-31T23:59:59-14:00"

FAULTY = [
    ("customers", {"name": "x" * 201}, "name", "at most 200"),
    ("customers", {"name": "  "}, "name", "say who it is"),
    ("customers", {"name": "a\0b"}, "name", "U+0000 at character 1; remove it"),
    ("customers", {"name": "a\x1b[31mred"}, "name", "U+001B"),
    ("customers", {"nmae": "x"}, "nmae", "correct its name"),
    ("customers", {"id": "cu_mine"}, "id", "not a known field"),
    ("customers", {"notes": "x" * 4001}, "notes", "at most 4000"),
    ("customers", {"notes": None}, "notes", "null: should be text"),
    ("technicians", {"skills": [{"name": "hvac", "level": 9}]}, "skills[0].level", "9: "),
    ("technicians", {"skills": [{"name": "hvac", "level": "3"}]}, "skills[0].level", '"3"'),
    ("technicians", {"skills": [{"name": "hvac"}] * 2}, "skills", "keep one"),
    ("technicians", {"skills": [{"name": str(n)} for n in range(101)]}, "skills", "at most 100"),
    ("technicians", {"home": {"lon": 9.5, "lat": 147.1}}, "home.lat", "147.1"),
    ("technicians", {"home": {"lon": True, "lat": 47.1}}, "home.lon", "true"),
    ("technicians", {"home": "9.5,47.1"}, "home", "should be an object"),
    ("technicians", {"territory_id": "narnia"}, "territory_id", "there are balzers"),
    ("technicians", {"leave": [{"window": WINDOW_BACK}]}, "leave[0].window", "end after"),
    ("technicians", {"leave": [{"window": WINDOW_NAIVE}]}, "leave[0].window.start", "timezone"),
    (
        "technicians",
        {"leave": [{"window": {"start": FIRST_DAY, "end": "2026-03-02T12:00:00Z"}}]},
        "leave[0].window.start",
        "1970 and 2199",
    ),
    (
        "technicians",
        {"shifts": [{"weekday": 1, "start": "08:00+02:00", "end": "17:00"}]},
        "shifts[0].start",
        "leave the zone out",
    ),
    ("technicians", {"shifts": [{"weekday": 9, "start": "08:00", "end": "17:00"}]},
     "shifts[0].weekday", "9: "),
    ("work-orders", {"site_id": "st_nowhere"}, "site_id", "no site 'st_nowhere'; enter it first"),
    ("work-orders", {"priority": 0}, "priority", "0: "),
    ("work-orders", {"priority": 2.5}, "priority", "2.5: "),
    ("work-orders", {"duration_s": -60}, "duration_s", "-60: "),
    ("work-orders", {"duration_s": "1h"}, "duration_s", '"1h"'),
    ("work-orders", {"window": WINDOW_BACK}, "window", "end after it starts"),
    ("work-orders", {"due_at": "soon"}, "due_at", '"soon"'),
    ("work-orders", {"due_at": FIRST_DAY}, "due_at", "1970 and 2199"),
    ("work-orders", {"due_at": LAST_DAY}, "due_at", "1970 and 2199"),
    ("work-orders", {"due_at": 1_772_442_000}, "due_at", "2026-03-02T09:00:00Z"),
    ("work-orders", {"required_skills": [{"name": "hvac", "level": 6}]},
     "required_skills[0].level", "6: "),
    ("work-orders", {"status": "complete"}, "status", "not a known field"),
    ("sites", {"location": {"lon": 200, "lat": 47}}, "location.lon", "200: "),
    ("sites", {"location": [9.5, 47.1]}, "location", "should be an object"),
    ("sites", {"location": None}, "location", "null: "),
    ("sites", {"fence_radius_m": 0}, "fence_radius_m", "0: "),
    ("sites", {"fence_radius_m": 1e6}, "fence_radius_m", "5000"),
    ("sites", _fence(BOW_TIE), "fence", "redraw it without crossings"),
    ("sites", _fence(SWAPPED), "fence", "longitude first"),
    ("sites", _fence([[500, 500], [501, 500], [501, 501], [500, 500]]), "fence.lon", "500.0"),
    ("sites", _fence([[9.52, 47.14]] * 4), "fence", "not a simple area"),
    ("sites", _fence([["a", "b"]] * 4), "fence.coordinates", "RFC 7946"),
    ("sites", _fence([[9.52, 47.14], [9.522]]), "fence.coordinates", "RFC 7946"),
    ("sites", _fence([[9.52 + n * 1e-7, 47.14] for n in range(2001)] + [SQUARE[3], SQUARE[0]]),
     "fence", "more than 2000; simplify it"),
    ("sites", {"fence": {"type": "Point", "coordinates": [9.5, 47.1]}}, "fence.type", "Point"),
]  # fmt: skip


@pytest.mark.parametrize("case", FAULTY, ids=[f"{case[0]} {case[2]}" for case in FAULTY])
def test_a_faulty_record_is_refused_with_field_value_and_remedy(office, site, unchanged, case):
    kind, wrong, where, said = case
    good = {
        "customers": {"name": "Bakery"},
        "technicians": {"call_sign": "Van 99"},
        "sites": {"name": "Bakery", "location": VADUZ},
        "work-orders": {"type": "repair", "site_id": site},
    }[kind]
    code = "invalid-geometry" if where == "fence.coordinates" else "invalid-input"
    told = problem_of(office.post(f"/v1/{kind}", json=good | wrong), 422, code)
    faults = {fault["where"]: fault["message"] for fault in told["faults"]}
    assert list(faults) == [where] or where.startswith("fence.")
    assert said in faults[where]
    assert faults[where] in told["detail"]
    assert len(told["detail"]) < 600


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.usefixtures("unchanged")
def test_numbers_that_are_none_are_refused(office, number):
    body = f'{{"name": "x", "location": {{"lon": {number}, "lat": 47.1}}}}'
    told = problem_of(office.post("/v1/sites", content=body, headers=JSON), 422, "invalid-input")
    assert told["faults"][0]["where"] == "location.lon"
    ping = f'{{"at": "2026-03-02T09:00:00Z", "lon": {number}, "lat": 47.1}}'
    problem_of(office.post("/v1/pings", content=ping, headers=JSON), 400, "malformed-json")


def test_the_first_and_the_last_times_that_are_taken_break_nothing_later(office, site):
    ever = {"start": "1970-01-01T00:00:00Z", "end": "2199-12-31T23:59:59Z"}
    shifts = [{"weekday": day, "start": "00:00", "end": "23:59"} for day in range(7)]
    away = office.post(
        "/v1/technicians",
        json={"call_sign": "Van 98", "shifts": shifts, "leave": [{"window": ever}], "home": VADUZ},
    ).json()["id"]
    order = office.post(
        "/v1/work-orders",
        json={"type": "repair", "site_id": site, "window": ever, "due_at": ever["end"]},
    ).json()["id"]
    ranked = office.get(f"/v1/work-orders/{order}/candidates")
    assert ranked.status_code == 200, ranked.text
    codes = {
        one["technician_id"]: [exclusion["code"] for exclusion in one["exclusions"]]
        for one in ranked.json()["excluded"]
    }
    assert "on_leave" in codes[away]


@pytest.mark.usefixtures("unchanged")
def test_half_a_surrogate_pair_is_no_text(office):
    answer = office.post("/v1/customers", content=b'{"name": "\\ud800"}', headers=JSON)
    assert problem_of(answer, 422, "invalid-input")["faults"][0]["where"] == "name"


@pytest.mark.parametrize(
    "typed",
    [
        "'; DROP TABLE customers; --",
        '" OR 1=1',
        "<script>alert(1)</script>",
        "{{7*7}} %s ${x}",
        "a\tb\nc",
    ],
)
def test_what_looks_like_code_is_kept_as_the_text_it_is(office, typed):
    made = office.post("/v1/customers", json={"name": "Bakery", "notes": typed}).json()
    assert office.get(f"/v1/customers/{made['id']}").json()["notes"] == typed
    assert office.get(f"/v1/customers/{typed.split()[0]}").status_code == 404
    assert office.get("/v1/places", params={"q": typed}).status_code == 200


VERSIONS = [
    (None, 428, "precondition-required", "GET the record"),
    ('"7"', 412, "version-conflict", "read it again"),
    ("*", 422, "invalid-input", 'look like "3"'),
    ("yesterday", 422, "invalid-input", "yesterday"),
    ('""', 422, "invalid-input", 'look like "3"'),
    ('"1", "2"', 422, "invalid-input", 'look like "3"'),
    ('"' + "9" * 5000 + '"', 422, "invalid-input", "99999"),
]


@pytest.mark.parametrize("case", VERSIONS, ids=[str(case[0])[:20] for case in VERSIONS])
@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_change_based_on_nothing_that_is_changes_nothing(office, method, case):
    sent, status, code, said = case
    made = office.post("/v1/customers", json={"name": "School"}).json()
    where = f"/v1/customers/{made['id']}"
    answer = office.request(
        method,
        where,
        headers={} if sent is None else {"If-Match": sent},
        json={"notes": "new"} if method == "PATCH" else None,
    )
    assert said in problem_of(answer, status, code)["detail"]
    assert office.get(where).json() == made


@pytest.mark.usefixtures("unchanged")
def test_a_key_too_long_to_keep_is_refused_and_does_nothing(office):
    for key in ("x" * 256, ""):
        answer = office.post("/v1/customers", json={"name": "x"}, headers={"Idempotency-Key": key})
        assert (
            f"{len(key)} characters, not 1 to 255"
            in problem_of(answer, 422, "invalid-input")["detail"]
        )


ADDRESSES = [
    ("GET", "/v1/sites/st_no", 404, "not-found", "no site 'st_no'; the list of sites"),
    ("GET", "/v1/customers/" + "x" * 5000, 404, "not-found", "…"),
    ("GET", "/v1/technicians/%ff%fe/position", 404, "not-found", "no ping came so far"),
    ("GET", "/v1/work-orders/wo_no/candidates", 404, "not-found", "no work order 'wo_no'"),
    ("GET", "/v1/work-orders/wo_no/timeline", 404, "not-found", "no work order 'wo_no'"),
    ("POST", "/v1/visits/vi_no/confirm", 404, "not-found", "no visit 'vi_no'"),
    ("GET", "/v1/customers/a%00b", 400, "bad-request", "remove %00"),
    ("GET", "/v1/places?q=a%00b", 400, "bad-request", "remove %00"),
    ("GET", "/v1/customers/..%2f..%2fetc", 404, "not-found", "/docs"),
    ("PUT", "/v1/sites", 405, "method-not-allowed", "see /docs for the methods"),
    ("DELETE", "/v1/pings", 405, "method-not-allowed", "see /docs for the methods"),
    ("GET", "/basemap/..%2f..%2froads.graph.pmtiles", 404, "not-found", "/docs"),
    ("GET", "/basemap/%2e%2e/liechtenstein.pmtiles", 404, "not-found", "/docs"),
    ("GET", "/basemap/narnia.pmtiles", 404, "not-found", "roads build SOURCE --area narnia"),
    ("GET", "/static/..%2f..%2fapp.py", 404, "not-found", "/docs"),
    ("GET", "/static/%2e%2e/%2e%2e/pyproject.toml", 404, "not-found", "/docs"),
    ("GET", "/static//etc/passwd", 404, "not-found", "/docs"),
    ("GET", "/v1/customers?limit=-1", 422, "invalid-input", 'limit: "-1": '),
    ("GET", "/v1/customers?limit=abc", 422, "invalid-input", 'limit: "abc": '),
    ("GET", "/v1/customers?limit=501", 422, "invalid-input", "equal to 500"),
    ("GET", "/v1/customers?cursor=made-up", 422, "invalid-input", "begin at the first page"),
    ("GET", "/v1/work-orders?cursor=' OR 1=1", 422, "invalid-input", "begin at the first page"),
    ("GET", "/v1/work-orders?status=flying", 422, "invalid-input", "'en_route'"),
    ("GET", "/v1/work-orders?open=maybe", 422, "invalid-input", 'open: "maybe"'),
    ("GET", "/v1/places", 422, "invalid-input", "q: is missing"),
    ("GET", "/v1/places?q=va&near=abc", 422, "invalid-input", "near 'abc' is not a place; write"),
    ("GET", "/v1/places?q=va&near=9.5,97", 422, "invalid-position", "latitude swapped?"),
    ("GET", "/v1/places?q=" + "a" * 5000, 422, "invalid-input", "at most 200"),
    ("GET", "/v1/roads/route?from=9.5,47.1&to=nan,1", 422, "invalid-position", "to (nan, 1.0)"),
    ("GET", "/v1/roads/route?from=9.5,47.1,3&to=1,1", 422, "invalid-input", "9.52,47.14"),
    ("GET", "/v1/roads/reach?from=9.5,47.1&minutes=-1", 422, "invalid-input", "minutes: "),
    ("GET", "/v1/roads/reach?from=9.5,47.1&minutes=inf", 422, "invalid-input", "240"),
    ("GET", "/v1/stream?last_event_id=abc", 422, "invalid-input", "leave it out"),
    ("GET", "/v1/stream?last_event_id=" + "9" * 5000, 422, "invalid-input", "leave it out"),
]


@pytest.mark.parametrize("case", ADDRESSES, ids=[f"{case[0]} {case[1][:50]}" for case in ADDRESSES])
@pytest.mark.usefixtures("unchanged")
def test_an_address_that_leads_nowhere_says_so(office, case):
    method, path, status, code, said = case
    answer = office.request(method, path)
    told = problem_of(answer, status, code)["detail"]
    assert said in told
    assert "Traceback" not in told


STEPS = [
    ("assign", {}, 422, "invalid-input", 'give one of "technician_id", "crew_id" and "auto"'),
    ("assign", {"auto": True, "technician_id": "tc_1"}, 422, "invalid-input", "give one of"),
    ("assign", {"auto": "yes"}, 422, "invalid-input", "true or false"),
    ("assign", {"technician_id": "tc_no"}, 404, "not-found", "no technician 'tc_no'; the list"),
    ("unassign", {"reason": "x"}, 409, "transition-not-allowed", "possible now: change, assign"),
    ("status", {}, 422, "invalid-input", "status: is missing"),
    ("status", {"status": "flying"}, 422, "invalid-input", "'en_route'"),
    ("status", {"status": "complete"}, 409, "transition-not-allowed", "possible now: "),
    ("status", {"status": "en_route", "note": "x"}, 422, "invalid-input", "note: is not a known"),
]  # fmt: skip


@pytest.fixture(scope="module")
def order(office, site) -> str:
    return office.post("/v1/work-orders", json={"type": "repair", "site_id": site}).json()["id"]


@pytest.mark.parametrize("case", STEPS, ids=[f"{case[0]} {case[1]}" for case in STEPS])
@pytest.mark.usefixtures("unchanged")
def test_a_step_that_cannot_be_done_says_what_can(office, order, case):
    step, body, status, code, said = case
    answer = office.post(f"/v1/work-orders/{order}/{step}", json=body)
    assert said in problem_of(answer, status, code)["detail"]


@pytest.mark.usefixtures("unchanged")
def test_force_without_a_reason_is_refused(office, order, van):
    body = {"technician_id": van, "force": True, "reason": "  "}
    answer = office.post(f"/v1/work-orders/{order}/assign", json=body)
    told = problem_of(answer, 422, "invalid-input")
    assert told["faults"] == [
        {"where": "reason", "message": "is empty; say why the limits are overridden"}
    ]


def test_of_a_batch_with_faults_the_good_pings_are_kept_and_each_bad_one_is_told(
    deployment, office, van
):
    now = deployment.now()
    good = {"technician_id": van, "at": now.isoformat(), **VADUZ}
    bad = {
        "nobody": (good | {"technician_id": "tc_nobody"}, "no technician 'tc_nobody'; enter"),
        "nameless": (good | {"technician_id": ""}, "technician_id is missing"),
        "off the earth": (good | {"lat": 97.0}, "is not on the earth; are longitude"),
        "future": (good | {"at": "2030-01-01T00:00:00Z"}, "set the device's clock"),
        "ancient": (good | {"at": FIRST_DAY}, "fixes older than 48 h are not taken"),
        "last": (good | {"at": LAST_DAY}, "set the device's clock"),
        "not a place": (good | {"lon": "east"}, 'lon: "east": '),
        "no time": ({"technician_id": van, **VADUZ}, "at: is missing"),
        "a number": (3, "3: should be an object"),
        "nothing": (None, "null: should be an object"),
        "endless": (good | {"technician_id": "x" * 100_000}, "no technician 'xxx"),
    }
    batch = [good, *(ping for ping, _ in bad.values()), good | {"lon": VADUZ["lon"] + 1e-4}]
    answer = office.post("/v1/pings", json={"pings": batch})
    assert answer.status_code == 200
    first, *between, last = answer.json()["verdicts"]
    assert (first["verdict"], last["verdict"]) == ("accepted", "accepted")
    for (name, (_, said)), verdict in zip(bad.items(), between, strict=True):
        assert verdict["verdict"] == "rejected", name
        assert said in verdict["message"], name
        assert len(verdict["message"]) < 300, name
    where = f"/v1/technicians/{van}/position"
    position = until(lambda: _if_there(office.get(where)), 5, "the mirror to hear of it")
    assert (position["lon"], position["lat"]) == pytest.approx((VADUZ["lon"] + 1e-4, VADUZ["lat"]))


def _if_there(answer: httpx.Response) -> dict | None:
    found = answer.json()
    return found if answer.status_code == 200 and found["lon"] != VADUZ["lon"] else None


def test_whoever_shows_no_good_token_is_told_how_to_make_one(deployment):
    for sent in ("Bearer", "Bearer gd_x", "Basic eHg=", "Digest x", "Bearer " + "x" * 20_000):
        answer = httpx.get(f"{deployment.url}/v1/sites", headers={"Authorization": sent})
        assert "tokens create" in problem_of(answer, 401, "unauthenticated")["detail"]


def test_when_redis_is_away_it_is_said_at_once_and_heals_by_itself(workspace, tmp_path):
    with running(workspace, tmp_path) as deployment:
        office = deployment.client("dispatcher")
        van = office.post("/v1/technicians", json={"call_sign": "Van 07"}).json()["id"]

        def send() -> httpx.Response:
            at = deployment.now().isoformat()
            return office.post("/v1/pings", json={"technician_id": van, "at": at, **VADUZ})

        assert send().status_code == 200
        deployment.redis.stop()
        refused = send()
        told = problem_of(refused, 503, "redis-unavailable")
        assert refused.elapsed.total_seconds() < 3
        assert int(refused.headers["retry-after"]) >= 1
        assert "redis" in told["detail"].lower()
        assert office.get("/v1/technicians").status_code == 200
        assert httpx.get(f"{deployment.url}/health/ready").status_code == 503
        deployment.redis.start()
        until(lambda: send().status_code == 200, 10, "pings to be taken again")
        until(lambda: httpx.get(f"{deployment.url}/health/ready").is_success, 10, "readiness again")
        assert office.get("/v1/positions").json()["items"][0]["technician_id"] == van
