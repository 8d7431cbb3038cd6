"""Days that are upset, in deployments that run: over the API, on real roads."""

from datetime import datetime, timedelta

import pytest

from tests.support.app import BALZERS, SCHAAN, VADUZ, WORKING_HOURS, running
from tests.support.up import needs_proc, up
from tests.support.waiting import until

NENDELN = {"lon": 9.5440, "lat": 47.1990}
TRIESEN = {"lon": 9.5270, "lat": 47.1080}
PLACES = (VADUZ, SCHAAN, BALZERS, NENDELN, TRIESEN)


def made(office, path, **body):
    answered = office.post(path, json=body)
    assert answered.status_code == 201, answered.text
    return answered.json()


def done(answered):
    assert answered.is_success, answered.text
    return answered.json()


def see(office, now, technician, place):
    """The technician is there now."""
    fix = {"technician_id": technician["id"], "at": now.isoformat(), "accuracy_m": 5, **place}
    done(office.post("/v1/pings", json=fix))


def van(office, now, call_sign, place):
    technician = made(office, "/v1/technicians", call_sign=call_sign, shifts=WORKING_HOURS)
    see(office, now, technician, place)
    return technician


def seen(office, count):
    until(
        lambda: len(done(office.get("/v1/positions"))["items"]) == count,
        20,
        "the mirror to hear of everybody",
    )


def window(now, start_min, end_min):
    start, end = (now + timedelta(minutes=minutes) for minutes in (start_min, end_min))
    return {"start": start.isoformat(), "end": end.isoformat()}


def on_the_board(office):
    """Whose each visit is, and when work on it begins."""
    board = done(office.get("/v1/board"))
    return {
        visit["order_id"]: (lane["technician_id"], visit["begin_at"])
        for lane in board["lanes"]
        for visit in lane["visits"]
    }


@pytest.fixture
def standing_still(workspace, tmp_path_factory):
    """A deployment whose clock all but stands: what is planned from now on stays the same."""
    with running(workspace, tmp_path_factory.mktemp("still"), clock_factor=1e-10) as deployment:
        yield deployment


@pytest.mark.capability("FA-015")
@pytest.mark.parametrize(
    ("technicians", "crew_size"),
    [(5, 1), (5, 2), pytest.param(40, 1, marks=pytest.mark.slow)],
)
def test_what_an_emergency_does_not_list_is_on_the_board_as_it_was(
    standing_still, technicians, crew_size
):
    office, now = standing_still.client("admin"), standing_still.now()
    vans = [van(office, now, f"Van {n}", PLACES[n % len(PLACES)]) for n in range(technicians)]
    seen(office, len(vans))
    sites = [made(office, "/v1/sites", name=f"Site {n}", location=p) for n, p in enumerate(PLACES)]
    visits = 3 * technicians
    for n in range(visits):
        order = made(
            office,
            "/v1/work-orders",
            type="repair",
            site_id=sites[(n * 2) % len(sites)]["id"],
            duration_s=1800 + 300 * (n % 4),
            priority=3 + n % 3,
            window=window(now, 30 * (n // technicians), 90 + 60 * (n // technicians))
            if n % 3
            else None,
        )
        choice = {"technician_id": vans[n % len(vans)]["id"], "force": True, "reason": "a full day"}
        done(office.post(f"/v1/work-orders/{order['id']}/assign", json=choice))
    before = on_the_board(office)
    assert len(before) == visits
    body = {
        "type": "burst pipe",
        "site_id": sites[0]["id"],
        "duration_s": 5400 if technicians < 40 else 6 * 3600,
        "crew_size": crew_size,
        "respond_by": (now + timedelta(minutes=12)).isoformat(),
    }
    shown = done(office.post("/v1/emergencies?dry_run=true", json=body))
    assert on_the_board(office) == before
    answer = done(office.post("/v1/emergencies", json=body))
    assert told(shown) == told(answer)
    after = on_the_board(office)
    listed = {one["order_id"]: one for one in answer["changes"]}
    assert answer["technician_id"], answer["told"]
    assert len(listed) > 1, "the day is full: something makes room"
    waiting = {one for one, change in listed.items() if change["kind"] == "unassigned"}
    assert after.keys() == (before.keys() | {answer["order"]["id"]}) - waiting
    for order_id, (technician_id, begin_at) in after.items():
        change = listed.get(order_id)
        if change is None:
            assert before[order_id][0] == technician_id
            assert apart_s(before[order_id][1], begin_at) < 1
        elif order_id != answer["order"]["id"]:
            assert change["technician_after"] == technician_id
            assert apart_s(change["begin_after"], begin_at) < 1
            same = before[order_id][0] == technician_id
            assert not same or apart_s(before[order_id][1], begin_at) >= 1


def told(answer):
    """The changes; the emergency gets its id only when it is stored."""
    return [change | {"order_id": ""} for change in answer["changes"]]


def apart_s(one, other):
    return abs((datetime.fromisoformat(one) - datetime.fromisoformat(other)).total_seconds())


@needs_proc
@pytest.mark.slow
def test_a_breach_is_seen_coming_told_once_and_mended(workspace, tmp_path_factory):
    """A visit goes on too long; nobody says so, the technicians only go on being seen."""
    with up(workspace, tmp_path_factory.mktemp("up"), clock_factor=40.0) as tree:
        office = tree.client("admin")
        first = van(office, tree.now(), "Van 1", VADUZ)
        second = van(office, tree.now(), "Van 2", BALZERS)
        seen(office, 2)
        near = made(office, "/v1/sites", name="Bakery", location=VADUZ)
        far = made(office, "/v1/sites", name="Mill", location=BALZERS)
        now = tree.now()
        here = made(office, "/v1/work-orders", type="repair", site_id=near["id"], duration_s=300)
        there = made(
            office,
            "/v1/work-orders",
            type="repair",
            site_id=far["id"],
            duration_s=600,
            window=window(now, 0, 30),
        )
        for order in (here, there):
            choice = {"technician_id": first["id"], "force": True, "reason": "as agreed"}
            done(office.post(f"/v1/work-orders/{order['id']}/assign", json=choice))
        done(office.post(f"/v1/work-orders/{here['id']}/status", json={"status": "on_site"}))
        closes = datetime.fromisoformat(there["window"]["end"])

        def order_of(one):
            see(office, tree.now(), first, VADUZ)
            see(office, tree.now(), second, BALZERS)
            return done(office.get(f"/v1/work-orders/{one['id']}"))

        def eta():
            answered = office.get(f"/v1/work-orders/{there['id']}/eta")
            told = answered.json().get("eta") if answered.is_success else None
            return told and datetime.fromisoformat(told)

        planned = until(lambda: order_of(there) and eta(), 20, "an ETA")
        assert planned < closes
        risk = until(lambda: order_of(there)["risk"], 60, "the order to be at risk")
        assert tree.now() < closes, "it is told before it is late"
        assert risk["limit"] == "window"
        until(lambda: order_of(there) and eta() > closes, 20, "an ETA told that is late")

        def proposed():
            order_of(there)
            found = done(office.get("/v1/proposals", params={"state": "open"}))["items"]
            return next((one for one in found if one["changes"]), None)

        proposal = until(proposed, 20, "a repair")
        (change,) = proposal["changes"]
        assert (change["order_id"], change["technician_after"]) == (there["id"], second["id"])
        done(office.post(f"/v1/proposals/{proposal['id']}/accept"))
        until(lambda: order_of(there)["risk"] is None, 20, "the risk to be over")
        assert order_of(there)["technician_id"] == second["id"]
        assert tree.now() < closes
        told = done(office.get(f"/v1/work-orders/{there['id']}/timeline"))["items"]
        assert [one["type"] for one in told].count("order.at_risk") == 1
