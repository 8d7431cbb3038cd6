"""Policies over HTTP: read, checked, published after a review, tried out; decisions told."""

import pytest

from geo_dispatch.services.policy import auto_assign
from geo_dispatch.tracking.nearest import PositionIndex
from tests.support.app import BALZERS, VADUZ, WORKING_HOURS

REVIEW = {"author": "Ann", "reviewed_by": "Ben", "note": "nearer is enough"}
RULES = '[[rules]]\nid = "all"\nthen = { margin_min = 0 }\n'


@pytest.fixture
def planner(deployment):
    return deployment.client("planner")


@pytest.fixture
def office(deployment):
    return deployment.client("dispatcher")


def publish(planner, toml, **fields):
    return planner.post("/v1/policy", json={"toml": toml, **REVIEW, **fields})


def test_a_policy_is_published_read_and_listed(deployment, planner, office):
    before = office.get("/v1/policy")
    toml = f"# {before.json()['version']}\n[ranking]\nterritory_min = 5\n"
    answer = publish(planner, toml)
    assert answer.status_code == 201
    published = answer.json()
    assert published["version"] == before.json()["version"] + 1
    assert answer.headers["ETag"] == f'"{published["version"]}"'
    assert published["toml"] == toml
    assert published["policy"]["ranking"]["territory_min"] == 5
    assert published["published_by"].startswith("planner:token:")
    assert {"where": "ranking.territory_min", "before": 10.0, "after": 5.0} in published[
        "differences"
    ]
    assert office.get("/v1/policy").json() == published
    assert office.get(answer.headers["Location"]).json() == published
    listed = office.get("/v1/policy/versions").json()["items"]
    assert [one["version"] for one in listed] == list(range(published["version"], -1, -1))
    assert "toml" not in listed[0]


def test_all_faults_of_a_document_come_at_once(planner):
    answer = publish(planner, "[ranking]\nterritory_min = -5\n[review]\nmargin = 3\n")
    assert answer.status_code == 422
    assert [one["where"] for one in answer.json()["faults"]] == [
        "ranking.territory_min",
        "review.margin",
    ]
    assert "did you mean 'margin_min'?" in answer.json()["faults"][1]["message"]
    assert publish(planner, "[ranking").json()["code"] == "invalid-file"


def test_nobody_publishes_without_a_review_or_on_top_of_what_they_did_not_see(planner):
    toml = "[review]\nmargin_min = 7\n"
    own = publish(planner, toml, reviewed_by="ann")
    assert own.status_code == 422
    assert own.json()["faults"][0]["where"] == "reviewed_by"
    assert publish(planner, toml, note="  ").status_code == 422
    outdated = planner.post(
        "/v1/policy", json={"toml": toml, **REVIEW}, headers={"If-Match": '"99"'}
    )
    assert outdated.status_code == 412


def test_dispatchers_read_policies_and_do_not_publish_them(office):
    assert publish(office, RULES).status_code == 403
    checked = office.post("/v1/policy/check", json={"toml": RULES})
    assert checked.status_code == 200
    assert checked.json()["differences"]


@pytest.fixture
def order(deployment, office, planner):
    """One that a rule assigned, of two technicians."""
    publish(planner, RULES)
    for name, place in (("Van 01", VADUZ), ("Van 02", BALZERS)):
        body = {"call_sign": name, "shifts": WORKING_HOURS, "home": place}
        van = office.post("/v1/technicians", json=body).json()["id"]
        ping = {"technician_id": van, "at": deployment.now().isoformat(), **place}
        assert office.post("/v1/pings", json={"pings": [ping]}).status_code == 200
    site = office.post("/v1/sites", json={"name": "Hall", "location": VADUZ}).json()
    placed = office.post("/v1/work-orders", json={"type": "x", "site_id": site["id"]}).json()
    positions = PositionIndex(deployment.context.live.positions())
    while auto_assign.follow(deployment.context, positions):
        pass
    return office.get(f"/v1/work-orders/{placed['id']}").json()


@pytest.mark.capability("FA-033")
def test_decisions_are_told_replayed_and_overrides_counted(deployment, office, order):
    assert order["assignment_source"] == "rule:all"
    url = f"/v1/work-orders/{order['id']}"
    (brief,) = office.get(f"{url}/decisions").json()["items"]
    assert (brief["kind"], brief["source"]) == ("auto", "rule:all")
    decision = office.get(f"/v1/decisions/{brief['id']}").json()
    first, second = decision["ranking"][:2]
    assert first["technician_id"] == order["technician_id"] == decision["suggested_id"]
    replayed = office.get(f"/v1/decisions/{brief['id']}/replay").json()
    assert replayed["same"]
    assert replayed["candidates"] == decision["ranking"]
    other = {"technician_id": second["technician_id"]}
    seen = {"If-Match": f'"{order["version"]}"'}
    refused = office.post(f"{url}/assign", json=other, headers=seen)
    assert refused.status_code == 422
    assert refused.json()["faults"][0]["where"] == "reason"
    other["reason"] = "has the key"
    assert office.post(f"{url}/assign", json=other, headers=seen).is_success
    period = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-03T00:00:00Z"}
    report = office.get("/v1/reports/overrides", params=period).json()
    assert (report["automatic"], report["overridden"], report["rate"]) == (1, 1, 1.0)
    assert report["overrides"][0]["reason"] == "has the key"
    tried = office.post(
        "/v1/policy/simulate",
        json={
            "toml": '[[rules]]\nid = "always"\nthen = { assign = "best", margin_min = 0 }\n',
            "start": period["from"],
            "end": period["to"],
        },
    ).json()
    assert tried["decisions"] >= 1
    (changed,) = (one for one in tried["changed"] if one["order_id"] == order["id"])
    assert (changed["change"], changed["after"]["source"]) == ("elsewhere", "rule:always")


def test_the_review_queue_is_a_filter_of_the_list(deployment, office, planner):
    site = office.post("/v1/sites", json={"name": "Far", "location": VADUZ}).json()
    body = {"type": "x", "site_id": site["id"], "required_skills": [{"name": "magic"}]}
    order = office.post("/v1/work-orders", json=body).json()
    auto_assign.follow(deployment.context, PositionIndex())
    while auto_assign.follow(deployment.context, PositionIndex()):
        pass
    queue = office.get("/v1/work-orders", params={"flagged": True}).json()["items"]
    assert order["id"] in [one["id"] for one in queue]
    assert all(one["flag"] for one in queue)
    calm = office.get("/v1/work-orders", params={"flagged": False}).json()["items"]
    assert all(one["flag"] is None for one in calm)


def test_who_has_judged_a_flag_takes_it_off_the_queue_with_a_reason(deployment, office, planner):
    site = office.post("/v1/sites", json={"name": "Farther", "location": VADUZ}).json()
    body = {"type": "x", "site_id": site["id"], "required_skills": [{"name": "magic"}]}
    url = f"/v1/work-orders/{office.post('/v1/work-orders', json=body).json()['id']}"
    while auto_assign.follow(deployment.context, PositionIndex()):
        pass
    assert office.get(url).json()["flag"] is not None
    reason = {"reason": "I ask a friend"}
    assert planner.post(f"{url}/judge", json=reason).status_code == 403
    assert office.post(f"{url}/judge", json={"reason": " "}).status_code == 422
    judged = office.post(f"{url}/judge", json=reason)
    assert (judged.status_code, judged.json()["flag"]) == (200, None)
    while auto_assign.follow(deployment.context, PositionIndex()):
        pass
    auto_assign.look_again(deployment.context, PositionIndex())
    assert office.get(url).json()["flag"] is None, "it is theirs until something happens to it"
    story = office.get(f"{url}/timeline").json()["items"]
    assert "I ask a friend" in str([one["text"] for one in story])


def test_figures_of_performance_are_worked_out_by_planners(office, planner):
    assert office.post("/v1/performance/refresh").status_code == 403
    fresh = planner.post("/v1/performance/refresh")
    assert fresh.status_code == 200
    assert fresh.json()["version"] >= 1
    assert office.get("/v1/performance").json() == fresh.json()


def test_a_period_that_ends_before_it_starts_is_refused(office):
    period = {"from": "2026-03-03T00:00:00Z", "to": "2026-03-01T00:00:00Z"}
    assert office.get("/v1/reports/overrides", params=period).status_code == 422
