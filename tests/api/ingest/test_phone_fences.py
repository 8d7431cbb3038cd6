"""Fences on phones, through the whole API: in answers to fixes, once for each change."""

import base64

import pytest

from tests.support.app import SCHAAN, WORKING_HOURS, running
from tests.support.waiting import until

CLOCK_FACTOR = 60
"""A phone's jobs are looked at every half minute of the deployment's time."""


@pytest.fixture(scope="module")
def deployment(workspace, tmp_path_factory):
    """A deployment whose clock runs faster."""
    with running(workspace, tmp_path_factory.mktemp("data"), clock_factor=CLOCK_FACTOR) as quick:
        yield quick


@pytest.fixture(scope="module")
def office(deployment):
    return deployment.client("dispatcher")


def made(office, path, body):
    answer = office.post(path, json=body)
    assert answer.is_success, answer.text
    return answer.json()


@pytest.fixture
def van(office):
    return made(office, "/v1/technicians", {"call_sign": "Van 07", "shifts": WORKING_HOURS})


@pytest.fixture
def answer(deployment, van):
    """Sends where the phone is, and gives what it is answered."""
    basic = base64.b64encode(f"van07:{deployment.token('ingest', van['id'])}".encode()).decode()
    phone = deployment.client(None)
    headers = {
        "Authorization": f"Basic {basic}",
        "User-Agent": "Owntracks-Android/gms/420506000",
        "X-Limit-D": "phone",
    }

    def sends():
        at_s = deployment.now().timestamp()
        fix = {"_type": "location", "lat": 47.1410, "lon": 9.5209, "tst": at_s, "acc": 8}
        answer = phone.post("/v1/ingest/owntracks", json=fix, headers=headers)
        assert answer.status_code == 200
        return answer.json()

    return sends


def told(commands):
    """The orders whose fences are set, by the last of the commands."""
    last = commands[-1]
    return [one["rid"] for one in last.get("waypoints", {}).get("waypoints", [])]


def test_todays_fences_come_with_an_answer_once_and_go_when_the_job_ends(office, van, answer):
    assert answer() == []
    site = made(office, "/v1/sites", {"name": "Bakery", "location": SCHAAN, "fence_radius_m": 90})
    order = made(office, "/v1/work-orders", {"type": "repair", "site_id": site["id"]})
    assign = {"technician_id": van["id"], "force": True, "reason": "test"}
    made(office, f"/v1/work-orders/{order['id']}/assign", assign)
    commands = until(answer, 10, "the phone to be told")
    assert told(commands) == [order["id"]]
    (waypoint,) = commands[0]["waypoints"]["waypoints"]
    assert (waypoint["desc"], waypoint["rad"]) == (order["number"], 90)
    assert (waypoint["lon"], waypoint["lat"]) == (SCHAAN["lon"], SCHAAN["lat"])
    made(
        office,
        f"/v1/work-orders/{order['id']}/status",
        {"status": "cancelled", "reason": "called off"},
    )
    gone = until(answer, 10, "the phone to be told that it is over")
    assert [one["action"] for one in gone] == ["clearWaypoints"], "and nothing was told twice"
