"""Tokens, roles, the session cookie, ingest keys."""

import base64
import logging

import pytest
from fastapi.routing import APIRoute

from api.app import create_app
from api.ingest.registry import OPERATIONS
from api.roles import ROLES
from api.routes import ROUTERS
from geo_dispatch.config import Settings
from geo_dispatch.kernel.actors import Role
from geo_dispatch.services import tokens
from tests.support.app import VADUZ, WORKING_HOURS


@pytest.fixture(scope="module")
def office(deployment):
    return deployment.client("dispatcher")


@pytest.fixture(scope="module")
def vans(office):
    return [
        office.post(
            "/v1/technicians", json={"call_sign": f"Van {number:02}", "shifts": WORKING_HOURS}
        ).json()["id"]
        for number in (1, 2)
    ]


def _ping(deployment, technician_id=None, **more):
    ping = {"at": deployment.now().isoformat(), **VADUZ, **more}
    return {"pings": [ping | ({"technician_id": technician_id} if technician_id else {})]}


def _api_routes():
    """All but the forms of phones' apps, which are answered as the apps want it."""
    return [
        route
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        and route.path.startswith(("/v1", "/metrics"))
        and route.operation_id not in OPERATIONS
    ]


def test_every_route_of_the_api_has_a_row_in_the_table_of_roles():
    assert {route.operation_id for route in _api_routes()} | OPERATIONS == set(ROLES)


@pytest.mark.parametrize("route", _api_routes(), ids=lambda route: route.operation_id)
def test_every_route_of_the_api_needs_a_token(deployment, route):
    client = deployment.client(None)
    for method in route.methods:
        answer = client.request(method, route.path.replace("{key}", "gd_x"))
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "role", [Role.PLANNER, Role.CLIENT, Role.TECHNICIAN, Role.INGEST, Role.FLEET]
)
def test_every_route_refuses_the_roles_that_the_table_leaves_out(deployment, vans, role):
    holder = vans[0] if role in (Role.TECHNICIAN, Role.INGEST) else None
    client = deployment.client(role, holder)
    refused = [r for r in _api_routes() if role not in ROLES[r.operation_id]]
    assert refused
    for route in refused:
        for method in route.methods:
            answer = client.request(method, route.path.replace("{key}", "x"))
            assert answer.status_code in (401, 403), f"{method} {route.path} let {role} in"


def test_health_and_documentation_need_no_token(deployment):
    client = deployment.client(None)
    for path in ("/health/live", "/health/ready", "/openapi.json"):
        assert client.get(path).status_code == 200, path


def test_an_unknown_or_revoked_token_is_refused_saying_what_to_do(deployment):
    client = deployment.client(None)
    unknown = client.get("/v1/session", headers={"Authorization": "Bearer gd_nobody"})
    assert unknown.status_code == 401
    token, secret = tokens.create(deployment.context, Role.DISPATCHER)
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get("/v1/session", headers=headers).status_code == 200
    tokens.revoke(deployment.context, token.id)
    revoked = client.get("/v1/session", headers=headers)
    assert revoked.status_code == 401
    assert "tokens create" in revoked.json()["detail"]


def test_a_technicians_token_speaks_for_that_technician_only(deployment, office, vans):
    mine, other = vans
    phone = deployment.client("technician", mine)
    assert phone.get(f"/v1/technicians/{mine}").status_code == 200
    assert phone.get(f"/v1/technicians/{other}").status_code == 403
    site = office.post("/v1/sites", json={"name": "Pool", "location": VADUZ}).json()
    order = office.post("/v1/work-orders", json={"type": "pump", "site_id": site["id"]}).json()
    body = {"technician_id": other, "force": True, "reason": "test"}
    given = office.post(f"/v1/work-orders/{order['id']}/assign", json=body)
    assert given.status_code == 200, given.text
    where = f"/v1/work-orders/{order['id']}"
    for path in (where, f"{where}/timeline", f"{where}/eta", f"{where}/visits"):
        assert phone.get(path).status_code == 403, path
    step = phone.post(f"{where}/status", json={"status": "en_route"})
    assert (step.status_code, step.json()["code"]) == (403, "forbidden")
    verdicts = phone.post("/v1/pings", json=_ping(deployment, other)).json()["verdicts"]
    assert [v["code"] for v in verdicts] == ["not_yours"]


def test_the_session_cookie_is_made_from_a_token_and_kept_from_scripts(deployment):
    client = deployment.client(None)
    answer = client.post("/sign-in", json={"token": deployment.token("dispatcher")})
    assert answer.status_code == 200
    assert answer.json()["role"] == "dispatcher"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert client.get("/v1/session").json()["role"] == "dispatcher"


def test_a_session_says_how_far_the_log_is(deployment):
    client = deployment.client("dispatcher")
    before = client.get("/v1/session").json()["seq"]
    assert client.post("/v1/customers", json={"name": "Mill"}).is_success
    assert client.get("/v1/session").json()["seq"] == before + 1


def test_a_form_signs_in_and_goes_to_our_own_pages_only(deployment):
    secret = deployment.token("dispatcher")
    for asked, goes_to in (("/map?x=1", "/map?x=1"), ("//evil.example", "/map"), ("", "/map")):
        client = deployment.client(None)
        answer = client.post("/sign-in", data={"token": secret, "next": asked})
        assert (answer.status_code, answer.headers["location"]) == (303, goes_to)
    wrong = deployment.client(None).post("/sign-in", data={"token": "gd_wrong"})
    assert (wrong.status_code, wrong.headers["location"]) == (303, "/sign-in?failed=1")
    assert "set-cookie" not in wrong.headers


def test_a_write_by_cookie_must_come_from_our_own_pages(deployment):
    client = deployment.client(None)
    client.post("/sign-in", json={"token": deployment.token("dispatcher")})
    body = {"name": "By cookie"}
    foreign = client.post("/v1/customers", json=body, headers={"Origin": "http://evil.example"})
    assert foreign.status_code == 403
    assert client.post("/v1/customers", json=body).status_code == 403
    own = client.post("/v1/customers", json=body, headers={"Origin": deployment.url})
    assert own.status_code == 201
    fetched = client.post("/v1/customers", json=body, headers={"Sec-Fetch-Site": "same-origin"})
    assert fetched.status_code == 201


def test_another_site_cannot_sign_a_browser_in(deployment):
    answer = deployment.client(None).post(
        "/sign-in",
        json={"token": deployment.token("dispatcher")},
        headers={"Origin": "http://evil.example"},
    )
    assert answer.status_code == 403


def test_signing_out_forgets_the_session(deployment):
    client = deployment.client(None)
    client.post("/sign-in", json={"token": deployment.token("dispatcher")})
    answer = client.post("/sign-out", headers={"Origin": deployment.url})
    assert answer.headers["location"] == "/sign-in"
    assert client.get("/v1/session").status_code == 401


def test_an_ingest_key_posts_its_technicians_pings_in_every_form_a_phone_can(deployment, vans):
    key = deployment.token("ingest", vans[0])
    client = deployment.client(None)
    basic = base64.b64encode(f"van07:{key}".encode()).decode()
    ways = [
        {"url": "/v1/pings", "headers": {"Authorization": f"Bearer {key}"}},
        {"url": "/v1/pings", "headers": {"Authorization": f"Basic {basic}"}},
        {"url": f"/v1/pings?key={key}"},
        {"url": f"/v1/pings?api_key={key}"},
        {"url": f"/v1/pings/{key}"},
    ]
    for number, way in enumerate(ways):
        body = _ping(deployment, lon=9.52 + number / 1000)
        answer = client.post(**way, json=body)
        assert answer.status_code == 200, (way, answer.text)
        assert answer.json()["verdicts"][0]["verdict"] in ("accepted", "late")
    assert client.get(f"/v1/session?key={key}").status_code == 403


def test_a_token_in_the_url_is_refused_because_urls_are_logged(deployment):
    secret = deployment.token("dispatcher")
    answer = deployment.client(None).get(f"/v1/session?key={secret}")
    assert answer.status_code == 401
    assert "Authorization" in answer.json()["detail"]


def test_keys_are_not_in_the_logs(deployment, vans, capfd):
    key = deployment.token("ingest", vans[0])
    logging.getLogger().setLevel(logging.DEBUG)
    client = deployment.client(None)
    client.post(f"/v1/pings/{key}", json=_ping(deployment))
    client.post(f"/v1/pings?key={key}", json={"pings": 3})
    client.get(f"/v1/pings/{key}")
    told = capfd.readouterr()
    assert "post_pings" in told.err + told.out
    assert key not in told.err + told.out


@pytest.mark.parametrize("role", ["ingest", "fleet"])
def test_a_key_for_positions_cannot_sign_in(deployment, vans, role):
    key = deployment.token(role, vans[0] if role == "ingest" else None)
    answer = deployment.client(None).post("/sign-in", json={"token": key})
    assert answer.status_code == 403


def test_a_client_reads_orders_and_etas_but_no_people(deployment):
    client = deployment.client("client")
    assert client.get("/v1/work-orders").status_code == 200
    for path in ("/v1/technicians", "/v1/customers", "/v1/positions"):
        assert client.get(path).status_code == 403


def test_the_app_can_be_described_without_a_deployment():
    assert create_app(Settings()).openapi()["info"]["title"] == "geo-dispatch"
