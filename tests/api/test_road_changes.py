"""Closures, slower driving and speeds over the API: what they change, and what is refused."""

from datetime import timedelta

import pytest
import shapely

from tests.support.app import BALZERS, SCHAAN, VADUZ, WORKING_HOURS
from tests.support.sse import listening
from tests.support.waiting import until

OFF = {"lon": 2.35, "lat": 48.85}


@pytest.fixture(scope="module")
def office(deployment):
    return deployment.client("dispatcher")


@pytest.fixture(autouse=True)
def as_it_was(office):
    """Whatever a test changed is undone behind it."""
    yield
    for change in listed(office):
        assert office.delete(f"/v1/roads/changes/{change['id']}").is_success


def listed(office, **params):
    return office.get("/v1/roads/changes", params=params).json()["changes"]


def square(place, half_deg=0.004):
    box = shapely.box(
        place["lon"] - half_deg,
        place["lat"] - half_deg,
        place["lon"] + half_deg,
        place["lat"] + half_deg,
    )
    return {"type": "Polygon", "coordinates": [[list(xy) for xy in box.exterior.coords]]}


BETWEEN = {"lon": 9.5130, "lat": 47.1530}
"""Fields and the road from Vaduz to Schaan."""


def drive_ms(office, source=VADUZ, target=SCHAAN):
    body = {"sources": [source], "targets": [target]}
    return office.post("/v1/roads/matrix", json=body).json()["durations_ms"][0][0]


def route(office, source=VADUZ, target=SCHAAN):
    ends = {"from": source, "to": target}
    params = {name: f"{place['lon']},{place['lat']}" for name, place in ends.items()}
    return office.get("/v1/roads/route", params=params).json()


def made(office, path, **body):
    answer = office.post(f"/v1/roads/{path}", json={"reason": "water main", **body})
    assert answer.status_code == 201, answer.text
    return answer.json()


def faults(office, path, **body):
    answer = office.post(f"/v1/roads/{path}", json={"reason": "water main", **body})
    assert answer.status_code == 422, answer.text
    return {fault["where"]: fault["message"] for fault in answer.json()["faults"]}


def test_a_closure_is_driven_around_at_once_and_undone_brings_the_same_answer_back(office):
    before = drive_ms(office), route(office)
    closure = made(office, "closures", area=square(BETWEEN), name="Landstrasse")
    assert closure["kind"] == "closure"
    assert closure["in_force"]
    assert closure["name"] == "Landstrasse"
    assert closure["created_by"].startswith("dispatcher:")
    assert closure["area"]["type"] == "Polygon"
    assert drive_ms(office) > before[0]
    assert route(office)["duration_s"] > before[1]["duration_s"]
    undone = office.delete(f"/v1/roads/changes/{closure['id']}").json()
    assert not undone["in_force"]
    assert undone["undone_by"].startswith("dispatcher:")
    assert (drive_ms(office), route(office)) == before
    again = office.delete(f"/v1/roads/changes/{closure['id']}")
    assert again.json() == undone, "undoing twice is undoing once"


def test_the_streets_that_a_change_is_about_are_counted_and_drawn(office):
    closure = made(office, "closures", area=square(VADUZ))
    drawn = shapely.geometry.shape(closure["geometry"])
    assert drawn.geom_type == "MultiLineString"
    assert len(drawn.geoms) == closure["streets"] > 10
    assert closure["metres"] > 1000
    assert drawn.intersects(shapely.geometry.shape(closure["area"]))


def test_slower_driving_makes_ways_longer_and_no_longer_than_so_many_times(office):
    before = drive_ms(office)
    made(office, "speed-factors", area=square(BETWEEN, 0.2), factor=2)
    assert before < drive_ms(office) <= 2 * before


def test_ways_by_osm_id_are_closed_and_have_speeds_set(deployment, office):
    graph = deployment.context.roads.graph
    streets = deployment.context.roads.streets_between(
        (VADUZ["lon"], VADUZ["lat"]), (SCHAAN["lon"], SCHAAN["lat"])
    )
    way = graph.ways_of(int(streets[len(streets) // 2]))[0]
    before = drive_ms(office)
    table = made(office, "speeds", speeds=[{"way_id": way, "kmh": 2, "direction": "forward"}])
    assert table["speeds"] == [{"way_id": way, "kmh": 2.0, "direction": "forward"}]
    closure = made(office, "closures", way_ids=[way])
    assert closure["way_ids"] == [way]
    assert closure["area"] is None
    assert drive_ms(office) > before
    assert {one["id"] for one in listed(office)} == {table["id"], closure["id"]}


def test_a_trial_says_what_it_would_meet_and_changes_nothing(office):
    before = drive_ms(office)
    body = {"area": square(BETWEEN), "reason": "works"}
    trial = office.post("/v1/roads/closures", json=body, params={"dry_run": True}).json()
    assert trial["streets"] > 0
    assert trial["id"] == ""
    assert not trial["in_force"]
    assert drive_ms(office) == before
    assert listed(office) == []


def test_one_for_later_is_listed_but_not_driven_by(deployment, office):
    before = drive_ms(office)
    begins = deployment.now() + timedelta(hours=2)
    window = {"from": begins.isoformat(), "until": (begins + timedelta(hours=1)).isoformat()}
    planned = made(office, "closures", area=square(BETWEEN), **window)
    assert not planned["in_force"]
    assert planned["from"] is not None
    assert drive_ms(office) == before
    assert [one["id"] for one in listed(office)] == [planned["id"]]
    assert office.get(f"/v1/roads/changes/{planned['id']}").json() == planned


def test_what_was_undone_stays_on_record_and_the_version_grows(office):
    def version():
        return office.get("/v1/roads/changes").json()["version"]

    first = version()
    closure = made(office, "closures", area=square(BETWEEN))
    assert version() == first + 1
    office.delete(f"/v1/roads/changes/{closure['id']}")
    assert version() == first + 2
    assert closure["id"] not in {one["id"] for one in listed(office)}
    assert closure["id"] in {one["id"] for one in listed(office, all=True)}


def test_a_repeat_with_the_same_key_closes_once(office):
    body = {"area": square(BETWEEN), "reason": "works"}
    key = {"Idempotency-Key": "close it once"}
    first, second = (office.post("/v1/roads/closures", json=body, headers=key) for _ in range(2))
    assert first.json() == second.json()
    assert len(listed(office)) == 1


def test_pages_hear_of_it_on_the_stream(office):
    with listening(office, "/v1/stream") as stream:
        stream.wait_for("snapshot")
        closure = made(office, "closures", area=square(BETWEEN))
        heard = stream.wait_for("roads.changed").data["body"]
        assert (heard["id"], heard["kind"], heard["in_force"]) == (closure["id"], "closure", True)
        office.delete(f"/v1/roads/changes/{closure['id']}")
        stream.wait_for("roads.changed", lambda one: not one.data["body"]["in_force"])


def test_an_area_with_latitude_first_is_told_so(office):
    swapped = square({"lon": VADUZ["lat"], "lat": VADUZ["lon"]})
    assert "latitude and longitude swapped" in faults(office, "closures", area=swapped)["area"]


def test_an_area_elsewhere_names_where_the_streets_are(office):
    assert "lies outside of the streets" in faults(office, "closures", area=square(OFF))["area"]


def test_an_area_that_touches_no_street_has_nothing_to_close(office):
    peak = square({"lon": 9.6120, "lat": 47.0600}, 0.0002)
    assert "nothing to close" in faults(office, "closures", area=peak)["area"]


def test_an_area_that_crosses_itself_says_where(office):
    bow = square(VADUZ)
    bow["coordinates"][0][1:3] = reversed(bow["coordinates"][0][1:3])
    assert "Self-intersection" in faults(office, "closures", area=bow)["area"]


def test_an_area_that_reaches_beyond_the_earth_is_refused(office):
    around = square(VADUZ, 200)
    assert "reaches beyond the earth" in faults(office, "closures", area=around)["area"]


@pytest.mark.parametrize(
    "lon",
    ["NaN", "Infinity", "1e308", "1" + 400 * "0", '"9.52"', "null", "true", 300 * "[" + 300 * "]"],
)
def test_corners_that_are_no_numbers_are_refused(office, lon):
    ring = "[9.52, 47.14], [9.53, 47.14], [9.53, 47.15]"
    area = f'{{"type": "Polygon", "coordinates": [[[{lon}, 47.15], {ring}, [{lon}, 47.15]]]}}'
    answer = office.post(
        "/v1/roads/closures",
        content=f'{{"reason": "works", "area": {area}}}',
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 422, answer.text
    (fault,) = answer.json()["faults"]
    assert fault["where"] == "area.coordinates"
    assert "in numbers" in fault["message"]


def test_all_streets_can_be_closed_and_opened_again(office):
    before = drive_ms(office)
    closure = made(office, "closures", area=square(BETWEEN, 0.5))
    assert drive_ms(office) is None
    assert closure["id"] in route(office)["reason"]
    assert office.delete(f"/v1/roads/changes/{closure['id']}").is_success
    assert drive_ms(office) == before


def test_an_area_of_too_many_corners_is_refused(office):
    ring = shapely.Point(9.52, 47.14).buffer(0.01, quad_segs=600)
    area = {"type": "Polygon", "coordinates": [[list(xy) for xy in ring.exterior.coords]]}
    assert "corners, more than 2000" in faults(office, "closures", area=area)["area"]


def test_all_that_is_wrong_is_told_at_once(deployment, office):
    now = deployment.now()
    window = {"from": now.isoformat(), "until": (now - timedelta(hours=1)).isoformat()}
    found = faults(office, "speed-factors", area=square(OFF), factor=0, **window)
    assert set(found) == {"area", "factor", "until"}
    table = [{"way_id": 1, "kmh": 0}, {"way_id": 987654, "kmh": 900}]
    found = faults(office, "speeds", speeds=table)
    assert {"speeds[0].kmh", "speeds[1].kmh", "speeds[1].way_id"} == set(found)


def test_a_way_that_is_none_of_the_area_is_named(office):
    found = faults(office, "closures", way_ids=[1, 987654])
    assert list(found) == ["way_ids[1]"]
    assert "OSM way 987654 is no street of area liechtenstein" in found["way_ids[1]"]


def test_a_closure_is_of_an_area_or_of_ways(office):
    assert "way_ids" in faults(office, "closures")
    assert "area" in faults(office, "closures", area=square(VADUZ), way_ids=[1])


def test_a_reason_is_wanted(office):
    answer = office.post("/v1/roads/closures", json={"area": square(VADUZ), "reason": " "})
    assert answer.status_code == 422
    assert answer.json()["faults"][0]["where"] == "reason"


def test_planners_may_change_the_roads_and_technicians_and_clients_may_not(deployment, office):
    body = {"area": square(BETWEEN), "reason": "works"}
    assert deployment.client("planner").post("/v1/roads/closures", json=body).status_code == 201
    van = office.post("/v1/technicians", json={"call_sign": "Van 01"}).json()["id"]
    for refused in (deployment.client("client"), deployment.client("technician", van)):
        assert refused.post("/v1/roads/closures", json=body).status_code == 403
        assert refused.get("/v1/roads/changes").status_code == 403


def test_a_change_that_is_not_there_is_not_found(office):
    for answer in (
        office.get("/v1/roads/changes/rc_none"),
        office.delete("/v1/roads/changes/rc_none"),
    ):
        assert answer.status_code == 404


@pytest.fixture
def cut_off(office):
    """A closure all around Balzers; yields it as it was answered."""
    centre = shapely.Point(BALZERS["lon"], BALZERS["lat"])
    ring = shapely.geometry.mapping(centre.buffer(0.03).difference(centre.buffer(0.025)))
    return made(office, "closures", area=ring, name="Flood", reason="Rhine over its banks")


@pytest.fixture
def van(deployment, office):
    """A van in Vaduz, seen a moment ago."""
    body = {"call_sign": "Van 02", "shifts": WORKING_HOURS}
    van = office.post("/v1/technicians", json=body).json()
    fix = {"technician_id": van["id"], "at": deployment.now().isoformat(), **VADUZ}
    assert office.post("/v1/pings", json={**fix, "accuracy_m": 5}).is_success
    until(
        lambda: office.get(f"/v1/technicians/{van['id']}/position").is_success,
        10,
        "the mirror to hear of the van",
    )
    yield van
    version = office.get(f"/v1/technicians/{van['id']}").headers["ETag"]
    office.delete(f"/v1/technicians/{van['id']}", headers={"If-Match": version})


@pytest.fixture
def order(office):
    """An order in Balzers."""
    site = office.post("/v1/sites", json={"name": "Mill", "location": BALZERS}).json()
    body = {"type": "repair", "site_id": site["id"]}
    return office.post("/v1/work-orders", json=body).json()


def test_a_town_cut_off_is_unreachable_and_the_closure_is_named(office, cut_off):
    cut = route(office, VADUZ, BALZERS)
    assert cut["duration_s"] is None
    assert cut["reason"] == (
        f"no way by road: closed by Flood: Rhine over its banks ({cut_off['id']})"
    )
    body = {"sources": [VADUZ, BALZERS], "targets": [SCHAAN, BALZERS]}
    matrix = office.post("/v1/roads/matrix", json=body).json()
    assert [[ms is None for ms in row] for row in matrix["durations_ms"]] == [
        [False, True],
        [True, False],
    ]
    pairs = [(one["source"], one["target"]) for one in matrix["closed"]]
    assert pairs == [(0, 1), (1, 0)]
    assert all(cut_off["id"] in one["reason"] for one in matrix["closed"])


def test_with_every_street_closed_all_is_unreachable_and_the_closure_is_named(office):
    closure = made(office, "closures", area=square(BETWEEN, 0.3), name="Curfew")
    assert drive_ms(office) is None
    assert route(office)["reason"] == (
        f"no way by road: closed by Curfew: water main ({closure['id']})"
    )


def test_what_is_far_from_everything_is_not_put_down_to_a_closure(office, cut_off):
    assert "from the nearest street of this area" in route(office, VADUZ, OFF)["reason"]
    assert (
        office.post("/v1/roads/matrix", json={"sources": [VADUZ], "targets": [OFF]}).json()[
            "closed"
        ]
        == []
    )


def test_a_ranking_names_the_closure_that_cuts_everybody_off(office, cut_off, van, order):
    ranking = office.get(f"/v1/work-orders/{order['id']}/candidates").json()
    (excluded,) = [one for one in ranking["excluded"] if one["technician_id"] == van["id"]]
    (reason,) = [one for one in excluded["exclusions"] if one["code"] == "unreachable"]
    assert f"closed by Flood: Rhine over its banks ({cut_off['id']})" in reason["fact"]
    assert reason["measured"]["closures"] == cut_off["id"]
    told = office.get(f"/v1/work-orders/{order['id']}/why-not").json()
    assert cut_off["id"] in str(told["nearest"])
    sent = {"technician_id": van["id"]}
    refused = office.post(f"/v1/work-orders/{order['id']}/assign", json=sent)
    assert refused.status_code == 409
    assert cut_off["id"] in refused.text
    assert office.delete(f"/v1/roads/changes/{cut_off['id']}").is_success
    ranking = office.get(f"/v1/work-orders/{order['id']}/candidates").json()
    assert van["id"] in {one["technician_id"] for one in ranking["candidates"]}


def test_an_eta_knows_of_a_closure_at_once_and_names_it(office, van, order):
    sent = {"technician_id": van["id"]}
    assert office.post(f"/v1/work-orders/{order['id']}/assign", json=sent).is_success
    before = office.get(f"/v1/work-orders/{order['id']}/eta").json()
    assert before["eta"] is not None
    assert before["reason"] == ""
    centre = shapely.Point(BALZERS["lon"], BALZERS["lat"])
    ring = shapely.geometry.mapping(centre.buffer(0.03).difference(centre.buffer(0.025)))
    closure = made(office, "closures", area=ring)
    cut = office.get(f"/v1/work-orders/{order['id']}/eta").json()
    assert (cut["eta"], cut["basis"]) == (None, "unreachable")
    assert cut["reason"] == f"no way by road: closed by water main ({closure['id']})"
    route_there = office.get(f"/v1/work-orders/{order['id']}/route").json()
    assert closure["id"] in route_there["reason"]


def test_no_number_is_too_large_to_be_no_way(office):
    found = faults(office, "closures", way_ids=[2**80, -(2**80)])
    assert set(found) == {"way_ids[0]", "way_ids[1]"}
