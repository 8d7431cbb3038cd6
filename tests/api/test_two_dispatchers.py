"""Two clients at one order, or one day, at once: one wins, the other is told, the record agrees."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from geo_dispatch.services.history import audit
from geo_dispatch.services.policy import auto_assign
from geo_dispatch.tracking.nearest import PositionIndex
from tests.support.app import VADUZ, WORKING_HOURS
from tests.support.waiting import until

ROUNDS = 5
KNOWN = {"force": True, "reason": "they know the place"}
RULES = '[[rules]]\nid = "all"\nthen = { margin_min = 0 }\n'
NO_RULES = "[review]\nmargin_min = 4\n"


@pytest.fixture(scope="module")
def offices(deployment):
    return [deployment.client("dispatcher") for _ in range(2)]


@pytest.fixture(scope="module")
def vans(deployment, offices):
    found = [
        offices[0]
        .post("/v1/technicians", json={"call_sign": name, "shifts": WORKING_HOURS})
        .json()["id"]
        for name in ("Van 01", "Van 02")
    ]
    for van in found:
        ping = {"technician_id": van, "at": deployment.now().isoformat(), **VADUZ}
        assert offices[0].post("/v1/pings", json=ping).status_code == 200
    until(
        lambda: len(offices[0].get("/v1/positions").json()["items"]) == len(found),
        5,
        "the mirror to hear of the vans",
    )
    return found


@pytest.fixture(scope="module")
def site(offices):
    return offices[0].post("/v1/sites", json={"name": "Pool", "location": VADUZ}).json()["id"]


@pytest.fixture
def order(offices, site):
    return placed(offices[0], site)


@pytest.fixture(autouse=True)
def the_record_agrees(deployment, offices, vans):
    """Whatever happened: days are numbered without gaps, and the log is whole."""
    yield
    for van in vans:
        query = {"technician_id": van, "open": True}
        day = offices[0].get("/v1/work-orders", params=query).json()["items"]
        assert sorted(one["sequence"] for one in day) == list(range(1, len(day) + 1))
        for one in day:
            offices[0].post(f"/v1/work-orders/{one['id']}/status", json={"status": "cancelled"})
    assert audit.verify(deployment.context).finding is None


def placed(office, site, **fields):
    body = {"type": "repair", "site_id": site, "duration_s": 300, **fields}
    return office.post("/v1/work-orders", json=body).json()


def seen(order):
    return {"If-Match": f'"{order["version"]}"'}


def at_once(*acts: Callable):
    """What each comes to, all begun at one moment."""
    start = Barrier(len(acts))

    def begun(act):
        start.wait(10)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [one.result() for one in [pool.submit(begun, act) for act in acts]]


def story(office, order, *types):
    items = office.get(f"/v1/work-orders/{order['id']}/timeline").json()["items"]
    return [item for item in items if item["type"] in types]


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_one_wins_and_the_other_is_told_who_was_first(offices, vans, order, turn):
    where = f"/v1/work-orders/{order['id']}"
    answers = at_once(
        *(
            lambda office=office, van=van: office.post(
                f"{where}/assign", json={"technician_id": van, **KNOWN}, headers=seen(order)
            )
            for office, van in zip(offices, vans, strict=True)
        )
    )
    won, lost = sorted(answers, key=lambda answer: answer.status_code)
    assert (won.status_code, lost.status_code) == (200, 412), turn
    (given,) = story(offices[0], order, "order.assigned")
    assert f"{given['actor']} (order.assigned at " in lost.json()["detail"]
    assert given["data"]["technician_id"] == won.json()["technician_id"]
    assert won.json()["technician_id"] == offices[0].get(where).json()["technician_id"]


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_without_versions_too_one_wins_and_the_other_is_told(offices, vans, order, turn):
    where = f"/v1/work-orders/{order['id']}"
    answers = at_once(
        *(
            lambda office=office, van=van: office.post(
                f"{where}/assign", json={"technician_id": van, **KNOWN}
            )
            for office, van in zip(offices, vans, strict=True)
        )
    )
    won, lost = sorted(answers, key=lambda answer: answer.status_code)
    assert won.status_code == 200, turn
    assert lost.status_code in {409, 412}, turn
    assert len(story(offices[0], order, "order.assigned")) == 1
    assert won.json()["technician_id"] == offices[0].get(where).json()["technician_id"]


@pytest.mark.parametrize("call", ["assign", "move"])
def test_who_comes_second_and_has_not_seen_it_is_told_whose_it_is(offices, vans, order, call):
    where = f"/v1/work-orders/{order['id']}"
    first, second = ({"technician_id": van, **KNOWN} for van in vans)
    given = offices[0].post(f"{where}/assign", json=first).json()
    told = offices[1].post(f"{where}/{call}", json=second)
    assert (told.status_code, told.json()["code"]) == (409, "conflict")
    assert "is given to Van 01 already" in told.json()["detail"]
    assert told.json()["conflicts"][0]["where"] == "technician_id"
    assert offices[0].get(where).json()["version"] == given["version"]
    again = offices[1].post(f"{where}/{call}", json=second, headers=seen(given))
    assert again.json()["technician_id"] == vans[1]


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_of_two_moves_of_one_order_one_is_done(offices, vans, site, turn):
    orders = [placed(offices[0], site) for _ in range(3)]
    for one in orders:
        url = f"/v1/work-orders/{one['id']}/assign"
        body = {"technician_id": vans[0], **KNOWN, "position": orders.index(one)}
        assert offices[0].post(url, json=body).status_code == 200
    url = f"/v1/work-orders/{orders[2]['id']}"
    based_on = seen(offices[0].get(url).json())
    wishes = ({"position": 0, **KNOWN}, {"technician_id": vans[1], **KNOWN})
    answers = at_once(
        *(
            lambda office=office, wish=wish: office.post(f"{url}/move", json=wish, headers=based_on)
            for office, wish in zip(offices, wishes, strict=True)
        )
    )
    assert sorted(one.status_code for one in answers) == [200, 412], turn
    (won,) = (one.json() for one in answers if one.status_code == 200)
    now = offices[0].get(url).json()
    assert (now["technician_id"], now["sequence"]) == (won["technician_id"], won["sequence"])


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_a_dispatcher_and_a_rule_never_both_give_an_order(deployment, offices, vans, site, turn):
    planner = deployment.client("planner")
    review = {"author": "Ann", "reviewed_by": "Ben", "note": "a try"}
    planner.post("/v1/policy", json={"toml": RULES, **review})
    positions = PositionIndex(deployment.context.live.positions())
    order = placed(offices[0], site)
    where = f"/v1/work-orders/{order['id']}"

    def by_rule():
        while auto_assign.follow(deployment.context, positions):
            pass

    body = {"technician_id": vans[1], **KNOWN}
    answer, _ = at_once(lambda: offices[0].post(f"{where}/assign", json=body), by_rule)
    by_rule()
    planner.post("/v1/policy", json={"toml": NO_RULES, **review})
    (given,) = story(offices[0], order, "order.assigned")
    source = given["data"]["source"]
    assert answer.status_code in ({200} if source == "manual" else {200, 409, 412}), turn
    assert (source == "manual") == (answer.is_success and given["data"]["reason"] != ""), turn
    assert offices[0].get(where).json()["assignment_source"] == source


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_an_emergency_and_a_move_at_once_both_hold_or_the_move_is_refused(
    deployment, offices, vans, site, turn
):
    order = placed(offices[0], site, priority=4)
    url = f"/v1/work-orders/{order['id']}"
    body = {"technician_id": vans[0], **KNOWN}
    given = offices[0].post(f"{url}/assign", json=body).json()
    by = (deployment.now() + timedelta(minutes=10)).isoformat()
    call = {"type": "burst pipe", "site_id": site, "respond_by": by}
    declared, moved = at_once(
        lambda: offices[0].post("/v1/emergencies", json=call),
        lambda: offices[1].post(
            f"{url}/move", json={"technician_id": vans[1], **KNOWN}, headers=seen(given)
        ),
    )
    assert declared.status_code == 200, declared.text
    assert moved.status_code in {200, 412}, turn
    sent = declared.json()
    stored = offices[0].get(f"/v1/work-orders/{sent['order']['id']}").json()
    assert stored["technician_id"] == sent["technician_id"]
    assert stored["assignment_source"] == "emergency"
    now = offices[0].get(url).json()
    listed = [one for one in sent["changes"] if one["order_id"] == order["id"]]
    if not moved.is_success:
        assert listed, "what took the version from the move is told"
        assert now["technician_id"] == listed[0]["technician_after"]
