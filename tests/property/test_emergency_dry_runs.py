"""What an emergency would come to, shown before, is what it then comes to: the whole answer."""

import json
import random
from datetime import timedelta

import pytest

from tests.support.app import BALZERS, SCHAAN, VADUZ, WORKING_HOURS, running
from tests.support.waiting import until

PLACES = (VADUZ, SCHAAN, BALZERS)


@pytest.fixture(scope="module")
def office(workspace, tmp_path_factory):
    """A dispatcher where the clock all but stands: both calls are made at one moment."""
    folder = tmp_path_factory.mktemp("emergencies")
    with running(workspace, folder, clock_factor=1e-10) as deployment:
        office = deployment.client("dispatcher")
        office.now = deployment.now()
        for number, place in enumerate(PLACES):
            body = {"call_sign": f"Van {number}", "shifts": WORKING_HOURS}
            if number:
                body["skills"] = [{"name": "gas", "level": number}]
            van = made(office, "/v1/technicians", body)
            ping = {"technician_id": van["id"], "at": office.now.isoformat(), **place}
            assert office.post("/v1/pings", json=ping).is_success
        until(
            lambda: len(office.get("/v1/positions").json()["items"]) == len(PLACES),
            20,
            "the mirror to hear of the vans",
        )
        made(office, "/v1/resources", {"name": "Crane 1", "provides": ["crane"]})
        yield office


@pytest.fixture(scope="module")
def sites(office):
    return [
        made(office, "/v1/sites", {"name": f"Site {n}", "location": place})["id"]
        for n, place in enumerate(PLACES)
    ]


def made(office, path, body):
    answer = office.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def some_fields(luck, now, sites):
    """An order that some, one, or nobody can serve."""
    fields = {
        "type": "repair",
        "site_id": luck.choice(sites),
        "duration_s": luck.choice([600, 3600, 3 * 3600]),
        "crew_size": luck.choice([1, 1, 1, 2, 3, 5]),
    }
    if luck.random() < 0.4:
        level = luck.randint(1, 3)  # nobody has the highest
        fields["required_skills"] = [{"name": "gas", "level": level}]
    if luck.random() < 0.3:
        fields["required_equipment"] = [luck.choice(["crane", "crane", "boat"])]
    if luck.random() < 0.3:
        start = now + timedelta(minutes=luck.randint(0, 120))
        window = (start, start + timedelta(minutes=luck.randint(20, 90)))
        fields["window"] = dict(
            zip(("start", "end"), (at.isoformat() for at in window), strict=True)
        )
    return fields


def told(answer, *, dry_run):
    """The answer but for ids that are given anew, and that it says which it is."""
    assert answer.is_success, answer.text
    order = answer.json()["order"]
    text = answer.text
    for name in ("id", "assignment_id"):
        text = text.replace(f'"{order[name]}"', '"it"')
    body = json.loads(text)
    assert body.pop("dry_run") is dry_run
    return body


@pytest.mark.capability("FA-024")
@pytest.mark.parametrize("seed", range(12))
def test_a_dry_run_answers_all_that_the_call_then_answers(office, sites, seed):
    luck = random.Random(seed)
    placed = made(office, "/v1/work-orders", some_fields(luck, office.now, sites))
    if luck.random() < 0.5:
        office.post(f"/v1/work-orders/{placed['id']}/assign", json={"auto": True})
        call = some_fields(luck, office.now, sites)
    else:
        call = {"order_id": placed["id"]}
    if luck.random() < 0.7:
        respond_by = office.now + timedelta(minutes=luck.randint(1, 240))
        call["respond_by"] = respond_by.isoformat()
    shown = office.post("/v1/emergencies?dry_run=true", json=call)
    done = office.post("/v1/emergencies", json=call)
    assert told(shown, dry_run=True) == told(done, dry_run=False)
    assert shown.headers["ETag"] == done.headers["ETag"]
    assert (done.json()["technician_id"] is None) == (done.json()["order"]["flag"] is not None)
