"""Drive times, places, territories and the base map over the API."""

import itertools

import pytest

from tests.support.app import AREA, BALZERS, SCHAAN, VADUZ

FAR = {"lon": 2.35, "lat": 48.85}


@pytest.fixture(scope="module")
def office(deployment):
    return deployment.client("dispatcher")


def _text(place):
    return f"{place['lon']},{place['lat']}"


def test_a_route_has_a_line_with_a_time_at_each_point_and_streets_by_name(office):
    params = {"from": _text(VADUZ), "to": _text(SCHAAN)}
    route = office.get("/v1/roads/route", params=params).json()
    assert 120 < route["duration_s"] < 900
    assert 2000 < route["distance_m"] < 6000
    line = route["geometry"]["coordinates"]
    assert line[0] == pytest.approx([VADUZ["lon"], VADUZ["lat"]], abs=0.005)
    assert line[-1] == pytest.approx([SCHAAN["lon"], SCHAAN["lat"]], abs=0.005)
    assert len(route["times_s"]) == len(line)
    assert all(a <= b for a, b in itertools.pairwise(route["times_s"]))
    assert any(step["name"] for step in route["steps"])
    assert route["reason"] is None


def test_no_way_is_an_answer_with_the_reason(office):
    params = {"from": _text(VADUZ), "to": "2.35,48.85"}
    answer = office.get("/v1/roads/route", params=params)
    assert answer.status_code == 200
    assert answer.json()["duration_s"] is None
    assert answer.json()["reason"] == (
        "to (2.35, 48.85) is more than 100 km from the nearest street of this area; at most 1000 m "
        "are taken"
    )


def test_a_matrix_agrees_with_the_routes_and_has_null_where_there_is_no_way(office):
    body = {"sources": [VADUZ, BALZERS], "targets": [SCHAAN, {"lon": 2.35, "lat": 48.85}]}
    answer = office.post("/v1/roads/matrix", json=body).json()
    rows = answer["durations_ms"]
    assert [fault["where"] for fault in answer["off_road"]] == ["targets[1]"]
    assert "at most 1000 m are taken" in answer["off_road"][0]["message"]
    assert answer["distances_m"] is None
    params = {"from": _text(VADUZ), "to": _text(SCHAAN)}
    route = office.get("/v1/roads/route", params=params).json()
    assert rows[0][0] == pytest.approx(route["duration_s"] * 1000, abs=1)
    assert [row[1] for row in rows] == [None, None]


def test_distances_are_those_of_the_routes(office):
    body = {"sources": [VADUZ], "targets": [SCHAAN, FAR, BALZERS], "distances": True}
    [metres] = office.post("/v1/roads/matrix", json=body).json()["distances_m"]
    params = {"from": _text(VADUZ), "to": _text(SCHAAN)}
    route = office.get("/v1/roads/route", params=params).json()
    assert metres[0] == pytest.approx(route["distance_m"], abs=0.1)
    assert metres[1] is None
    assert metres[2] > metres[0]


def test_the_nearest_of_many_are_those_that_the_matrix_has_first(office):
    targets = [BALZERS, FAR, VADUZ, SCHAAN]
    body = {"source": VADUZ, "targets": targets, "most": 3}
    answer = office.post("/v1/roads/nearest", json=body).json()
    [row] = office.post("/v1/roads/matrix", json={"sources": [VADUZ], "targets": targets}).json()[
        "durations_ms"
    ]
    assert [item["target"] for item in answer["items"]] == [2, 3, 0]
    assert [item["duration_ms"] for item in answer["items"]] == [row[2], row[3], row[0]]
    assert [fault["where"] for fault in answer["off_road"]] == ["targets[1]"]


@pytest.mark.parametrize(
    ("sides", "more", "limit"),
    [
        ((3163, 3163), {}, "10004569 pairs, and one question of drive times takes at most 1000000"),
        ((101, 100), {"distances": True}, "10100 pairs, and one question with distances takes at"),
        ((1, 10_001), {}, "at most 10000 items"),
        ((0, 1), {}, "sources"),
        ((1, 0), {}, "targets"),
    ],
)
def test_a_matrix_beyond_the_limits_is_refused_with_the_limit(office, sides, more, limit):
    body = {"sources": [VADUZ] * sides[0], "targets": [VADUZ] * sides[1], **more}
    answer = office.post("/v1/roads/matrix", json=body)
    assert answer.status_code == 422
    assert limit in answer.json()["detail"]
    assert len(answer.text) < 2000


def test_one_place_may_be_asked_about_thousands(office):
    body = {"sources": [VADUZ], "targets": [SCHAAN] * 10_000}
    [row] = office.post("/v1/roads/matrix", json=body).json()["durations_ms"]
    assert len(row) == 10_000
    assert len(set(row)) == 1


def test_longitude_and_latitude_swapped_are_told_so(office):
    swapped = {"lon": VADUZ["lat"], "lat": VADUZ["lon"]}
    asked = {
        "sources[1]": office.post(
            "/v1/roads/matrix", json={"sources": [VADUZ, swapped], "targets": [SCHAAN]}
        ),
        "targets[0]": office.post(
            "/v1/roads/nearest", json={"source": VADUZ, "targets": [swapped]}
        ),
        "to": office.get("/v1/roads/route", params={"from": _text(VADUZ), "to": _text(swapped)}),
        "from": office.get("/v1/roads/reach", params={"from": _text(swapped), "minutes": 5}),
    }
    for where, answer in asked.items():
        assert answer.status_code == 422
        told = answer.json()
        assert told["code"] == "invalid-position"
        assert [fault["where"] for fault in told["faults"]] == [where]
        assert "has longitude and latitude swapped" in told["detail"]


def test_reach_from_nowhere_is_nothing_with_the_reason(office):
    feature = office.get("/v1/roads/reach", params={"from": _text(FAR), "minutes": 5}).json()
    assert feature["geometry"]["coordinates"] == []
    assert "from the nearest street" in feature["properties"]["reason"]


def test_reach_grows_with_time(office):
    def ring_points(minutes):
        params = {"from": _text(VADUZ), "minutes": minutes}
        feature = office.get("/v1/roads/reach", params=params).json()
        assert feature["geometry"]["type"] == "MultiPolygon"
        return [p for polygon in feature["geometry"]["coordinates"] for r in polygon for p in r]

    def width(points):
        return max(p[0] for p in points) - min(p[0] for p in points)

    assert width(ring_points(10)) > width(ring_points(3))


@pytest.mark.parametrize(
    ("path", "params", "where"),
    [
        ("/v1/roads/route", {"from": "9.5", "to": "9.5,47"}, "from"),
        ("/v1/roads/route", {"from": "9.5,47", "to": "a,b"}, "to"),
        ("/v1/roads/route", {"from": "9.5,147", "to": "9.5,47"}, "from.lat"),
        ("/v1/roads/route", {"from": "nan,47", "to": "9.5,47"}, "from.lon"),
        ("/v1/roads/reach", {"from": "9.5,47", "minutes": 0}, "minutes"),
        ("/v1/places", {"q": "x", "near": "here"}, "near"),
        ("/v1/places", {"q": ""}, "q"),
    ],
)
def test_a_wrong_parameter_is_named(office, path, params, where):
    answer = office.get(path, params=params)
    assert answer.status_code == 422
    assert answer.json()["faults"][0]["where"] == where


def test_addresses_are_found_without_accents_and_the_nearest_first(office):
    params = {"q": "stadtle", "near": _text(VADUZ), "limit": 5}
    found = office.get("/v1/places", params=params).json()["items"]
    assert 0 < len(found) <= 5
    assert "Städtle" in found[0]["label"]
    assert found[0]["location"]["lon"] == pytest.approx(9.52, abs=0.05)


def test_the_territories_in_force_are_geojson(office):
    drawn = office.get("/v1/territories").json()
    assert drawn["type"] == "FeatureCollection"
    assert len(drawn["features"]) == 11
    assert {f["geometry"]["type"] for f in drawn["features"]} == {"MultiPolygon"}


def test_the_base_map_is_served_in_ranges(deployment):
    client = deployment.client(None)
    whole = client.get(f"/basemap/{AREA}.pmtiles")
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.content[:7] == b"PMTiles"
    part = client.get(f"/basemap/{AREA}.pmtiles", headers={"Range": "bytes=0-126"})
    assert part.status_code == 206
    assert part.content == whole.content[:127]
    assert client.get("/basemap/atlantis.pmtiles").status_code == 404


def test_static_files_are_served_and_nothing_beside_them(deployment):
    client = deployment.client(None)
    assert client.get("/static/js/lib/api.js").status_code == 200
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/nothing.js"):
        assert client.get(path).status_code == 404, path
