"""Alarms: from the phone to everybody's stream at once, shown until somebody answers."""

import pytest

from tests.support.app import VADUZ, WORKING_HOURS
from tests.support.sse import listening
from tests.support.waiting import until


@pytest.fixture(scope="module")
def office(deployment):
    return deployment.client("dispatcher")


@pytest.fixture
def van(deployment, office, request):
    body = {"call_sign": request.node.name[:60], "shifts": WORKING_HOURS}
    van = office.post("/v1/technicians", json=body).json()["id"]
    ping = {"technician_id": van, "at": deployment.now().isoformat(), **VADUZ}
    assert office.post("/v1/pings", json=ping).status_code == 200
    until(lambda: where(office, van), 5, "the mirror to hear of it")
    yield van
    office.delete(f"/v1/technicians/{van}", headers={"If-Match": '"1"'})


def where(office, van):
    answer = office.get(f"/v1/technicians/{van}/position")
    return answer.json() if answer.is_success else None


def test_an_alarm_is_on_the_stream_at_once_and_open_until_answered(deployment, office, van):
    phone = deployment.client("technician", van)
    with listening(office, "/v1/stream") as stream:
        stream.wait_for("snapshot")
        assert phone.post("/v1/my/device", json={"sos": True, "battery": 0.4}).status_code == 204
        told = stream.wait_for("technician.sos", timeout_s=2)
        assert told.data["body"]["technician_id"] == van
        assert (told.data["body"]["lon"], told.data["body"]["lat"]) == (VADUZ["lon"], VADUZ["lat"])
        stream.wait_for("positions", lambda m: m.data["positions"][0]["sos_at"], timeout_s=5)
        assert [one["technician_id"] for one in office.get("/v1/sos").json()["items"]] == [van]
        assert phone.get("/v1/my/day").json()["alarm_since"] == told.data["body"]["occurred_at"]
        answer = office.post(f"/v1/technicians/{van}/sos/answer", json={"note": "on the phone"})
        assert answer.json()["technician_id"] == van
        stream.wait_for("technician.sos_answered", timeout_s=2)
    assert office.get("/v1/sos").json()["items"] == []
    assert phone.get("/v1/my/day").json()["alarm_since"] is None
    until(lambda: where(office, van)["sos_at"] is None, 5, "the mark to go")
    again = office.post(f"/v1/technicians/{van}/sos/answer", json={})
    assert again.status_code == 409


def test_a_page_tells_why_it_sends_no_positions(deployment, office, van):
    phone = deployment.client("technician", van)
    phone.post("/v1/my/device", json={"outage": "no_permission", "battery": 0.9, "charging": True})
    found = until(lambda: where(office, van)["outages"], 10, "the outage")
    assert found[0]["code"] == "no_permission"
    assert where(office, van)["battery"] == 0.9


@pytest.mark.parametrize("role", ["dispatcher", "planner", "client", "admin"])
def test_only_technicians_tell_of_their_devices(deployment, role):
    answer = deployment.client(role).post("/v1/my/device", json={"sos": True})
    assert answer.status_code == 403


def test_a_technician_cannot_answer_and_nonsense_is_refused(deployment, office, van):
    phone = deployment.client("technician", van)
    assert phone.post(f"/v1/technicians/{van}/sos/answer", json={}).status_code == 403
    assert phone.post("/v1/my/device", json={"battery": 12}).status_code == 422
    assert phone.post("/v1/my/device", json={"outage": "lazy"}).status_code == 422
    assert office.post("/v1/technicians/tc_no/sos/answer", json={}).status_code == 404
