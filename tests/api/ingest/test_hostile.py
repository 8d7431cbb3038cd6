"""Damaged requests go through the whole API: kept or in quarantine, never an error of ours."""

import json

import pytest

from api.ingest.registry import FORMS
from geo_dispatch.kernel.actors import Role
from tests.property.test_phone_forms import GOOD, JSON_BODIES, NASTY, _leaves, _with
from tests.support.app import WORKING_HOURS

HOSTILE_NAMES = ["te_\0", "te_\ud800", "x" * 5000, "Zürich", "'; --", "-1", "null"]


@pytest.fixture(scope="module")
def van(deployment):
    office = deployment.client("dispatcher")
    made = office.post("/v1/technicians", json={"call_sign": "Van 07", "shifts": WORKING_HOURS})
    return made.json()["id"]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_a_damaged_request_is_never_an_error_of_ours(deployment, van, form):
    forwards = form.name == "traccar"
    key = deployment.token(Role.FLEET) if forwards else deployment.token(Role.INGEST, van)
    client = deployment.client(None)
    headers = {"Authorization": f"Bearer {key}"}
    requests = [one for one in GOOD if one.target.startswith(form.path)]
    sent = 0
    for request in requests:
        bodies = [request.body]
        if request in JSON_BODIES:
            body = json.loads(request.body)
            for number, path in enumerate(_leaves(body)):
                bodies.append(_with(body, path, NASTY[(number * 7) % len(NASTY)]))
        fields = request.target.partition("?")[2].split("&")
        queries = ["&".join(fields)]
        for number, field in enumerate(fields):
            changed = [*fields]
            changed[number] = f"{field.split('=')[0]}={NASTY[(number * 5) % len(NASTY)]}"
            queries.append("&".join(changed))
        tries = [(body, queries[0]) for body in bodies] + [(bodies[0], one) for one in queries]
        for body, query in tries:
            target = f"{form.path}?{query}".replace(" ", "+").replace("\0", "")
            answer = client.request(request.method, target, content=body, headers=headers)
            assert answer.status_code == 200, (body, query)
            sent += 1
    assert sent > len(requests)


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_device_may_be_called_anything(deployment, name):
    key = deployment.token(Role.FLEET)
    client = deployment.client(None)
    at = deployment.now().timestamp()
    place = {"latitude": 47.1, "longitude": 9.5}
    bodies = {
        "/v1/ingest/traccar": {
            "device": {"uniqueId": name},
            "position": {**place, "fixTime": at, "attributes": {"alarm": "sos"}},
        },
        "/v1/ingest/osmand": {
            "device_id": name,
            "location": {"timestamp": at, "coords": place, "alarm": "sos"},
        },
        "/v1/ingest/owntracks": {
            "_type": "location",
            "topic": f"owntracks/u/{name}",
            "lat": 47.1,
            "lon": 9.5,
            "tst": at,
        },
    }
    for path, body in bodies.items():
        content = json.dumps(body).encode()
        answer = client.post(path, content=content, headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code in (200, 400), (path, answer.text)


@pytest.mark.parametrize("at", [-5, 0, 1e14, -1e14, "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_heartbeat_may_come_from_any_time(deployment, van, at):
    key = deployment.token("ingest", van)
    answer = deployment.client(None).get(
        f"/v1/ingest/osmand/{key}", params={"timestamp": at, "batt": 50, "alarm": "sos"}
    )
    assert answer.status_code == 200
