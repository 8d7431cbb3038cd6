"""Breaks as they are taken, over HTTP: told by a phone or the office, heeded by the day."""

import pytest

from tests.support.app import SCHAAN
from tests.support.waiting import until

LUNCH = {"earliest": "07:30", "latest": "17:00", "duration_s": 3600}
SHIFTS = [{"weekday": day, "start": "07:00", "end": "19:00", "breaks": [LUNCH]} for day in range(7)]


@pytest.fixture(scope="module")
def office(deployment):
    return deployment.client("dispatcher")


@pytest.fixture
def van(deployment, office):
    body = {"call_sign": "Van 01", "shifts": SHIFTS}
    made = office.post("/v1/technicians", json=body).json()["id"]
    ping = {"technician_id": made, "at": deployment.now().isoformat(), **SCHAAN}
    assert office.post("/v1/pings", json=ping).status_code == 200
    until(lambda: office.get("/v1/positions").json()["items"], 5, "the mirror to hear of the van")
    return made


def test_a_break_told_by_the_phone_is_heeded_until_it_is_over(deployment, office, van):
    phone, url = deployment.client("technician", van), f"/v1/technicians/{van}/break"

    def doing():
        [told] = office.get("/v1/availability").json()["items"]
        return told["doing"]

    assert doing() == "free"
    day = phone.get("/v1/my/day").json()
    assert day["resting_since"] is None
    assert day["break_due"]["duration_s"] == LUNCH["duration_s"]
    begun = phone.post(url, json={"on_break": True})
    assert begun.status_code == 200, begun.text
    assert (begun.json()["technician_id"], begun.json()["end_at"]) == (van, None)
    assert phone.post(url, json={"on_break": True}).json() == begun.json()
    assert doing() == "break"
    day = phone.get("/v1/my/day").json()
    assert (day["resting_since"], day["break_due"]) == (begun.json()["begin_at"], None)
    over = office.post(url, json={"on_break": False}).json()
    assert over["begin_at"] == begun.json()["begin_at"] <= over["end_at"]
    assert phone.post(url, json={"on_break": False}).json() == over
    assert doing() == "free"
    with deployment.context.store.read() as unit:
        told = unit.events(streams=[f"technician:{van}"])
    assert [one.type.partition(".")[2] for one in told] == [
        "created",
        "break_started",
        "break_ended",
    ]
    assert told[1].actor != told[2].actor

    assert phone.post("/v1/technicians/tc_0/break", json={"on_break": True}).status_code == 403
    assert office.post("/v1/technicians/tc_0/break", json={"on_break": True}).status_code == 404
    client = deployment.client("client")
    assert client.post(url, json={"on_break": True}).status_code == 403
