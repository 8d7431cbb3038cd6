"""The board's data over HTTP: a day at a glance, what can be moved, what is in its way."""

from datetime import date, datetime, timedelta

import pytest
from icalendar import Calendar

from tests.support.app import BALZERS, SCHAAN, VADUZ
from tests.support.waiting import until

DAY = "2026-03-02"
SHIFTS = [
    {
        "weekday": day,
        "start": "07:00",
        "end": "19:00",
        "breaks": [{"earliest": "12:00", "latest": "13:00", "duration_s": 1800}],
    }
    for day in range(7)
]


@pytest.fixture(scope="module")
def office(deployment):
    return deployment.client("dispatcher")


@pytest.fixture(scope="module")
def sites(office):
    return {
        name: office.post("/v1/sites", json={"name": name, "location": place}).json()["id"]
        for name, place in (("Bakery", VADUZ), ("Mill", SCHAAN), ("Castle", BALZERS))
    }


@pytest.fixture(scope="module")
def vans(deployment, office):
    made = {}
    for call_sign, place in (("Van 01", SCHAAN), ("Van 02", BALZERS)):
        body = {
            "call_sign": call_sign,
            "shifts": SHIFTS,
            "leave": [
                {
                    "window": {"start": "2026-03-02T16:00:00Z", "end": "2026-03-02T17:00:00Z"},
                    "reason": "school",
                }
            ],
            "on_call": [{"start": "2026-03-02T18:00:00Z", "end": "2026-03-03T06:00:00Z"}],
        }
        made[call_sign] = office.post("/v1/technicians", json=body).json()["id"]
        ping = {"technician_id": made[call_sign], "at": deployment.now().isoformat(), **place}
        assert office.post("/v1/pings", json=ping).status_code == 200
    until(
        lambda: len(office.get("/v1/positions").json()["items"]) == 2,
        5,
        "the mirror to hear of two vans",
    )
    return made


def place(office, site, **fields):
    body = {"type": "repair", "site_id": site, "duration_s": 1800, **fields}
    answer = office.post("/v1/work-orders", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def post(office, order, step, **body):
    return office.post(f"/v1/work-orders/{order['id']}/{step}", json=body)


def board(office, **query):
    answer = office.get("/v1/board", params={"date": DAY, **query})
    assert answer.status_code == 200, answer.text
    return answer.json()


def lane(sheet, call_sign):
    return next(one for one in sheet["lanes"] if one["call_sign"] == call_sign)


@pytest.fixture(scope="module")
def day(office, sites, vans):
    """Two visits of Van 01, one of them pinned, and orders that wait."""
    first = place(office, sites["Bakery"], due_at="2026-03-02T17:00:00Z")
    second = place(office, sites["Castle"], duration_s=3600)
    for order in (first, second):
        given = post(office, order, "assign", technician_id=vans["Van 01"])
        assert given.status_code == 200, given.text
    assert post(office, second, "pin").json()["pinned"] is True
    urgent = place(office, sites["Mill"], priority=1, type="burst pipe")
    slow = place(office, sites["Mill"], priority=4)
    tight = place(office, sites["Mill"], priority=4, due_at="2026-03-02T12:00:00Z")
    held = place(office, sites["Mill"], priority=5, work_class="maintenance")
    assert post(office, held, "hold", reason="material", note="valve").status_code == 200
    return {"first": first, "second": second, "backlog": [urgent, tight, slow, held]}


@pytest.mark.capability("FA-002", "FA-034", "BO-002")
def test_the_board_has_lanes_with_visits_travel_load_and_what_can_be_moved(office, day, vans):
    sheet = board(office)
    van = lane(sheet, "Van 01")
    assert van["technician_id"] == vans["Van 01"]
    assert van["position"]["lon"] == pytest.approx(SCHAAN["lon"], abs=1e-4)
    assert (len(van["shifts"]), len(van["leave"]), len(van["on_call"])) == (1, 1, 1)
    assert van["leave"][0]["reason"] == "school"
    assert len(van["breaks"]) == 1
    by_id = {visit["order_id"]: visit for visit in van["visits"]}
    first, second = by_id[day["first"]["id"]], by_id[day["second"]["id"]]
    assert first["travel_s"] > 0
    assert first["begin_at"] < first["finish_at"]
    assert (first["movable"], second["movable"]) == (True, False)
    assert second["why_not_movable"] == "pinned by a person"
    assert 0 < first["slack_minutes"] < 600
    work_s = sum(visit["travel_s"] for visit in van["visits"]) + 1800 + 3600
    assert van["load_minutes"] == pytest.approx(work_s / 60)
    assert lane(sheet, "Van 02")["visits"] == []
    assert sheet["equipment"] == []


@pytest.mark.capability("BO-006")
def test_the_backlog_is_sorted_by_urgency_then_by_the_time_left(office, day):
    shown = [one["number"] for one in board(office)["backlog"]]
    assert shown == [order["number"] for order in day["backlog"]]


@pytest.mark.capability("ZU-005", "BO-066")
def test_flags_and_classes_filter_every_list_and_are_counted(office, day):
    held = day["backlog"][-1]["number"]
    waiting = board(office, flag="waiting_parts")
    assert [one["number"] for one in waiting["backlog"]] == [held]
    assert waiting["backlog"][0]["hold"]["note"] == "valve"
    assert lane(waiting, "Van 01")["visits"] == []
    planned = board(office, work_class="maintenance")
    assert [one["number"] for one in planned["backlog"]] == [held]
    counts = board(office)["counts"]
    assert counts["flags"]["waiting_parts"] == 1
    assert counts["work_classes"] == {"maintenance": 1, "reactive": 5}
    assert office.get("/v1/board", params={"flag": "purple"}).status_code == 422


@pytest.mark.capability("FA-034")
def test_two_sessions_see_one_version_and_nothing_new_is_not_sent_again(deployment, office, day):
    other = deployment.client("dispatcher")
    until(lambda: deployment.now().second < 50, 15, "a minute that lasts")
    answers = [one.get("/v1/board", params={"date": DAY}) for one in (office, other)]
    assert len({answer.headers["ETag"] for answer in answers}) == 1
    assert len({answer.json()["version"] for answer in answers}) == 1
    tag = answers[0].headers["ETag"]
    known = {"If-None-Match": tag}
    assert other.get("/v1/board", params={"date": DAY}, headers=known).status_code == 304
    note = office.patch(
        f"/v1/work-orders/{day['first']['id']}",
        json={"notes": "ring twice"},
        headers={"If-Match": office.get(f"/v1/work-orders/{day['first']['id']}").headers["ETag"]},
    )
    assert note.status_code == 200
    changed = other.get("/v1/board", params={"date": DAY}, headers=known)
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag


@pytest.mark.capability("FA-004", "BO-041", "BO-040")
def test_a_card_dragged_is_one_call_told_first_and_refused_with_reasons(office, day, vans):
    card = day["backlog"][2]
    target = {"technician_id": vans["Van 01"], "start_at": "2026-03-02T15:45:00Z", "pinned": True}
    before = board(office)["version"]
    url = f"/v1/work-orders/{card['id']}/assign"
    told = office.post(url, params={"dry_run": True}, json=target).json()
    assert board(office)["version"] == before
    assert told["conflicts"], told
    assert all(one["fact"] for one in told["conflicts"])
    refused = office.post(url, json=target)
    assert refused.status_code == 409
    assert [one["where"] for one in refused.json()["conflicts"]] == [
        one["code"] for one in told["conflicts"]
    ]
    free = target | {"technician_id": vans["Van 02"], "start_at": "2026-03-02T14:00:00Z"}
    given = office.post(url, json=free)
    assert given.status_code == 200, given.text
    visit = lane(board(office), "Van 02")["visits"][0]
    assert datetime.fromisoformat(visit["begin_at"]) == datetime.fromisoformat(free["start_at"])
    assert post(office, card, "unassign").status_code == 409
    back = post(office, card, "unassign", force=True, reason="the customer called")
    assert back.json()["status"] == "new"


def test_moving_within_a_day_changes_the_sequence_and_tells_who_begins_when(office, day):
    first = day["first"]
    now = office.get(f"/v1/work-orders/{first['id']}").json()
    other = 0 if now["sequence"] == 2 else 1
    url = f"/v1/work-orders/{first['id']}/move"
    told = office.post(url, params={"dry_run": True}, json={"position": other}).json()
    assert [one["order_id"] for one in told["moved"]] == [day["second"]["id"]]
    moved = office.post(url, json={"position": other})
    assert moved.status_code == 200, moved.text
    assert moved.json()["sequence"] == other + 1
    away = office.post(url, json={"position": 40})
    assert away.status_code == 422
    assert away.json()["faults"][0]["where"] == "position"


@pytest.mark.capability("BO-022")
def test_conflicts_of_a_day_are_found_before_it_happens(office, sites, vans):
    van = vans["Van 02"]
    skilled = place(office, sites["Castle"], required_certificates=["gas licence"])
    start = "2026-03-05T09:00:00Z"
    begin = place(office, sites["Castle"], start_at=start, duration_s=7200)
    overlap = place(office, sites["Mill"], start_at="2026-03-05T09:30:00Z")
    travel = place(office, sites["Castle"], start_at="2026-03-05T11:31:00Z")
    permit = place(office, sites["Castle"], permits=[{"name": "road closure"}])
    for n, order in enumerate((begin, overlap, travel)):
        given = post(
            office,
            order,
            "assign",
            technician_id=van,
            pinned=True,
            force=True,
            reason="t",
            position=n,
        )
        assert given.status_code == 200, given.text
    window = {"start": "2026-03-05T14:00:00Z", "end": "2026-03-05T15:00:00Z"}
    for order in (skilled, permit):
        etag = office.get(f"/v1/work-orders/{order['id']}").headers["ETag"]
        office.patch(
            f"/v1/work-orders/{order['id']}", json={"window": window}, headers={"If-Match": etag}
        )
        given = post(office, order, "assign", technician_id=van, force=True, reason="t")
        assert given.status_code == 200, given.text
    found = office.get("/v1/board/conflicts", params={"date": "2026-03-05"}).json()["items"]
    kinds = {(one["kind"], one["order_id"]) for one in found}
    assert ("overlap", overlap["id"]) in kinds
    assert ("qualification", skilled["id"]) in kinds
    assert ("dependency", permit["id"]) in kinds
    assert all(one["fact"] for one in found)
    late = next(one for one in found if one["order_id"] == overlap["id"])
    assert late["other_id"] == begin["id"]
    assert late["by_s"] > 0
    for order in (begin, overlap, travel, skilled, permit):
        taken = post(office, order, "unassign", force=True, reason="t")
        assert taken.status_code == 200


@pytest.mark.capability("BO-049")
def test_who_is_free_when_where_and_for_how_long(office, vans):
    def ask(at):
        answer = office.get("/v1/availability", params={"at": at})
        assert answer.status_code == 200, answer.text
        return {one["technician_id"]: one for one in answer.json()["items"]}

    now = ask("2026-03-02T14:30:00Z")
    idle = now[vans["Van 02"]]
    assert (idle["free"], idle["doing"]) == (True, "free")
    assert idle["place"]["lat"] == pytest.approx(BALZERS["lat"], abs=1e-4)
    assert idle["slack_minutes"] > 0
    away = ask("2026-03-02T16:30:00Z")[vans["Van 02"]]
    assert (away["free"], away["doing"]) == (False, "on_leave")
    night = ask("2026-03-03T01:00:00Z")[vans["Van 02"]]
    assert (night["doing"], night["free_from"]) == ("off_shift", "2026-03-03T06:00:00Z")
    assert office.get("/v1/availability", params={"at": "2026-03-01T10:00:00Z"}).status_code == 422


@pytest.mark.capability("FA-020")
def test_the_calendar_lists_the_visits_of_the_board(deployment, office, day, vans):
    key = deployment.token("calendar", vans["Van 01"])
    nobody = deployment.client(None)
    url = f"/v1/technicians/{vans['Van 01']}/calendar.ics"
    answer = nobody.get(url, params={"key": key})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
    calendar = Calendar.from_ical(answer.text)
    events = {str(event["uid"]): event for event in calendar.walk("VEVENT")}
    visits = lane(board(office), "Van 01")["visits"]
    assert set(events) == {f"{visit['order_id']}@geo-dispatch" for visit in visits}
    for visit in visits:
        event = events[f"{visit['order_id']}@geo-dispatch"]
        begin = datetime.fromisoformat(visit["begin_at"])
        assert abs(event["dtstart"].dt - begin) < timedelta(minutes=2)
        assert visit["number"] in str(event["summary"])
    other = f"/v1/technicians/{vans['Van 02']}/calendar.ics"
    assert nobody.get(other, params={"key": key}).status_code == 403
    assert nobody.get("/v1/board", params={"key": key}).status_code == 403


def test_days_that_nobody_plans_are_refused(office):
    far = (date(2026, 3, 2) + timedelta(days=90)).isoformat()
    answer = office.get("/v1/board", params={"date": far})
    assert answer.status_code == 422
    assert answer.json()["faults"][0]["where"] == "date"


def test_each_state_is_on_the_board_and_who_needs_help_is_an_alert(deployment, office, sites, vans):
    order = place(office, sites["Mill"])
    given = post(office, order, "assign", technician_id=vans["Van 02"], pinned=True)
    assert given.status_code == 200, given.text
    phone = deployment.client("technician", vans["Van 02"])

    def shown():
        sheet = board(office)
        visits = lane(sheet, "Van 02")["visits"]
        [status] = [one["status"] for one in visits if one["order_id"] == order["id"]]
        return status, [one["number"] for one in sheet["alerts"]]

    assert post(phone, order, "status", status="on_the_tools").status_code == 409
    for status in ("en_route", "on_site", "on_the_tools"):
        assert post(phone, order, "status", status=status).status_code == 200
        assert shown() == (status, [])
    body = {"status": "needs_help", "reason": "part missing"}
    assert post(phone, order, "status", **body).status_code == 200
    assert shown() == ("needs_help", [order["number"]])
    for body in ({"status": "on_the_tools"}, {"status": "complete", "notes": "new part"}):
        assert post(phone, order, "status", **body).status_code == 200
        assert shown() == (body["status"], [])
    assert post(phone, order, "status", status="en_route").status_code == 409
