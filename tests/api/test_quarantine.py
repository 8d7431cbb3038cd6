"""What could not be kept is seen, with what was wrong and what helps."""

from datetime import timedelta

import pytest

from tests.support.app import VADUZ, WORKING_HOURS


@pytest.fixture(scope="module")
def office(deployment):
    return deployment.client("dispatcher")


@pytest.fixture
def van(office):
    made = office.post("/v1/technicians", json={"call_sign": "Van 07", "shifts": WORKING_HOURS})
    return made.json()["id"]


def _refused(deployment, office, van, *wrongs):
    """Send a ping for each of those changes, all of which are refused."""
    good = {"technician_id": van, "at": deployment.now().isoformat(), **VADUZ}
    answer = office.post("/v1/pings", json={"pings": [good | wrong for wrong in wrongs]})
    assert {one["verdict"] for one in answer.json()["verdicts"]} == {"rejected"}


def _listed(office, **asked):
    answer = office.get("/v1/quarantine", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_each_refused_fix_says_what_was_wrong_and_what_helps(deployment, office, van):
    tomorrow = (deployment.now() + timedelta(days=1)).isoformat()
    _refused(deployment, office, van, {"lat": 97.5}, {"at": tomorrow}, {"lon": "east"})
    malformed, future, off_earth = _listed(office, technician_id=van)["items"]
    assert (off_earth["code"], off_earth["lon"], off_earth["lat"]) == (
        "off_earth",
        VADUZ["lon"],
        97.5,
    )
    assert "swapped" in off_earth["remedy"]
    assert "clock" in future["remedy"]
    assert malformed["at"] is None
    assert "lon" in malformed["message"]
    assert malformed["sent_by"].startswith("dispatcher:token:")


def test_the_list_comes_in_pages_newest_first(deployment, office, van):
    _refused(deployment, office, van, *({"lat": 90.0 + number} for number in range(1, 6)))
    first = _listed(office, technician_id=van, limit=2)
    second = _listed(office, technician_id=van, limit=2, cursor=first["next"])
    last = _listed(office, technician_id=van, limit=2, cursor=second["next"])
    pages = [[item["lat"] for item in page["items"]] for page in (first, second, last)]
    assert pages == [[95, 94], [93, 92], [91]]
    assert last["next"] is None


def test_the_list_may_begin_at_a_time(deployment, office, van):
    _refused(deployment, office, van, {"lat": 91.0})
    (row,) = _listed(office, technician_id=van)["items"]
    assert _listed(office, technician_id=van, since=row["received_at"])["items"] == [row]
    later = (deployment.now() + timedelta(minutes=1)).isoformat()
    assert _listed(office, technician_id=van, since=later)["items"] == []


@pytest.mark.parametrize("cursor", ["tc_1", "-1", "9" * 30, "²"])
def test_a_cursor_that_is_not_ours_is_refused(office, cursor):
    answer = office.get("/v1/quarantine", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["faults"][0]["where"]) == (422, "cursor")


def test_a_time_that_no_calendar_has_is_left_out(deployment, office, van):
    key = deployment.token("ingest", van)
    client = deployment.client(None)
    query = {"lat": 47.1, "lon": 9.5, "timestamp": 400_000_000_000_000}
    assert client.get(f"/v1/ingest/osmand/{key}", params=query).status_code == 200
    (row,) = _listed(office, technician_id=van)["items"]
    assert (row["at"], row["code"]) == (None, "future")


def test_refused_fixes_are_counted_by_what_was_wrong(deployment, office, van):
    _refused(deployment, office, van, {"lat": 91.0})
    metrics = office.get("/metrics").text
    assert 'geo_dispatch_quarantined_total{code="off_earth"}' in metrics


@pytest.mark.parametrize(("role", "status"), [("planner", 200), ("client", 403)])
def test_it_is_the_offices(deployment, role, status):
    assert deployment.client(role).get("/v1/quarantine").status_code == status
