"""Addresses that lead nowhere, queries that can't be understood, and callers without a token."""

import httpx
import pytest

from tests.support.refusals import problem_of

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


def test_whoever_shows_no_good_token_is_told_how_to_make_one(deployment):
    for sent in ("Bearer", "Bearer gd_x", "Basic eHg=", "Digest x", "Bearer " + "x" * 20_000):
        answer = httpx.get(f"{deployment.url}/v1/sites", headers={"Authorization": sent})
        assert "tokens create" in problem_of(answer, 401, "unauthenticated")["detail"]


QUERIES = [
    ("POST", "/v1/emergencies?dry-run=true", "dry-run: is not a parameter; did you mean"),
    ("POST", "/v1/emergencies?dry_run=true&dry_run=false", "dry_run: is there 2 times; give it"),
    ("GET", "/v1/work-orders?state=new", "state: is not a parameter; did you mean 'status'?"),
    ("GET", "/v1/work-orders?limit=1&limit=2&open=1&open=0", "open: is there 2 times"),
    ("GET", "/v1/board?day=2026-03-02", "day: is not a parameter; there are date, "),
    ("GET", "/v1/session?" + "x" * 9999 + "=1", "x…: is not a parameter; this takes none"),
    ("GET", "/v1/customers?key=gd_x", "key: is not a parameter"),
]  # fmt: skip


@pytest.mark.parametrize("case", QUERIES, ids=[case[1][:50] for case in QUERIES])
@pytest.mark.usefixtures("unchanged")
def test_a_query_that_could_be_misunderstood_is_not_carried_out(office, site, case):
    method, path, said = case
    answer = office.request(method, path, json={"type": "leak", "site_id": site})
    told = problem_of(answer, 422, "invalid-input")["detail"]
    assert said in told
    assert len(told) < 400


def test_what_may_be_there_several_times_may(office, order):
    both = office.get("/v1/work-orders?status=new&status=assigned").json()["items"]
    assert order in [one["id"] for one in both]


@pytest.mark.usefixtures("unchanged")
def test_faults_are_told_after_who_asks(deployment):
    answer = httpx.get(f"{deployment.url}/v1/work-orders?stat=new", trust_env=False)
    problem_of(answer, 401, "unauthenticated")
