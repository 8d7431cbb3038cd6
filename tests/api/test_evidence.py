"""The record over the API: briefed, followed up, told from history, proved and exported."""

import io
import zipfile
from datetime import timedelta

import pytest

from geo_dispatch.services.tracking import process as tracking
from tests.support.app import VADUZ, WORKING_HOURS
from tests.support.waiting import until


@pytest.fixture(scope="module")
def office(deployment):
    return deployment.client("dispatcher")


@pytest.fixture(scope="module")
def site(office):
    customer = office.post("/v1/customers", json={"name": "Bakery", "tier": "gold"}).json()
    body = {
        "name": "Bakery",
        "location": VADUZ,
        "fence_radius_m": 80,
        "customer_id": customer["id"],
        "access_notes": "Ring twice",
        "safety_notes": "Dog in the yard",
    }
    return office.post("/v1/sites", json=body).json()


@pytest.fixture(scope="module")
def van(deployment, office):
    body = {"call_sign": "Van 01", "shifts": WORKING_HOURS}
    van = office.post("/v1/technicians", json=body).json()
    ping(office, van, deployment.now(), VADUZ["lon"] + 0.02)
    until(lambda: office.get("/v1/positions").json()["items"], 5, "the mirror to hear of the van")
    return van


def ping(office, van, at, lon, **more):
    body = {"technician_id": van["id"], "at": at.isoformat(), "lon": lon, "lat": VADUZ["lat"]}
    assert office.post("/v1/pings", json=body | {"accuracy_m": 8.0} | more).status_code == 200


def placed(office, site, **fields):
    body = {"type": "boiler repair", "site_id": site["id"], **fields}
    answer = office.post("/v1/work-orders", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def said(office, order, status, **told):
    answer = office.post(f"/v1/work-orders/{order['id']}/status", json={"status": status, **told})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def done(office, site, van):
    """An order that was assigned, done by hand, and left something to do."""
    order = placed(office, site, notes="No hot water")
    assign = {"technician_id": van["id"]}
    answer = office.post(f"/v1/work-orders/{order['id']}/assign", json=assign)
    assert answer.status_code == 200, answer.text
    said(office, order, "on_site")
    follow_up = {"type": "fit the new valve", "priority": 2}
    return said(office, order, "complete", notes="Valve leaks", follow_ups=[follow_up])


@pytest.mark.capability("FA-019")
def test_the_briefing_is_kept_as_it_was_sent(office, site, van, done):
    told = office.get(f"/v1/work-orders/{done['id']}/briefing").json()
    sent = told["sent"]
    assert sent["technician_id"] == van["id"]
    assert sent["briefing"]["site"]["access_notes"] == "Ring twice"
    assert sent["briefing"]["site"]["safety_notes"] == "Dog in the yard"
    assert sent["briefing"]["site_history"] == []
    why = sent["briefing"]["explanation"]
    assert (why["source"], why["rank"], why["of"]) == ("manual", 1, 1)
    assert {"drive", "territory"} <= {reason["factor"] for reason in why["reasons"]}
    assert all(reason["text"] for reason in why["reasons"])
    assert told["explanation"] == why
    assert [past["number"] for past in told["site_history"]] == [done["number"]]


@pytest.mark.capability("FA-045")
def test_an_order_opens_with_what_is_known_of_its_place(office, site, done):
    body = {"type": "boiler repair", "site_id": site["id"]}
    opened = office.post("/v1/work-orders?include=context", json=body).json()
    context = opened["context"]
    assert [past["notes"] for past in context["site_history"]] == ["Valve leaks"]
    assert [visit["call_sign"] for visit in context["previous_visits"]] == ["Van 01"]
    assert opened["sla"] is None or context["sla"]["policy"] == opened["sla"]["policy"]
    assert office.get(f"/v1/work-orders/{opened['id']}").json()["context"] is None


@pytest.mark.capability("FA-049")
def test_follow_ups_are_drafts_listed_with_their_parent(office, done):
    assert done["outcome"] == "follow_up"
    listed = office.get("/v1/work-orders", params={"parent_id": done["id"]}).json()["items"]
    assert [one["type"] for one in listed] == ["fit the new valve"]
    assert listed[0]["hold"]["reason"] == "draft"
    shown = office.get(f"/v1/work-orders/{done['id']}?include=context").json()
    assert shown["context"]["follow_ups"] == [
        {
            "order_id": listed[0]["id"],
            "number": listed[0]["number"],
            "type": "fit the new valve",
            "status": "new",
            "draft": True,
        }
    ]


def test_faults_of_a_follow_up_are_problems_with_their_place(office, site, van):
    order = placed(office, site)
    office.post(f"/v1/work-orders/{order['id']}/assign", json={"technician_id": van["id"]})
    said(office, order, "on_site")
    answer = office.post(
        f"/v1/work-orders/{order['id']}/status",
        json={
            "status": "complete",
            "notes": "Valve leaks",
            "follow_ups": [{}, {"site_id": "st_none"}],
        },
    )
    assert answer.status_code == 422
    assert [fault["where"] for fault in answer.json()["faults"]] == ["follow_ups[1].site_id"]
    said(office, order, "cancelled")


def test_history_is_paged_latest_first(office, site, done):
    later = placed(office, site)
    said(office, later, "cancelled", reason="twice entered")
    url = f"/v1/sites/{site['id']}/history"
    first = office.get(url, params={"limit": 1}).json()
    assert [(one["number"], one["notes"]) for one in first["items"]] == [
        (later["number"], "twice entered")
    ]
    rest = office.get(url, params={"cursor": first["next"]}).json()
    assert done["number"] in [one["number"] for one in rest["items"]]
    by_customer = office.get(f"/v1/customers/{site['customer_id']}/history").json()
    assert by_customer["items"] == office.get(url).json()["items"]
    assert office.get(url, params={"cursor": "wo_none"}).status_code == 422
    assert office.get("/v1/sites/st_none/history").status_code == 404
    assert office.get("/v1/equipment/eq_none/history").status_code == 404


@pytest.mark.capability("BO-081")
def test_who_was_where_is_told_without_a_fence(deployment, office, van):
    now = deployment.now().replace(microsecond=0)
    lon, start = VADUZ["lon"] + 0.05, now - timedelta(hours=3)
    for step in range(40):
        ping(office, van, start + timedelta(seconds=15 * step), lon)
    for step in range(20):
        away = lon + 0.001 * (step + 1)
        ping(office, van, start + timedelta(seconds=600 + 15 * step), away, speed_mps=12.0)
    work(deployment)
    span = {"from": start.isoformat(), "to": (start + timedelta(hours=1)).isoformat()}
    asked = {"near": f"{lon},{VADUZ['lat']}", "radius_m": 60, **span}
    (stay,) = office.get("/v1/visits", params=asked).json()["items"]
    assert (stay["call_sign"], stay["stayed"]) == ("Van 01", True)
    assert stay["since"] == start.isoformat().replace("+00:00", "Z")
    assert stay["evidence"]["fixes"]
    passed = asked | {"near": f"{lon + 0.01},{VADUZ['lat']}"}
    (drive_by,) = office.get("/v1/visits", params=passed).json()["items"]
    assert (drive_by["stayed"], drive_by["evidence"]) == (False, None)
    nowhere = asked | {"near": f"{lon - 0.04},{VADUZ['lat'] + 0.1}"}
    assert office.get("/v1/visits", params=nowhere).json()["items"] == []


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"near": "9.52"}, "near"),
        ({"radius_m": 5}, "radius_m"),
        ({"to": "2026-01-01T00:00:00Z"}, "to"),
        ({"to": "2026-09-01T00:00:00Z"}, "to"),
        ({"from": "2026-03-01T00:00:00"}, "from"),
    ],
)
def test_a_place_or_time_that_makes_no_sense_is_refused(office, wrong, where):
    asked = {"near": "9.52,47.14", "from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"}
    answer = office.get("/v1/visits", params=asked | wrong)
    assert answer.status_code == 422
    assert where in [fault["where"].removeprefix("query.") for fault in answer.json()["faults"]]


def work(deployment):
    """What a worker does until nothing is new."""
    context = deployment.context
    for shard in range(context.live.shards):
        after = tracking.position(context, shard)
        entries = context.live.read({shard: after.stream_id}, 1000)
        if entries:
            tracking.process(context, shard, entries, after.fence or 1)


@pytest.mark.capability("BO-077")
def test_an_order_lists_what_its_times_come_from(deployment, office, van, done):
    proof = office.get(f"/v1/work-orders/{done['id']}/proof").json()
    assert [(time["what"], time["source"]) for time in proof["times"]] == [
        ("order.assigned", "office"),
        ("order.en_route", "person"),
        ("order.arrived", "person"),
        ("order.completed", "person"),
    ]
    assert all(time["actor"].startswith("dispatcher:token:") for time in proof["times"])


@pytest.mark.capability("BO-065")
def test_the_export_verifies_offline(office, done, tmp_path):
    from geo_dispatch.services.history import export  # noqa: PLC0415 - as another machine would

    answer = office.get(f"/v1/work-orders/{done['id']}/export")
    assert answer.headers["content-type"] == "application/zip"
    assert f'{done["number"]}.zip"' in answer.headers["content-disposition"]
    file = tmp_path / "order.zip"
    file.write_bytes(answer.content)
    package = export.verify(file)
    assert package.number == done["number"]
    assert package.about["log_head"]["seq"] <= office.get("/v1/audit/head").json()["seq"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist()[0] == "manifest.json"


def test_the_head_of_the_log_moves_with_every_event(office, site):
    before = office.get("/v1/audit/head").json()
    placed(office, site)
    after = office.get("/v1/audit/head").json()
    assert after["seq"] > before["seq"]
    assert after["chain"] != before["chain"]


@pytest.mark.parametrize("path", ["/audit/head", "/work-orders/{id}/export", "/visits"])
def test_technicians_and_clients_see_no_audit(deployment, van, done, path):
    for role, technician in (("technician", van["id"]), ("client", None)):
        client = deployment.client(role, technician)
        assert client.get(f"/v1{path.format(id=done['id'])}").status_code == 403
