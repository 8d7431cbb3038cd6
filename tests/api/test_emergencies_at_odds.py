"""Emergencies over the API at the worst of times and places, and several at once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Barrier
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.support.app import BALZERS, SCHAAN, VADUZ, Deployment, running
from tests.support.consistency import assert_consistent
from tests.support.waiting import until

ALWAYS = [{"weekday": day, "start": "00:00", "end": "00:00"} for day in range(7)]
ZURICH = {"lon": 8.5417, "lat": 47.3769}
TOGETHER = 4


def done(answered):
    assert answered.is_success, answered.text
    return answered.json()


def moment(text):
    return datetime.fromisoformat(text)


@dataclass
class Watch:
    """An office with vans in a row, each on duty all day and night."""

    deployment: Deployment
    office: httpx.Client
    vans: list[str]

    def site(self, name="Bakery", location=VADUZ, **fields):
        return done(
            self.office.post("/v1/sites", json={"name": name, "location": location, **fields})
        )["id"]

    def order(self, location=VADUZ, van=None, *, pinned=False, **fields):
        body = {"type": "repair", "site_id": self.site(location=location), **fields}
        order = done(self.office.post("/v1/work-orders", json=body))
        if van is None:
            return order
        choice = {"technician_id": van, "reason": "theirs", "force": True, "pinned": pinned}
        return done(self.office.post(f"/v1/work-orders/{order['id']}/assign", json=choice))

    def call(self, location=VADUZ, within_min=20.0, **fields):
        soon = self.deployment.now() + timedelta(minutes=within_min)
        body = {"type": "burst pipe", "site_id": self.site(location=location)}
        return body | {"duration_s": 3600, "respond_by": soon.isoformat(), **fields}

    def declare(self, body, *, dry_run=False):
        return done(self.office.post(f"/v1/emergencies?dry_run={dry_run}", json=body))

    def read(self, order):
        return done(self.office.get(f"/v1/work-orders/{order['id']}"))

    def begins(self):
        """When each visit of today and tomorrow begins, and whose it is."""
        today = self.deployment.now().astimezone(ZoneInfo("Europe/Vaduz")).date()
        boards = [
            done(self.office.get("/v1/board", params={"date": str(day)}))
            for day in (today, today + timedelta(days=1))
        ]
        return {
            visit["order_id"]: (lane["technician_id"], visit["begin_at"])
            for board in boards
            for lane in board["lanes"]
            for visit in lane["visits"]
        }


def watch_at(deployment, places=(SCHAAN, BALZERS)):
    office = deployment.client("dispatcher")
    made = []
    for number, place in enumerate(places):
        body = {"call_sign": f"Van {number}", "shifts": ALWAYS}
        made.append(done(office.post("/v1/technicians", json=body))["id"])
        fix = {"technician_id": made[-1], "at": deployment.now().isoformat(), **place}
        done(office.post("/v1/pings", json=fix))
    until(
        lambda: len(done(office.get("/v1/positions"))["items"]) == len(made),
        20,
        "the mirror to hear of the vans",
    )
    return Watch(deployment, office, made)


@pytest.fixture
def opened(workspace, tmp_path):
    """A watch of its own, whose records are held to their log at the end."""
    with running(workspace, tmp_path) as deployment:
        yield watch_at(deployment)
        assert_consistent(deployment.context)


def at_once(watch, calls):
    """Each call by another client, all at one moment."""
    clients = [watch.deployment.client("dispatcher") for _ in calls]
    gate = Barrier(len(calls))

    def declare(client, body):
        gate.wait()
        return client.post("/v1/emergencies", json=body)

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(declare, clients, calls))


@pytest.mark.capability("FA-024")
def test_emergencies_declared_at_once_are_each_served_or_told_to_repeat(opened):
    standing = [opened.order(place, opened.vans[0], priority=4) for place in (SCHAAN, VADUZ)]
    calls = [opened.call(place) for place in (VADUZ, SCHAAN, BALZERS, VADUZ)]
    answers = at_once(opened, calls)
    assert {one.status_code for one in answers} <= {200, 409}
    served = [one.json() for one in answers if one.status_code == 200]
    assert served
    for body, answer in zip(calls, answers, strict=True):
        if answer.status_code == 409:
            served.append(opened.declare(body))
    days = {}
    for one in (*(told["order"] for told in served), *standing):
        order = opened.read(one)
        if order["technician_id"]:
            days.setdefault(order["technician_id"], []).append(order["sequence"])
    assert len({told["order"]["number"] for told in served}) == TOGETHER
    assert all(told["technician_id"] for told in served)
    assert {van: sorted(places) for van, places in days.items()} == {
        van: list(range(1, len(places) + 1)) for van, places in days.items()
    }


def test_of_two_who_send_out_one_waiting_order_the_second_is_told(opened):
    waiting = opened.order()
    first, second = sorted(
        at_once(opened, [{"order_id": waiting["id"]}] * 2), key=lambda one: one.status_code
    )
    assert (first.status_code, second.status_code) == (200, 409)
    assert second.json()["code"] == "conflict"
    assert opened.read(waiting)["technician_id"] == first.json()["technician_id"]


NIGHTS = {
    "midnight": "2026-03-02T22:55:00+00:00",
    "an hour that is skipped": "2026-03-29T00:55:00+00:00",
    "an hour that comes twice": "2026-10-25T00:55:00+00:00",
}


@pytest.mark.parametrize("night", NIGHTS.values(), ids=NIGHTS)
def test_time_goes_on_over_midnight_and_changes_of_the_clocks(workspace, tmp_path, night):
    clock = {"clock_epoch": moment(night), "clock_started": datetime.now(UTC)}
    with running(workspace, tmp_path, **clock) as deployment:
        watch = watch_at(deployment, (SCHAAN,))
        in_the_way = watch.order(SCHAAN, watch.vans[0], priority=4, duration_s=5400)
        body = watch.call(VADUZ)
        shown, before = watch.declare(body, dry_run=True), watch.begins()
        told = watch.declare(body)
        begin_at = moment(told["begin_at"])
        assert timedelta(0) < begin_at - deployment.now() < timedelta(minutes=20)
        after = watch.begins()
        assert moment(after[told["order"]["id"]][1]) - begin_at < timedelta(minutes=1)
        late = moment(after[in_the_way["id"]][1]) - moment(before[in_the_way["id"]][1])
        assert timedelta(hours=1) < late < timedelta(hours=2)
        assert [one["kind"] for one in shown["changes"]] == [one["kind"] for one in told["changes"]]
        assert told["cost"]["late_min"] == 0
        assert_consistent(deployment.context)


@pytest.mark.parametrize(
    ("fixed", "why"),
    [({"pinned": True}, "is pinned by a person"), ({"priority": 1}, None)],
    ids=["pinned", "as urgent"],
)
def test_what_may_not_be_bumped_stands_and_is_named_and_the_emergency_comes_late(
    opened, fixed, why
):
    standing = [
        opened.order(place, van, duration_s=7200, **fixed)
        for van, place in zip(opened.vans, (SCHAAN, BALZERS), strict=True)
    ]
    before = opened.begins()
    told = opened.declare(opened.call(VADUZ, within_min=2.0))
    assert told["technician_id"] in opened.vans
    assert [one["kind"] for one in told["changes"]] == ["assigned"]
    after = opened.begins()
    for order in standing:
        assert after[order["id"]][0] == before[order["id"]][0]
        drift = moment(after[order["id"]][1]) - moment(before[order["id"]][1])
        assert abs(drift) < timedelta(minutes=1)
    assert told["cost"]["late_min"] > 0
    assert {one["why"] for one in told["firm"]} == ({why} if why else set())


def test_what_is_critical_by_contract_is_not_bumped(opened):
    policy = '[[job_types]]\nname = "lift rescue"\ncontract_critical = true\n'
    published = {"toml": policy, "author": "A", "reviewed_by": "B", "note": "lifts"}
    done(opened.deployment.client("planner").post("/v1/policy", json=published))
    for van, place in zip(opened.vans, (SCHAAN, BALZERS), strict=True):
        opened.order(place, van, type="lift rescue", priority=4, duration_s=7200)
    told = opened.declare(opened.call(VADUZ, within_min=2.0))
    assert [one["kind"] for one in told["changes"]] == ["assigned"]
    assert {one["why"] for one in told["firm"]} == {"is critical by contract"}


def test_where_nobody_is_let_in_before_tomorrow_it_begins_then(opened):
    tomorrow = [{"weekday": 1, "start": "08:00", "end": "12:00"}]
    shut = opened.site("Bank", access_windows=tomorrow)
    told = opened.declare(opened.call() | {"site_id": shut})
    assert told["technician_id"] in opened.vans
    assert moment(told["begin_at"]) == moment("2026-03-03T07:00:00+00:00")
    assert told["cost"]["late_min"] > 20 * 60
    assert told["told"].startswith("nobody before 08:00 on Tue 03 Mar, 21 h")


def test_where_no_road_leads_nobody_is_sent_and_everybody_has_a_reason(opened):
    told = opened.declare(opened.call(ZURICH))
    assert told["technician_id"] is None
    assert told["order"]["flag"]["code"] == "nobody"
    assert {one["technician_id"] for one in told["excluded"]} == set(opened.vans)
    codes = {code["code"] for one in told["excluded"] for code in one["exclusions"]}
    assert codes == {"unreachable"}
    assert opened.begins() == {}
