"""Pings of which some are bad, or that nobody can take."""

import httpx
import pytest

from tests.support.app import VADUZ, running
from tests.support.refusals import problem_of
from tests.support.waiting import until

FIRST_DAY = "0001-01-01T00:00:00+14:00"
LAST_DAY = "9999-12-31T23:59:59-14:00"


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
