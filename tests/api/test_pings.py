"""Pings: each judged on its own, the good ones kept."""

from datetime import timedelta

import pytest

from tests.support.app import VADUZ
from tests.support.waiting import until


@pytest.fixture(scope="module")
def office(deployment):
    return deployment.client("dispatcher")


@pytest.fixture
def van(office):
    van = office.post("/v1/technicians", json={"call_sign": "Van 07"}).json()
    yield van["id"]
    office.delete(f"/v1/technicians/{van['id']}", headers={"If-Match": '"1"'})


def _ping(deployment, van, ago_s=0.0, **more):
    at = deployment.now() - timedelta(seconds=ago_s)
    return {"technician_id": van, "at": at.isoformat(), **VADUZ, **more}


def test_a_ping_is_accepted_and_is_the_position(deployment, office, van):
    ping = _ping(deployment, van, accuracy_m=8, speed_mps=3, heading_deg=90)
    answer = office.post("/v1/pings", json=ping)
    assert answer.json() == {"verdicts": [{"verdict": "accepted", "code": None, "message": None}]}
    where = f"/v1/technicians/{van}/position"
    position = until(lambda: _success(office.get(where)), 5, "the mirror to hear of it")
    assert position["call_sign"] == "Van 07"
    assert (position["lon"], position["lat"]) == (VADUZ["lon"], VADUZ["lat"])
    assert (position["accuracy_m"], position["speed_mps"], position["heading_deg"]) == (8, 3, 90)
    assert position["status"] == "available"
    assert position["positions_as_of"]
    listed = office.get("/v1/positions").json()
    assert van in [item["technician_id"] for item in listed["items"]]


def _success(answer):
    return answer.json() if answer.status_code == 200 else None


@pytest.mark.parametrize(
    "bad",
    [
        ({"technician_id": "tc_nobody"}, "unknown_technician", "technician_id"),
        ({"lat": 97.0}, "off_earth", "lon, lat"),
        ({"at": "2027-01-01T00:00:00Z"}, "future", "at"),
        ({"at": "2020-01-01T00:00:00Z"}, "too_old", "at"),
        ({"at": "yesterday"}, "malformed", "ping"),
        ({"at": "2026-03-02T09:00:00"}, "malformed", "ping"),
        ({"lon": None}, "malformed", "ping"),
    ],
)
def test_a_bad_ping_is_refused_alone_and_keeps_nobody_else_out(deployment, office, van, bad):
    wrong, code, field = bad
    ping = _ping(deployment, van) | wrong
    alone = office.post("/v1/pings", json=ping)
    assert alone.status_code == 422
    assert alone.headers["content-type"] == "application/problem+json"
    assert alone.json()["faults"][0]["where"] == field
    batch = {"pings": [_ping(deployment, van, 5), ping, _ping(deployment, van, 1)]}
    answer = office.post("/v1/pings", json=batch)
    assert answer.status_code == 200
    verdicts = answer.json()["verdicts"]
    assert [v["verdict"] for v in verdicts] == ["accepted", "rejected", "accepted"]
    assert verdicts[1]["code"] == code
    assert verdicts[1]["message"]


def test_the_same_ping_twice_is_a_duplicate_and_an_older_one_late(deployment, office, van):
    new, old = _ping(deployment, van), _ping(deployment, van, 60)

    def send(ping):
        return office.post("/v1/pings", json=ping).json()["verdicts"][0]["verdict"]

    assert [send(new), send(new), send(old)] == ["accepted", "duplicate", "late"]


def test_unknown_fields_are_ignored(deployment, office, van):
    answer = office.post("/v1/pings", json=_ping(deployment, van, charge=1, battery={"level": 3}))
    assert answer.json()["verdicts"][0]["verdict"] == "accepted"


def test_a_key_need_not_name_its_technician(deployment, van):
    phone = deployment.client("ingest", van)
    ping = _ping(deployment, van)
    del ping["technician_id"]
    assert phone.post("/v1/pings", json=ping).json()["verdicts"][0]["verdict"] == "accepted"


@pytest.mark.parametrize("body", ["[]", "3", '{"pings": 3}', '{"pings": {}}'])
def test_a_body_that_is_no_ping_nor_batch_is_refused(office, body):
    headers = {"Content-Type": "application/json"}
    assert office.post("/v1/pings", content=body, headers=headers).status_code == 422


def test_a_body_that_is_not_json_is_refused(office):
    answer = office.post("/v1/pings", content=b'{"pings": [')
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed-json")


def test_a_batch_too_long_is_refused_whole(deployment, office, van):
    ping = _ping(deployment, van)
    assert office.post("/v1/pings", json={"pings": [ping] * 1001}).status_code == 422


def test_an_empty_batch_has_no_verdicts(office):
    assert office.post("/v1/pings", json={"pings": []}).json() == {"verdicts": []}


def test_a_technician_without_a_position_has_none(office, van):
    answer = office.get(f"/v1/technicians/{van}/position")
    assert answer.status_code == 404
    assert van in answer.json()["detail"]


def test_pings_are_counted_by_verdict(deployment, office, van):
    office.post("/v1/pings", json={"pings": [_ping(deployment, van), {}]})
    metrics = office.get("/metrics").text
    assert 'geo_dispatch_pings_total{verdict="accepted"}' in metrics
    assert 'geo_dispatch_pings_total{verdict="rejected"}' in metrics


def test_fixes_that_no_worker_takes_are_told_of(deployment, office, van):
    office.post("/v1/pings", json={"pings": [_ping(deployment, van)]})
    lines = dict(line.rsplit(" ", 1) for line in office.get("/metrics").text.splitlines())
    assert lines['geo_dispatch_shard_worked{shard="0"}'] == "0.0"
    assert float(lines['geo_dispatch_shard_waiting_batches{shard="0"}']) >= 1
