"""Where everybody is, how much that is worth, who is nearest, and how many there are where."""

from datetime import timedelta

import pytest
import shapely
from shapely.geometry import shape

from geo_dispatch.kernel.cells import lonlat_to_cell, str_to_cell
from geo_dispatch.kernel.geo import LonLat, haversine_m
from geo_dispatch.kernel.time import datetime_to_ms
from geo_dispatch.services.tracking import devices
from geo_dispatch.tracking.devices import DeviceStatus
from geo_dispatch.tracking.fixes import Fix
from tests.support.app import BALZERS, SCHAAN, VADUZ, WORKING_HOURS
from tests.support.sse import listening
from tests.support.waiting import until

VIENNA = {"lon": 16.3725, "lat": 48.2083}


@pytest.fixture(scope="module")
def office(deployment):
    return deployment.client("dispatcher")


@pytest.fixture(scope="module")
def scene(deployment, office):
    return Scene(deployment, office)


class Scene:
    """Vans, and where their phones say that they are."""

    def __init__(self, deployment, office):
        self.deployment, self.office = deployment, office

    def van(self, call_sign, place=None, ago_s=0.0, **fields):
        body = {"call_sign": call_sign, "shifts": WORKING_HOURS, **fields}
        van = self.office.post("/v1/technicians", json=body).json()["id"]
        if place is not None:
            self.seen(van, place, ago_s)
        return van

    def ping(self, van, place, ago_s=0.0, **more):
        at = self.deployment.now() - timedelta(seconds=ago_s)
        body = {"technician_id": van, "at": at.isoformat(), "accuracy_m": 8, **place, **more}
        answer = self.office.post("/v1/pings", json=body)
        assert answer.status_code == 200, answer.text
        return body["at"]

    def seen(self, van, place, ago_s=0.0):
        self.ping(van, place, ago_s)
        until(lambda: self.where(van) == place, 5, "the mirror to hear of it")

    def read(self, van):
        answer = self.office.get(f"/v1/technicians/{van}/position")
        return answer.json() if answer.status_code == 200 else None

    def where(self, van):
        found = self.read(van)
        return found and {"lon": found["lon"], "lat": found["lat"]}


def test_a_jump_is_shown_nowhere_until_a_second_fix_agrees(deployment, scene):
    van = scene.van("Van 11", VADUZ, ago_s=60)
    with listening(deployment.client("dispatcher"), "/v1/stream") as stream:
        stream.wait_for("snapshot")
        scene.ping(van, VIENNA, ago_s=50)
        marker = scene.van("Van 12")
        scene.ping(marker, BALZERS)
        stream.wait_for("positions", lambda m: _among(m.data["positions"], marker))
        assert scene.where(van) == VADUZ
        assert not any(
            position["lon"] == VIENNA["lon"]
            for message in stream.messages
            for position in message.data.get("positions", ())
        )
        scene.ping(van, VIENNA, ago_s=40, lon=VIENNA["lon"] + 0.0001)
        shown = stream.wait_for(
            "positions", lambda m: (p := _among(m.data["positions"], van)) and p["lon"] > 16
        )
    assert _among(shown.data["positions"], van)["lat"] == VIENNA["lat"]


def _among(positions, van):
    return next((one for one in positions if one["technician_id"] == van), None)


def test_a_fix_that_the_device_makes_up_is_flagged_and_the_last_true_place_stays(scene):
    van = scene.van("Van 13", VADUZ, ago_s=60)
    scene.ping(van, BALZERS, mock=True)
    found = until(lambda: (p := scene.read(van))["mock"] and p, 5, "the flag")
    assert (found["lon"], found["lat"]) == (VADUZ["lon"], VADUZ["lat"])


@pytest.mark.capability("BO-036")
@pytest.mark.parametrize(("ago_s", "worth"), [(5, "live"), (300, "stale"), (1800, "silent")])
def test_a_position_says_what_it_is_worth_by_its_age(scene, ago_s, worth):
    van = scene.van(f"Van {ago_s}", SCHAAN, ago_s=ago_s)
    found = scene.read(van)
    assert found["freshness"] == worth
    assert found["activity"] == ("idle" if worth == "live" else "unknown")
    assert [one["code"] for one in found["outages"]] == ["app_silent"] * (worth == "silent")


def test_who_is_off_shift_is_so_and_nothing_is_expected_of_their_app(deployment, office):
    night = [{"weekday": day, "start": "22:00", "end": "23:00"} for day in range(7)]
    body = {"call_sign": "Van 21", "shifts": night}
    van = office.post("/v1/technicians", json=body).json()["id"]
    with deployment.context.store.read() as unit:
        technician = unit.technicians.get(van)
    fix = _fix(van, VADUZ, deployment.now() - timedelta(hours=1))
    deployment.context.live.append(technician.shard, [fix], 0)
    where = f"/v1/technicians/{van}/position"
    until(lambda: office.get(where).is_success, 5, "the mirror to hear of it")
    position = office.get(where).json()
    assert (position["activity"], position["outages"]) == ("off_shift", [])


def _fix(van, place, at):
    return Fix(
        van, datetime_to_ms(at), round(place["lon"] * 1e7), round(place["lat"] * 1e7), accuracy_m=8
    )


def test_what_an_app_says_of_itself_is_told_with_the_position(deployment, scene):
    van = scene.van("Van 31", SCHAAN, ago_s=60)
    at_ms = round(deployment.now().timestamp() * 1000)
    devices.note(
        deployment.context,
        {van: DeviceStatus("owntracks", at_ms, battery=0.12, outage="no_permission")},
    )
    found = until(lambda: (p := scene.read(van))["outages"] and p, 10, "the outage to be told")
    assert [one["code"] for one in found["outages"]] == ["no_permission", "low_battery"]
    assert found["battery"] == 0.12
    scene.ping(van, SCHAAN)
    until(
        lambda: [one["code"] for one in scene.read(van)["outages"]] == ["low_battery"],
        5,
        "the app's word to end with the next position",
    )


def test_a_clock_that_runs_ahead_is_told_as_the_reason(deployment, office, scene):
    van = scene.van("Van 32", SCHAAN, ago_s=300)
    at = deployment.now() + timedelta(minutes=10)
    body = {"technician_id": van, "at": at.isoformat(), **SCHAAN}
    assert office.post("/v1/pings", json=body).status_code == 422
    found = until(lambda: scene.read(van)["outages"], 10, "the outage to be told")
    assert found[0]["code"] == "clock_wrong"
    assert "10 min ahead" in found[0]["text"]
    scene.seen(van, BALZERS)
    assert scene.read(van)["outages"] == []


def test_the_nearest_come_first_exactly_and_with_the_skills_asked_for(office, scene):
    welder = scene.van("Van 41", BALZERS, skills=[{"name": "welding", "level": 2}])
    liar = scene.van("Van 42")
    scene.ping(liar, VADUZ, mock=True)
    until(lambda: scene.read(liar), 5, "the mirror to hear of it")
    everybody = {one["technician_id"]: one for one in office.get("/v1/positions").json()["items"]}
    here = LonLat(VADUZ["lon"], VADUZ["lat"])
    truth = sorted(
        (haversine_m(here, LonLat(one["lon"], one["lat"])), key)
        for key, one in everybody.items()
        if key != liar
    )
    near = f"{here.lon},{here.lat}"
    answer = office.get("/v1/positions/nearest", params={"near": near, "count": 5}).json()
    assert [one["technician_id"] for one in answer["items"]] == [key for _, key in truth[:5]]
    assert [one["distance_m"] for one in answer["items"]] == pytest.approx(
        [away_m for away_m, _ in truth[:5]], abs=0.1
    )
    able = office.get("/v1/positions/nearest", params={"near": near, "skill": "welding"}).json()
    assert [one["technician_id"] for one in able["items"]] == [welder]
    live = office.get("/v1/positions/nearest", params={"near": near, "freshness": "silent"}).json()
    assert {one["freshness"] for one in live["items"]} <= {"silent"}


@pytest.mark.parametrize("res", [0, 5, 7, 9, 12, 15])
def test_density_counts_everybody_once_in_the_cell_that_holds_them(office, scene, res):
    positions = office.get("/v1/positions").json()["items"]
    answer = office.get("/v1/density", params={"res": res}).json()
    assert sum(one["count"] for one in answer["cells"]) == len(positions)
    counts = {one["cell"]: one["count"] for one in answer["cells"]}
    drawn = office.get("/v1/density", params={"res": res, "format": "geojson"})
    assert drawn.headers["content-type"] == "application/geo+json"
    for feature in drawn.json()["features"]:
        assert feature["properties"]["count"] == counts[feature["id"]]
        area = shape(feature["geometry"]).buffer(0.002)
        assert area.covers(shapely.Point(9.52, 47.14)) or res > 0
        assert len(set(map(tuple, feature["geometry"]["coordinates"][0]))) in {5, 6}
    if res >= 9:
        cells = [lonlat_to_cell(LonLat(one["lon"], one["lat"]), res) for one in positions]
        assert {str_to_cell(cell): count for cell, count in counts.items()} == {
            cell: cells.count(cell) for cell in cells
        }


def test_a_box_leaves_out_who_is_not_in_it(office, scene):
    van = scene.van("Van 51", BALZERS)
    around = "9.49,47.05,9.51,47.08"
    inside = office.get("/v1/positions", params={"bbox": around}).json()["items"]
    assert van in {one["technician_id"] for one in inside}
    assert all(47.05 <= one["lat"] <= 47.08 for one in inside)
    cells = office.get("/v1/density", params={"bbox": around}).json()["cells"]
    assert sum(one["count"] for one in cells) == len(inside)


@pytest.mark.parametrize("bbox", ["1,2,3", "a,b,c,d", "9,47,10,46", "9,47,10,147", "nan,1,2,3"])
def test_a_box_that_is_none_is_refused(office, bbox):
    answer = office.get("/v1/positions", params={"bbox": bbox})
    assert answer.status_code == 422
    assert "bbox" in answer.json()["detail"]
