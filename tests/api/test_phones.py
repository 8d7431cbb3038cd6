"""A phone is connected from the office: the answer holds all that its app needs."""

from urllib.parse import parse_qs, urlsplit

import pytest

from geo_dispatch.services import tokens
from tests.support.app import WORKING_HOURS


@pytest.fixture(scope="module")
def office(deployment):
    return deployment.client("dispatcher")


@pytest.fixture
def van(office):
    made = office.post("/v1/technicians", json={"call_sign": "Van 07", "shifts": WORKING_HOURS})
    return made.json()["id"]


def _connected(office, van, **asked):
    answer = office.post(f"/v1/technicians/{van}/connect", json=asked)
    assert answer.status_code == 201, answer.text
    return answer.json()


def _key(connected):
    (overland,) = (one for one in connected["set_ups"] if one["app"] == "overland")
    return parse_qs(urlsplit(overland["link"]).query)["token"][0]


def test_the_link_of_an_app_is_where_its_key_is_good(deployment, office, van):
    connected = _connected(office, van)
    assert [one["app"] for one in connected["set_ups"]] == [
        "owntracks",
        "traccar",
        "overland",
        "gpslogger",
    ]
    for one in connected["set_ups"]:
        assert one["qr_svg"].startswith("<svg")
        assert one["steps"]
    link = urlsplit(connected["set_ups"][1]["link"])
    assert link.path.endswith(_key(connected))
    at = deployment.now().isoformat()
    query = {"id": van, "lat": 47.141, "lon": 9.5209, "timestamp": at}
    assert deployment.client(None).get(link.path, params=query).status_code == 200
    (position,) = deployment.context.live.positions_by_id({van: 0}).values()
    assert position.place == pytest.approx((9.5209, 47.141), abs=1e-6)


def test_it_says_that_phones_cannot_reach_this_machine_only(office, van):
    doubts = _connected(office, van)["doubts"]
    assert "this machine only" in doubts[0]
    assert "plain HTTP" in doubts[1]


def test_rotating_ends_the_other_keys_at_once(deployment, office, van):
    first = _connected(office, van)
    assert _connected(office, van)["other_token_ids"] == [first["token_id"]]
    third = _connected(office, van, rotate=True)
    assert third["other_token_ids"] == []
    client = deployment.client(None)
    assert client.get(f"/v1/ingest/osmand/{_key(first)}").status_code == 400
    assert client.get(f"/v1/ingest/osmand/{_key(third)}").status_code == 200


def test_one_technicians_keys_are_left_alone_when_anothers_are_rotated(deployment, office, van):
    kept = _key(_connected(office, van))
    other = office.post("/v1/technicians", json={"call_sign": "Van 08"}).json()["id"]
    _connected(office, other, rotate=True)
    assert tokens.authenticate(deployment.context.store, kept).technician_id == van


@pytest.mark.parametrize(("role", "status"), [("planner", 403), ("admin", 201)])
def test_only_who_dispatches_connects_phones(deployment, van, role, status):
    client = deployment.client(role)
    assert client.post(f"/v1/technicians/{van}/connect", json={}).status_code == status


def test_nobodys_phone_is_not_connected(office):
    assert office.post("/v1/technicians/tc_nobody/connect", json={}).status_code == 404
