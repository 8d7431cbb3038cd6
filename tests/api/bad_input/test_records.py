"""Records with faults: each named with its field, its value and the remedy; nothing is kept."""

import pytest

from tests.support.app import VADUZ
from tests.support.refusals import problem_of

BOW_TIE = [[9.52, 47.14], [9.521, 47.141], [9.521, 47.14], [9.52, 47.141], [9.52, 47.14]]
SQUARE = [[9.52, 47.14], [9.522, 47.14], [9.522, 47.142], [9.52, 47.142], [9.52, 47.14]]
SWAPPED = [[lat, lon] for lon, lat in SQUARE]


def _fence(*rings: list) -> dict:
    return {"fence": {"type": "Polygon", "coordinates": list(rings)}}


WINDOW_BACK = {"start": "2026-03-02T12:00:00Z", "end": "2026-03-02T11:00:00Z"}
WINDOW_NAIVE = {"start": "2026-03-02T12:00:00", "end": "2026-03-02T13:00:00Z"}
FIRST_DAY = "0001-01-01T00:00:00+14:00"
LAST_DAY = "9999-12-31T23:59:59-14:00"

FAULTY = [
    ("customers", {"name": "x" * 201}, "name", "at most 200"),
    ("customers", {"name": "  "}, "name", "say who it is"),
    ("customers", {"name": "a\0b"}, "name", "U+0000 at character 1; remove it"),
    ("customers", {"name": "a\x1b[31mred"}, "name", "U+001B"),
    ("customers", {"nmae": "x"}, "nmae", "correct its name"),
    ("customers", {"id": "cu_mine"}, "id", "not a known field"),
    ("customers", {"notes": "x" * 4001}, "notes", "at most 4000"),
    ("customers", {"phone": "1" * 65}, "phone", "at most 64"),
    ("customers", {"tier": "x" * 65}, "tier", "at most 64"),
    ("customers", {"notes": None}, "notes", "null: should be text"),
    ("technicians", {"skills": [{"name": "hvac", "level": 9}]}, "skills[0].level", "9: "),
    ("technicians", {"skills": [{"name": "hvac", "level": "3"}]}, "skills[0].level", '"3"'),
    ("technicians", {"skills": [{"name": "hvac"}] * 2}, "skills", "keep one"),
    ("technicians", {"skills": [{"name": str(n)} for n in range(101)]}, "skills", "at most 100"),
    ("technicians", {"home": {"lon": 9.5, "lat": 147.1}}, "home.lat", "147.1"),
    ("technicians", {"home": {"lon": True, "lat": 47.1}}, "home.lon", "true"),
    ("technicians", {"home": "9.5,47.1"}, "home", "should be an object"),
    ("technicians", {"territory_id": "narnia"}, "territory_id", "there are balzers"),
    ("technicians", {"leave": [{"window": WINDOW_BACK}]}, "leave[0].window", "end after"),
    ("technicians", {"leave": [{"window": WINDOW_NAIVE}]}, "leave[0].window.start", "timezone"),
    (
        "technicians",
        {"leave": [{"window": {"start": FIRST_DAY, "end": "2026-03-02T12:00:00Z"}}]},
        "leave[0].window.start",
        "1970 and 2199",
    ),
    (
        "technicians",
        {"shifts": [{"weekday": 1, "start": "08:00+02:00", "end": "17:00"}]},
        "shifts[0].start",
        "leave the zone out",
    ),
    ("technicians", {"shifts": [{"weekday": 9, "start": "08:00", "end": "17:00"}]},
     "shifts[0].weekday", "9: "),
    ("work-orders", {"site_id": "st_nowhere"}, "site_id", "no site 'st_nowhere'; enter it first"),
    ("work-orders", {"priority": 0}, "priority", "0: "),
    ("work-orders", {"priority": 2.5}, "priority", "2.5: "),
    ("work-orders", {"duration_s": -60}, "duration_s", "-60: "),
    ("work-orders", {"duration_s": "1h"}, "duration_s", '"1h"'),
    ("work-orders", {"window": WINDOW_BACK}, "window", "end after it starts"),
    ("work-orders", {"due_at": "soon"}, "due_at", '"soon"'),
    ("work-orders", {"due_at": FIRST_DAY}, "due_at", "1970 and 2199"),
    ("work-orders", {"due_at": LAST_DAY}, "due_at", "1970 and 2199"),
    ("work-orders", {"due_at": 1_772_442_000}, "due_at", "2026-03-02T09:00:00Z"),
    ("work-orders", {"due_at": "1772442000"}, "due_at", "2026-03-02T09:00:00Z"),
    ("work-orders", {"due_at": "2026-03-29T02:30:00"}, "due_at", "timezone"),
    ("work-orders", {"due_at": "2026-03-29T02:30:00 Europe/Vaduz"}, "due_at", "valid datetime"),
    ("work-orders", {"due_at": "2026-03-02T09:00:00+25:00"}, "due_at", "valid datetime"),
    ("technicians", {"certificates": [{"name": "gas", "expires_on": 20_500}]},
     "certificates[0].expires_on", "a day must be text such as 2026-03-02"),
    ("technicians", {"certificates": [{"name": "gas", "expires_on": "2026-03-02T00:00:00-14:00"}]},
     "certificates[0].expires_on", "a day must be text"),
    ("technicians", {"certificates": [{"name": "gas", "expires_on": "2026-02-30"}]},
     "certificates[0].expires_on", "valid date"),
    ("work-orders", {"required_skills": [{"name": "hvac", "level": 6}]},
     "required_skills[0].level", "6: "),
    ("work-orders", {"status": "complete"}, "status", "not a known field"),
    ("sites", {"location": {"lon": 200, "lat": 47}}, "location.lon", "200: "),
    ("sites", {"location": [9.5, 47.1]}, "location", "should be an object"),
    ("sites", {"location": None}, "location", "null: "),
    ("sites", {"fence_radius_m": 0}, "fence_radius_m", "0: "),
    ("sites", {"fence_radius_m": 1e6}, "fence_radius_m", "5000"),
    ("sites", _fence(BOW_TIE), "fence", "redraw it without crossings"),
    ("sites", _fence(SWAPPED), "fence", "longitude first"),
    ("sites", _fence([[500, 500], [501, 500], [501, 501], [500, 500]]), "fence.lon", "500.0"),
    ("sites", _fence([[9.52, 47.14]] * 4), "fence", "not a simple area"),
    ("sites", _fence([["a", "b"]] * 4), "fence.coordinates", "RFC 7946"),
    ("sites", _fence([[9.52, 47.14], [9.522]]), "fence.coordinates", "RFC 7946"),
    ("sites", _fence([[9.52 + n * 1e-7, 47.14] for n in range(2001)] + [SQUARE[3], SQUARE[0]]),
     "fence", "more than 2000; simplify it"),
    ("sites", {"fence": {"type": "Point", "coordinates": [9.5, 47.1]}}, "fence.type", "Point"),
]  # fmt: skip


@pytest.mark.parametrize("case", FAULTY, ids=[f"{case[0]} {case[2]}" for case in FAULTY])
def test_a_faulty_record_is_refused_with_field_value_and_remedy(office, site, unchanged, case):
    kind, wrong, where, said = case
    good = {
        "customers": {"name": "Bakery"},
        "technicians": {"call_sign": "Van 99"},
        "sites": {"name": "Bakery", "location": VADUZ},
        "work-orders": {"type": "repair", "site_id": site},
    }[kind]
    code = "invalid-geometry" if where == "fence.coordinates" else "invalid-input"
    told = problem_of(office.post(f"/v1/{kind}", json=good | wrong), 422, code)
    faults = {fault["where"]: fault["message"] for fault in told["faults"]}
    assert list(faults) == [where] or where.startswith("fence.")
    assert said in faults[where]
    assert faults[where] in told["detail"]
    assert len(told["detail"]) < 600


@pytest.mark.parametrize(
    "typed",
    [
        "'; DROP TABLE customers; --",
        '" OR 1=1',
        "<script>alert(1)</script>",
        "{{7*7}} %s ${x}",
        "a\tb\nc",
    ],
)
def test_what_looks_like_code_is_kept_as_the_text_it_is(office, typed):
    made = office.post("/v1/customers", json={"name": "Bakery", "notes": typed}).json()
    assert office.get(f"/v1/customers/{made['id']}").json()["notes"] == typed
    assert office.get(f"/v1/customers/{typed.split()[0]}").status_code == 404
    assert office.get("/v1/places", params={"q": typed}).status_code == 200


def test_the_first_and_the_last_times_that_are_taken_break_nothing_later(office, site):
    ever = {"start": "1970-01-01T00:00:00Z", "end": "2199-12-31T23:59:59Z"}
    shifts = [{"weekday": day, "start": "00:00", "end": "23:59"} for day in range(7)]
    away = office.post(
        "/v1/technicians",
        json={"call_sign": "Van 98", "shifts": shifts, "leave": [{"window": ever}], "home": VADUZ},
    ).json()["id"]
    order = office.post(
        "/v1/work-orders",
        json={"type": "repair", "site_id": site, "window": ever, "due_at": ever["end"]},
    ).json()["id"]
    ranked = office.get(f"/v1/work-orders/{order}/candidates")
    assert ranked.status_code == 200, ranked.text
    codes = {
        one["technician_id"]: [exclusion["code"] for exclusion in one["exclusions"]]
        for one in ranked.json()["excluded"]
    }
    assert "on_leave" in codes[away]
