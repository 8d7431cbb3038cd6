"""A work order over the API: placed, ranked, assigned, done, told."""

import pytest

from tests.support.app import BALZERS, SCHAAN, VADUZ, WORKING_HOURS
from tests.support.waiting import until


@pytest.fixture(scope="module")
def office(deployment):
    return deployment.client("dispatcher")


@pytest.fixture(scope="module")
def site(office):
    body = {"name": "Bakery", "location": VADUZ, "address": "Städtle 14", "access_notes": "Ring"}
    return office.post("/v1/sites", json=body).json()


@pytest.fixture(scope="module")
def vans(deployment, office):
    """Two vans that know hvac, at different distances, and one that doesn't."""
    made = {}
    for call_sign, place, skill in (
        ("Van 01", SCHAAN, "hvac"),
        ("Van 02", BALZERS, "hvac"),
        ("Van 03", VADUZ, "plumbing"),
    ):
        body = {
            "call_sign": call_sign,
            "shifts": WORKING_HOURS,
            "skills": [{"name": skill, "level": 3}],
        }
        made[call_sign] = office.post("/v1/technicians", json=body).json()["id"]
        ping = {"technician_id": made[call_sign], "at": deployment.now().isoformat(), **place}
        assert office.post("/v1/pings", json=ping).status_code == 200
    until(
        lambda: len(office.get("/v1/positions").json()["items"]) == 3,
        5,
        "the mirror to hear of three vans",
    )
    return made


@pytest.fixture
def order(office, site):
    body = {
        "type": "boiler repair",
        "site_id": site["id"],
        "required_skills": [{"name": "hvac", "level": 2}],
        "priority": 2,
        "window": {"start": "2026-03-02T09:00:00Z", "end": "2026-03-02T15:00:00Z"},
        "notes": "No hot water",
    }
    answer = office.post("/v1/work-orders", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def _url(order, *more):
    return "/".join(("/v1/work-orders", order["id"], *more))


@pytest.mark.capability("FA-011")
def test_an_order_without_its_site_or_with_a_wrong_priority_is_refused_field_by_field(office):
    answer = office.post("/v1/work-orders", json={"type": "x", "priority": 9})
    assert answer.status_code == 422
    assert {fault["where"] for fault in answer.json()["faults"]} == {"site_id", "priority"}


def test_a_window_that_ends_before_it_starts_is_refused(office, site):
    window = {"start": "2026-03-02T15:00:00Z", "end": "2026-03-02T09:00:00Z"}
    answer = office.post(
        "/v1/work-orders", json={"type": "x", "site_id": site["id"], "window": window}
    )
    assert answer.status_code == 422
    assert answer.json()["faults"][0]["where"] == "window"


def test_a_time_without_a_zone_is_refused(office, site):
    answer = office.post(
        "/v1/work-orders",
        json={"type": "x", "site_id": site["id"], "due_at": "2026-03-02T15:00:00"},
    )
    assert answer.status_code == 422
    assert answer.json()["faults"][0]["where"] == "due_at"


def test_an_order_is_read_by_id_and_by_number(office, order):
    assert office.get(_url(order)).json() == order
    assert office.get(f"/v1/work-orders/{order['number']}").json() == order
    assert order["status"] == "new"


def test_an_unknown_site_is_named(office):
    answer = office.post("/v1/work-orders", json={"type": "x", "site_id": "st_none"})
    assert answer.status_code == 422
    assert "st_none" in answer.json()["faults"][0]["message"]


def test_orders_are_listed_by_what_is_asked(office, order):
    open_ids = [o["id"] for o in office.get("/v1/work-orders?open=true").json()["items"]]
    assert order["id"] in open_ids
    done = office.get("/v1/work-orders", params={"status": ["complete", "cancelled"]})
    assert order["id"] not in [o["id"] for o in done.json()["items"]]
    wrong = office.get("/v1/work-orders", params={"status": "gone"})
    assert wrong.status_code == 422


def test_an_order_is_changed_and_retired_once_it_has_ended(office, order):
    version = {"If-Match": f'"{order["version"]}"'}
    changed = office.patch(_url(order), json={"priority": 1}, headers=version)
    assert changed.json()["priority"] == 1
    version = {"If-Match": changed.headers["etag"]}
    early = office.delete(_url(order), headers=version)
    assert (early.status_code, early.json()["code"]) == (409, "transition-not-allowed")
    office.post(_url(order, "status"), json={"status": "cancelled", "reason": "mistake"})
    version = {"If-Match": office.get(_url(order)).headers["etag"]}
    assert office.delete(_url(order), headers=version).json()["retired"]


def test_candidates_are_ranked_by_drive_time_or_excluded_with_the_fact(office, order, vans):
    ranking = office.get(_url(order, "candidates")).json()
    assert [c["technician_id"] for c in ranking["candidates"]] == [vans["Van 01"], vans["Van 02"]]
    first = ranking["candidates"][0]
    assert first["rank"] == 1
    assert 60 < first["drive_s"] < 1200
    assert first["score_min"] == pytest.approx(sum(t["minutes"] for t in first["terms"]))
    (excluded,) = ranking["excluded"]
    assert excluded["technician_id"] == vans["Van 03"]
    assert excluded["exclusions"][0]["code"] == "missing_skill"
    assert ranking["positions_as_of"]
    top = office.get(_url(order, "candidates"), params={"top": 1}).json()
    assert top["candidates"][0]["technician_id"] == vans["Van 01"]


@pytest.mark.capability("BO-009")
def test_candidates_are_narrowed_by_filters_that_say_how_many_pass(office, order, vans):
    filters = {"skill": "hvac", "available_at": "2026-03-02T10:00:00Z"}
    ranking = office.get(_url(order, "candidates"), params=filters).json()
    assert len(ranking["candidates"]) == 2
    assert not any(one["technician_id"] == vans["Van 03"] for one in ranking["excluded"])
    assert [(one["filter"], one["technicians"]) for one in ranking["filters"]] == [
        ("skill", 2),
        ("available_at", 3),
    ]
    for wrong in ({"min_ftc": 80}, {"available_at": "2026-03-02T10:00:00"}):
        assert office.get(_url(order, "candidates"), params=wrong).status_code == 422


def test_why_not_names_what_is_in_the_way_and_what_gives(office, order, vans):
    told = office.get(_url(order, "why-not")).json()
    assert told["best_id"] == vans["Van 01"]
    (nearest,) = told["nearest"]
    assert (nearest["technician_id"], nearest["enough"]) == (vans["Van 03"], True)
    assert nearest["exclusions"][0]["relax"] == {
        "gives": "skill",
        "target": "hvac",
        "amount": 2,
        "at": None,
    }
    one = office.get(_url(order, "why-not"), params={"technician_id": vans["Van 01"]}).json()
    assert one["nearest"] == []
    assert office.get(_url(order, "why-not"), params={"technician_id": "x"}).status_code == 404
    waiting = office.get("/v1/why-not").json()
    assert order["id"] in [item["order_id"] for item in waiting["items"]]
    assert waiting["positions_as_of"]


def test_an_assignment_against_the_rules_is_a_conflict_that_force_overrides_with_a_reason(
    office, order, vans
):
    body = {"technician_id": vans["Van 03"]}
    refused = office.post(_url(order, "assign"), json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "assignment-conflict")
    assert refused.json()["conflicts"][0]["where"] == "missing_skill"
    silent = office.post(_url(order, "assign"), json=body | {"force": True})
    assert silent.status_code == 422
    assert silent.json()["faults"][0]["where"] == "reason"
    forced = office.post(
        _url(order, "assign"), json=body | {"force": True, "reason": "knows the boiler"}
    )
    assert forced.status_code == 200, forced.text
    told = office.get(_url(order, "timeline")).json()["items"]
    assert any("knows the boiler" in entry["text"] for entry in told)


def test_assign_wants_a_technician_or_auto_not_both(office, order, vans):
    for body in ({}, {"auto": True, "technician_id": vans["Van 01"]}):
        assert office.post(_url(order, "assign"), json=body).status_code == 422


@pytest.mark.capability("FA-005")
def test_an_order_goes_from_the_office_to_the_technician_and_is_done(
    deployment, office, order, vans
):
    given = office.post(_url(order, "assign"), json={"auto": True})
    assert given.status_code == 200, given.text
    assert given.json()["technician_id"] == vans["Van 01"]
    phone = deployment.client("technician", vans["Van 01"])
    (job,) = [j for j in phone.get("/v1/my/day").json()["items"] if j["id"] == order["id"]]
    assert job["site"]["access_notes"] == "Ring"
    route = office.get(_url(order, "route")).json()
    assert route["duration_s"] > 0
    assert route["geometry"]["coordinates"][0] == pytest.approx(
        [SCHAAN["lon"], SCHAAN["lat"]], abs=0.01
    )
    eta = office.get(_url(order, "eta")).json()
    assert eta["technician_id"] == vans["Van 01"]
    assert eta["eta"]
    for status in ("en_route", "on_site"):
        assert phone.post(_url(order, "status"), json={"status": status}).status_code == 200
    (visit,) = phone.get(_url(order, "visits")).json()["items"]
    assert visit["source"] == "person"
    for body in (
        {"status": "on_the_tools"},
        {"status": "needs_help", "reason": "part missing"},
        {"status": "on_the_tools"},
        {"status": "complete", "notes": "Valve changed"},
    ):
        answer = phone.post(_url(order, "status"), json=body)
        assert answer.status_code == 200, answer.text
    backwards = phone.post(_url(order, "status"), json={"status": "en_route"})
    assert (backwards.status_code, backwards.json()["code"]) == (409, "transition-not-allowed")
    told = office.get(_url(order, "timeline")).json()["items"]
    beside = {"order.eta", "message.queued"}
    assert [entry["type"] for entry in told if entry["type"] not in beside] == [
        "order.placed",
        "order.assigned",
        "order.briefed",
        "order.en_route",
        "order.arrived",
        "order.started",
        "order.needs_help",
        "order.resumed",
        "order.completed",
        "invoice.draft",
    ]
    assert any("Valve changed" in entry["text"] for entry in told)


def test_an_order_taken_back_waits_again(office, order, vans):
    office.post(_url(order, "assign"), json={"technician_id": vans["Van 02"]})
    taken = office.post(_url(order, "unassign"), json={"reason": "customer called"})
    assert (taken.json()["status"], taken.json()["technician_id"]) == ("new", None)


def test_a_step_may_name_the_version_that_it_is_based_on(office, order, vans):
    stale = {"If-Match": '"99"'}
    body = {"technician_id": vans["Van 02"]}
    answer = office.post(_url(order, "assign"), json=body, headers=stale)
    assert (answer.status_code, answer.json()["code"]) == (412, "version-conflict")


def test_an_order_that_nobody_has_says_so(office, order):
    assert office.get(_url(order, "eta")).json()["basis"] == "unassigned"
    assert office.get(_url(order, "route")).status_code == 404
