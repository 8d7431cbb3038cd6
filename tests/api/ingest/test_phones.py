"""Every app through the whole API: what it sends is kept, and it hears what it waits for."""

import json

import pytest

from api.ingest.registry import FORMS
from geo_dispatch.adapters.redis_server import redis_url
from geo_dispatch.kernel.actors import Role
from tests.support.app import WORKING_HOURS, running
from tests.support.phones import SENT_MS, names, sent
from tests.support.waiting import until

EVERY_BODY = [(form.name, name) for form in FORMS for name in names(form.name)]

THE_LINE_OF_EACH_CLIENT = [
    ("owntracks", "location-android"),
    ("owntracks", "location-ios"),
    ("osmand", "traccar-client-8"),
    ("osmand", "traccar-client-9"),
    ("osmand", "traccar-client-10"),
    ("osmand", "osmand"),
    ("overland", "batch"),
    ("overland", "owntracks-mode"),
    ("gpslogger", "custom-url"),
    ("gpslogger", "profile"),
    ("gpslogger", "opengts"),
    ("traccar", "position"),
    ("traccar", "url"),
]

REPLIES = {
    "owntracks": (b"[]", "application/json"),
    "osmand": (b"", "text/plain; charset=utf-8"),
    "overland": (b'{"result":"ok"}', "application/json"),
    "gpslogger": (b"", "text/plain; charset=utf-8"),
    "traccar": (b"", "text/plain; charset=utf-8"),
}

UNAUTHENTICATED = {"owntracks": 401, "osmand": 400, "overland": 401, "gpslogger": 401}


@pytest.fixture(scope="module")
def office(deployment):
    return deployment.client("dispatcher")


@pytest.fixture
def technician(office):
    """Somebody new, at work all day."""
    made = office.post("/v1/technicians", json={"call_sign": "Van 07", "shifts": WORKING_HOURS})
    yield made.json()["id"]
    office.delete(f"/v1/technicians/{made.json()['id']}", headers={"If-Match": '"1"'})


def _send(client, request):
    return client.request(
        request.method, request.target, content=request.body, headers=request.headers
    )


def _fixes(deployment, technician):
    """What Redis has of the technician: the newest fix."""
    return deployment.context.live.positions_by_id({technician: 0}).get(technician)


@pytest.mark.parametrize(("form", "name"), THE_LINE_OF_EACH_CLIENT)
def test_what_each_client_sends_is_the_technicians_position(deployment, technician, form, name):
    request = sent(form, name, deployment.token("ingest", technician), technician)
    assert _send(deployment.client(None), request).status_code == 200
    fix = _fixes(deployment, technician)
    assert fix.at_ms == SENT_MS
    assert fix.place == pytest.approx((9.5209, 47.141), abs=1e-7)
    assert fix.speed_mps is None or fix.speed_mps == pytest.approx(10, abs=0.1)


@pytest.mark.parametrize(("form", "name"), EVERY_BODY)
def test_every_body_ends_in_the_answer_that_the_app_waits_for(deployment, technician, form, name):
    request = sent(form, name, deployment.token("ingest", technician), technician)
    answer = _send(deployment.client(None), request)
    assert (answer.content, answer.headers["content-type"]) == REPLIES[form]
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("owntracks", "encrypted"),
        ("owntracks", "cut-short"),
        ("osmand", "not-a-number"),
        ("overland", "one-bad-of-three"),
        ("gpslogger", "opengts-checksum"),
    ],
)
def test_what_cannot_be_read_is_in_quarantine_and_the_rest_is_kept(
    deployment, office, technician, form, name
):
    request = sent(form, name, deployment.token("ingest", technician), technician)
    assert _send(deployment.client(None), request).status_code == 200
    (row,) = office.get("/v1/quarantine", params={"technician_id": technician}).json()["items"]
    assert row["code"] == "malformed"
    assert row["message"]
    assert (_fixes(deployment, technician) is not None) == (name == "one-bad-of-three")


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("osmand", "traccar-client-8-sos"),
        ("osmand", "traccar-client-9-unknown"),
        ("osmand", "traccar-client-10-sos"),
        ("traccar", "event-sos"),
    ],
)
def test_a_call_for_help_from_any_app_is_with_the_office(
    deployment, office, technician, form, name
):
    request = sent(form, name, deployment.token("ingest", technician), technician)
    assert _send(deployment.client(None), request).status_code == 200
    callers = [one["technician_id"] for one in office.get("/v1/sos").json()["items"]]
    assert technician in callers


def test_what_the_app_tells_of_itself_stands_beside_the_position(deployment, office, technician):
    key = deployment.token("ingest", technician)
    _send(deployment.client(None), sent("owntracks", "location-quiet", key))

    def told():
        where = office.get(f"/v1/technicians/{technician}/position").json()
        return "battery" in where and where["battery"] == 0.09 and where

    position = until(told, 10, "the office to hear of the battery")
    assert "paused" in [one["code"] for one in position["outages"]]


@pytest.mark.parametrize("form", UNAUTHENTICATED)
def test_a_key_that_is_not_good_is_answered_as_the_app_understands_it(deployment, form):
    request = sent(form, THE_FIRST[form], "gd_nobody")
    answer = _send(deployment.client(None), request)
    assert answer.status_code == UNAUTHENTICATED[form]
    if form == "overland":
        assert "key" in answer.json()["error"]


THE_FIRST = dict(reversed(THE_LINE_OF_EACH_CLIENT))


@pytest.mark.parametrize("form", [form.name for form in FORMS])
def test_the_key_may_come_in_every_way(deployment, technician, form):
    spoken = next(one for one in FORMS if one.name == form)
    key = deployment.token("ingest", technician)
    client = deployment.client(None)
    method = min(spoken.methods)
    answers = [
        client.request(method, spoken.path, headers={"Authorization": f"Bearer {key}"}),
        client.request(method, spoken.path, auth=("van07", key)),
        client.request(method, spoken.path, headers={"Authorization": f"Basic {key}:"}),
        client.request(method, spoken.path, params={"key": key}),
        client.request(method, spoken.path, params={"api_key": key}),
        client.request(method, f"{spoken.path}/{key}"),
        client.request(method, f"{spoken.path}/{key}/"),
    ]
    assert [answer.status_code for answer in answers] == [200] * 7


def test_a_tracking_servers_key_speaks_for_the_whole_fleet(deployment, office):
    fields = {"call_sign": "Wagen Zürich", "external_id": "356938035643809"}
    van = office.post("/v1/technicians", json={**fields, "shifts": WORKING_HOURS}).json()["id"]
    client = deployment.client(None)
    key = deployment.token(Role.FLEET)
    for number, device in enumerate((van, "356938035643809", "Wagen Zürich")):
        request = sent("traccar", "position", key, device)
        later = SENT_MS + number * 1000
        body = json.loads(request.body)
        body["position"]["fixTime"] = body["position"]["deviceTime"] = later
        answer = client.post(request.target, json=body, headers=request.headers)
        assert answer.status_code == 200
        assert _fixes(deployment, van).at_ms == later
    assert office.get("/v1/quarantine", params={"technician_id": van}).json()["items"] == []


def test_a_tracker_that_nobody_has_is_in_quarantine_under_its_own_name(deployment, office):
    request = sent("traccar", "position", deployment.token(Role.FLEET), "999")
    assert _send(deployment.client(None), request).status_code == 200
    (row,) = office.get("/v1/quarantine", params={"technician_id": "999"}).json()["items"]
    assert row["code"] == "unknown_technician"
    assert "external id" in row["remedy"]


def test_a_phone_with_the_fleets_key_and_an_unknown_name_hears_that_nobody_has_it(deployment):
    key = deployment.token(Role.FLEET)
    client = deployment.client(None)
    for form, status in (("osmand", 400), ("overland", 401)):
        assert _send(client, sent(form, THE_FIRST[form], key)).status_code == status


def test_one_technicians_key_cannot_speak_for_another_through_a_tracking_server(
    deployment, office, technician
):
    other = office.post("/v1/technicians", json={"call_sign": "Other"}).json()["id"]
    request = sent("traccar", "event-sos", deployment.token("ingest", technician), other)
    assert _send(deployment.client(None), request).status_code == 200
    assert _fixes(deployment, other) is None
    (row,) = office.get("/v1/quarantine", params={"technician_id": other}).json()["items"]
    assert row["code"] == "not_yours"


def test_a_method_that_the_app_never_uses_is_refused(deployment, technician):
    key = deployment.token("ingest", technician)
    answer = deployment.client(None).delete(f"/v1/ingest/osmand/{key}")
    assert answer.status_code in (404, 405)


def test_while_redis_is_away_apps_are_told_to_come_again_and_then_taken(workspace, tmp_path):
    with running(workspace, tmp_path) as deployment:
        office = deployment.client("dispatcher")
        fields = {"call_sign": "Van 07", "shifts": WORKING_HOURS}
        van = office.post("/v1/technicians", json=fields).json()["id"]
        key = deployment.token("ingest", van)
        client = deployment.client(None)
        assert redis_url(deployment.settings)
        deployment.redis.stop()
        for form in FORMS:
            answer = _send(client, sent(form.name, THE_FIRST[form.name], key, van))
            assert answer.status_code == 503, form.name
            assert int(answer.headers["retry-after"]) > 0
        deployment.redis.start()
        for form in FORMS:
            request = sent(form.name, THE_FIRST[form.name], key, van)
            until(lambda request=request: _send(client, request).status_code == 200, 20, form.name)
