"""Orders that nobody can ever serve, people whom nobody can find: answers with reasons."""

import pytest

from tests.support.app import SCHAAN, VADUZ, WORKING_HOURS
from tests.support.refusals import problem_of
from tests.support.waiting import until

AT_SEA = {"lon": 0.0, "lat": 0.0}
NOON = {"start": "2026-03-02T11:00:00Z", "end": "2026-03-02T12:00:00Z"}
YESTERDAY = {"start": "2026-03-01T08:00:00Z", "end": "2026-03-01T09:00:00Z"}
NIGHT = {"start": "2026-03-03T01:00:00Z", "end": "2026-03-03T02:00:00Z"}
BACKWARDS = {"start": NOON["end"], "end": NOON["start"]}


@pytest.fixture(scope="module")
def vans(deployment, office) -> dict[str, str]:
    """Two at work, one of whom nobody knows where they are."""
    made = {}
    for call_sign in ("Van 01", "Van 02", "Van 03"):
        body = {"call_sign": call_sign, "shifts": WORKING_HOURS}
        made[call_sign] = office.post("/v1/technicians", json=body).json()["id"]
    now = deployment.now().isoformat()
    pings = [
        {"technician_id": made[name], "at": now, **place}
        for name, place in (("Van 01", VADUZ), ("Van 02", SCHAAN))
    ]
    assert office.post("/v1/pings", json={"pings": pings}).is_success
    until(lambda: len(office.get("/v1/positions").json()["items"]) == 2, 5, "the positions")
    return made


@pytest.fixture(scope="module")
def sea(office) -> str:
    return office.post("/v1/sites", json={"name": "Null Island", "location": AT_SEA}).json()["id"]


NOBODY = {
    "a skill that nobody has": ({"required_skills": [{"name": "diving"}]}, "missing_skill"),
    "a certificate that nobody holds": ({"required_certificates": ["gas"]}, "cert_missing"),
    "equipment that nobody has aboard": ({"required_equipment": ["crane"]}, "equipment_missing"),
    "parts that nobody has aboard": ({"required_parts": [{"sku": "V-1"}]}, "part_missing"),
    "a permit that is not there": ({"permits": [{"name": "hot works"}]}, "permit_missing"),
    "a window that is over": ({"window": YESTERDAY}, "outside_window"),
    "a window when nobody works": ({"window": NIGHT}, "off_shift"),
    "more hours than any shift has": ({"duration_s": 24 * 3600}, "shift_ends"),
    "a site that no road leads to": ({"site_id": "sea"}, "unreachable"),
}


@pytest.mark.parametrize("case", NOBODY.values(), ids=NOBODY)
def test_an_order_that_nobody_can_serve_says_of_everybody_why_and_what_would_help(
    office, site, vans, sea, case
):
    asked, code = case
    body = {"type": "repair", "site_id": site} | asked
    body["site_id"] = sea if body["site_id"] == "sea" else site
    placed = office.post("/v1/work-orders", json=body)
    assert placed.status_code == 201, placed.text
    where = f"/v1/work-orders/{placed.json()['id']}"
    told = office.get(f"{where}/candidates").json()
    assert told["candidates"] == []
    excluded = {one["call_sign"]: one["exclusions"] for one in told["excluded"]}
    assert {"Van 01", "Van 02"} <= excluded.keys()
    for call_sign in ("Van 01", "Van 02"):
        assert [one["code"] for one in excluded[call_sign]] == [code], call_sign
        assert all(one["fact"] and one["lifts"] for one in excluded[call_sign])
    why = office.get(f"{where}/why-not").json()
    assert why["best_id"] is None
    assert code in [one["code"] for one in why["reasons"]]
    refused = problem_of(
        office.post(f"{where}/assign", json={"auto": True}), 409, "assignment-conflict"
    )
    assert any("lifted by: " in one["message"] for one in refused["conflicts"])
    assert office.get(where).json()["status"] == "new"


@pytest.mark.parametrize("name", [name for name in NOBODY if "window" not in name])
def test_an_emergency_that_nobody_can_come_to_is_placed_and_left_to_a_dispatcher(
    office, site, vans, sea, name
):
    body = {"type": "leak", "site_id": site} | NOBODY[name][0]
    body["site_id"] = sea if body["site_id"] == "sea" else site
    shown = office.post("/v1/emergencies?dry_run=true", json=body).json()
    done = office.post("/v1/emergencies", json=body).json()
    assert shown["technician_id"] is None
    assert done["technician_id"] is None
    assert done["told"].startswith("nobody can come to")
    assert done["order"]["flag"]["code"] == "nobody"
    codes = {one["code"] for who in done["excluded"] for one in who["exclusions"]}
    assert NOBODY[name][1] in codes
    assert done["order"]["id"] in [
        one["id"] for one in office.get("/v1/work-orders?flagged=true&limit=500").json()["items"]
    ]


def test_who_has_no_position_is_named_with_what_would_lift_it(office, order, vans):
    told = office.get(f"/v1/work-orders/{order}/candidates").json()
    lost = next(one for one in told["excluded"] if one["technician_id"] == vans["Van 03"])
    assert [one["code"] for one in lost["exclusions"]] == ["no_position"]
    assert "position" in lost["exclusions"][0]["lifts"]
    where = office.get(f"/v1/technicians/{vans['Van 03']}/position")
    assert "no ping came so far" in problem_of(where, 404, "not-found")["detail"]
    lanes = office.get("/v1/board").json()["lanes"]
    assert vans["Van 03"] in [one["technician_id"] for one in lanes]
    refused = office.post(f"/v1/work-orders/{order}/assign", json={"technician_id": vans["Van 03"]})
    assert problem_of(refused, 409, "assignment-conflict")["conflicts"]


BACK = [
    ("work-orders", {"window": BACKWARDS}, "window"),
    ("emergencies", {"window": BACKWARDS}, "window"),
    ("emergencies", {"respond_by": "2026-03-02T09:00:00"}, "respond_by"),
    ("work-orders", {"start_at": "2026-03-09T08:00:00Z", "window": NOON}, "start_at"),
]


@pytest.mark.parametrize("case", BACK, ids=[f"{case[0]} {case[2]}" for case in BACK])
@pytest.mark.usefixtures("unchanged")
def test_times_that_cannot_be_are_refused(office, site, case):
    path, wrong, where = case
    answer = office.post(f"/v1/{path}", json={"type": "leak", "site_id": site} | wrong)
    faults = problem_of(answer, 422, "invalid-input")["faults"]
    assert where in {fault["where"] for fault in faults}


@pytest.fixture(scope="module")
def crane(office) -> str:
    body = {"name": "Crane", "kind": "tool", "provides": ["crane"]}
    return office.post("/v1/resources", json=body).json()["id"]


DESK = [
    ("crews", {"name": "A", "lead_id": "van", "member_ids": ["van"]}, "names somebody twice"),
    ("crews", {"name": "A", "lead_id": "tc_no", "member_ids": ["van"]}, "no technician 'tc_no'"),
    ("crews", {"name": " ", "lead_id": "van", "member_ids": ["tc_no"]}, "is empty; say how"),
    ("crews", {"name": "A\x9b", "lead_id": "van", "member_ids": ["van"]}, "U+009B"),
    ("contracts", {"name": "A", "customer_id": "cu_no", "tier": "g", "starts_on": "2026-01-01"},
     "no customer 'cu_no'"),
    ("contracts", {"name": "A", "customer_id": "cu_no", "tier": "g", "starts_on": 0}, "text such"),
    ("resources/crane/bookings", {"window": BACKWARDS, "reason": "x"}, "end after it starts"),
    ("resources/crane/bookings", {"window": NOON}, "reason: is missing"),
    ("disruptions", {"cause": "tired", "technician_id": "van"}, "'overrun'"),
    ("disruptions", {"cause": "overrun", "technician_id": "van"}, "order_id: is missing; name"),
    ("disruptions", {"cause": "held", "technician_id": "van"}, "order_id: is missing; name"),
    ("replans", {"area": None}, "null: should be an object"),
    ("replans", {"area": {"type": "Polygon", "coordinates": []}, "factor": 1e308}, "1000"),
    ("replans", {"area": {"type": "Polygon", "coordinates": [[[9, 47], [10, 48], [10, 47], [9, 48],
     [9, 47]]]}}, "the area is none: Self-intersection"),
    ("emergencies", {"type": "leak", "site_id": "st_no"}, "no site 'st_no'; enter it first"),
    ("emergencies", {"type": "leak", "site_id": "site", "duration_s": 1e308}, "2592000"),
    ("emergencies", {"type": "x" * 9999, "site_id": "site"}, "at most 200"),
    ("emergencies", {"type": "leak", "site_id": "site", "crew_size": 10**30}, "crew_size"),
]  # fmt: skip


@pytest.mark.parametrize("case", DESK, ids=[f"{case[0]} {case[2]}" for case in DESK])
@pytest.mark.usefixtures("unchanged")
def test_what_a_dispatcher_mistypes_is_refused_with_the_remedy(office, site, vans, crane, case):
    path, body, said = case
    real = {"van": vans["Van 01"], "site": site}
    sent = {
        name: [real.get(one, one) for one in value] if name == "member_ids"
        else real.get(value, value) if isinstance(value, str) else value
        for name, value in body.items()
    }  # fmt: skip
    told = problem_of(
        office.post(f"/v1/{path.replace('crane', crane)}", json=sent), 422, "invalid-input"
    )
    assert said in told["detail"]
    assert len(told["detail"]) < 600


@pytest.mark.parametrize("corners", [10_001, 100_000])
@pytest.mark.usefixtures("unchanged")
def test_an_area_of_more_corners_than_anybody_draws_is_refused(office, corners):
    ring = [[9.4 + n * 1e-6, 47.0 + (n % 2) * 0.2] for n in range(corners - 3)]
    ring += [[9.6, 47.3], [9.4, 47.3], ring[0]]
    area = {"type": "Polygon", "coordinates": [ring]}
    told = problem_of(office.post("/v1/replans", json={"area": area}), 422, "invalid-input")
    assert told["faults"][0]["where"] == "area"
    assert f"the area has {corners} corners, more than 10000; simplify it" in told["detail"]


SCRIPTS = {
    "Arabic": "إصلاح السخان",
    "Hebrew": "תיקון דוד",
    "turned around": "left \u202eright\u202c",
    "of several parts": "👩‍🔧🏽 é ﬁ",
    "stacked": "z" + "\u0301" * 50,
    "of no width": "\u200b\ufeff\u2066",
    "beyond the first plane": "\U0001d56d\U0001d594 \U0010fffd",
}


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS)
def test_text_of_any_script_comes_back_as_it_was_wherever_it_is_shown(office, site, vans, text):
    body = {"type": text, "site_id": site, "notes": text}
    order = office.post("/v1/work-orders", json=body).json()
    where = f"/v1/work-orders/{order['id']}"
    assert (order["type"], order["notes"]) == (text, text)
    office.post(f"{where}/hold", json={"reason": "material", "note": text}).raise_for_status()
    assert office.get(where).json()["hold"]["note"] == text
    timeline = office.get(f"{where}/timeline").json()["items"]
    assert timeline[0]["data"]["order"]["type"] == text
    placed = office.get("/v1/messages", params={"order_id": order["id"]}).json()["items"]
    assert any(text in one["text"] for one in placed)
    crew = office.post(
        "/v1/crews",
        json={"name": text, "lead_id": vans["Van 01"], "member_ids": [vans["Van 02"]]},
    ).json()
    assert office.get(f"/v1/crews/{crew['id']}").json()["name"] == text
    office.delete(f"/v1/crews/{crew['id']}", headers={"If-Match": '"1"'}).raise_for_status()
