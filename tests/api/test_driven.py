"""Mileage by road and the way really driven, over HTTP, on fixes made of a known drive."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from geo_dispatch.kernel.geo import haversines_m
from tests.support.driven import arrive, morning, set_out, technician


@pytest.fixture(scope="module")
def office(deployment):
    return deployment.client("dispatcher")


@pytest.fixture(scope="module")
def made(deployment):
    return morning(deployment)


@pytest.fixture(scope="module")
def drive(made):
    return made.drive


@pytest.fixture(scope="module")
def van(deployment, office, made):
    return technician(deployment, office, "Van 41", made.keys)


def days(deployment):
    day = deployment.now().astimezone(deployment.context.zone).date().isoformat()
    return {"from": day, "to": day}


def test_mileage_is_the_length_of_the_streets_driven(deployment, office, van, drive):
    answer = office.get(f"/v1/technicians/{van}/mileage", params=days(deployment))
    assert answer.status_code == 200, answer.text
    body = answer.json()
    (day,) = body["days"]
    true_km = haversines_m(drive.line[:-1], drive.line[1:]).sum() / 1000
    assert day["road_km"] == pytest.approx(true_km, rel=0.03)
    assert day["matched"] == 1.0
    assert [trip["road_km"] for trip in day["trips"]] == [day["road_km"]]
    assert body["graph"]["area"] == "liechtenstein"
    assert body["rule"] == "matching/1"


def test_the_way_driven_is_geojson_with_times_and_streets(deployment, office, van, drive):
    params = days(deployment) | {"purpose": "tax"}
    answer = office.get(f"/v1/technicians/{van}/route-driven", params=params)
    assert answer.headers["content-type"].startswith("application/geo+json")
    (line,) = answer.json()["features"]
    told = line["properties"]
    assert told["kind"] == "driven"
    assert len(told["coordTimes"]) == len(line["geometry"]["coordinates"])
    times = [datetime.fromisoformat(time) for time in told["coordTimes"]]
    assert times == sorted(times)
    assert sum(step["length_m"] for step in told["streets"]) == pytest.approx(
        told["length_m"], abs=1
    )
    assert told["distance_to_road_m"] < 12
    phone = deployment.client("technician", van)
    looks = phone.get("/v1/my/access-log").json()["items"]
    assert ("route", "tax") in {(look["what"], look["purpose"]) for look in looks}


def test_order_and_repetition_of_fixes_do_not_change_mileage(deployment, office, van, made):
    shuffled = np.random.default_rng(2).permutation(made.keys + made.keys[:40]).tolist()
    other = technician(deployment, office, "Van 42", [tuple(key) for key in shuffled])
    first, second = (
        office.get(f"/v1/technicians/{one}/mileage", params=days(deployment)).json()["days"]
        for one in (van, other)
    )
    assert first == second
    assert first[0]["road_km"] > 3


def test_nobody_reads_the_mileage_of_a_colleague(deployment, office, van):
    other = office.post("/v1/technicians", json={"call_sign": "Van 43"}).json()["id"]
    colleague = deployment.client("technician", other)
    for what in ("mileage", "route-driven"):
        path = f"/v1/technicians/{van}/{what}"
        assert colleague.get(path, params=days(deployment)).status_code == 403
        assert deployment.client("technician", van).get(path, params=days(deployment)).is_success
    empty = colleague.get(f"/v1/technicians/{other}/mileage", params=days(deployment)).json()
    assert empty["days"][0] | {"day": ""} == {
        "day": "",
        "road_km": 0,
        "odometer_km": 0,
        "matched": 1,
        "trips": [],
        "ways": [],
    }


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-03-02", "2026-03-01"),
        ("2026-03-01", "2026-04-01"),
        ("0001-01-01", "0001-01-02"),
        ("9999-12-31", "9999-12-31"),
        ("yesterday", "2026-03-01"),
    ],
)
def test_days_that_make_no_sense_are_refused_by_name(office, van, first, last):
    answer = office.get(f"/v1/technicians/{van}/mileage", params={"from": first, "to": last})
    assert answer.status_code == 422
    assert answer.json()["faults"]


@pytest.fixture(scope="module")
def order(deployment, office, van, made):
    return set_out(deployment, office, van, made)


def test_a_way_is_told_as_planned_and_as_driven_while_under_way_and_after(
    deployment, office, van, made, order
):
    drive = made.drive
    true_km = haversines_m(drive.line[:-1], drive.line[1:]).sum() / 1000
    url = f"/v1/work-orders/{order}/ways"
    (under_way,) = office.get(url).json()["items"]
    assert under_way["to"] is None
    assert under_way["driven"]["road_km"] == pytest.approx(true_km, rel=0.03)
    arrive(deployment, order, made)
    body = office.get(url).json()
    (way,) = body["items"]
    assert body["rule"] == "matching/1"
    assert (way["technician_id"], way["order_id"]) == (van, order)
    assert way["driven"] == under_way["driven"]
    assert 0 < way["planned"]["minutes"] < way["driven"]["minutes"]  # drivers are slower
    assert way["minutes"] == pytest.approx(
        (made.arrived_at - made.set_out_at).total_seconds() / 60, abs=0.1
    )
    assert way["planned"]["km"] == pytest.approx(true_km, rel=0.5)
    answer = office.get(f"/v1/technicians/{van}/mileage", params=days(deployment))
    assert answer.json()["days"][0]["ways"] == [way]
    looks = deployment.client("technician", van).get("/v1/my/access-log").json()["items"]
    assert "mileage" in {look["what"] for look in looks}
    other = office.post("/v1/technicians", json={"call_sign": "Van 44"}).json()["id"]
    assert deployment.client("technician", other).get(url).status_code == 403


def test_without_fixes_neither_is_told_and_a_way_that_was_broken_off_is_none(
    deployment, office, order
):
    site_id = office.get(f"/v1/work-orders/{order}").json()["site_id"]
    made = office.post("/v1/work-orders", json={"type": "repair", "site_id": site_id}).json()["id"]
    url = f"/v1/work-orders/{made}"
    assert office.get(f"{url}/ways").json()["items"] == []
    body = {"call_sign": "Van 46"}
    body = {"technician_id": office.post("/v1/technicians", json=body).json()["id"]}
    force = {"force": True, "reason": "a test"}
    assert office.post(f"{url}/assign", json=body | force).is_success
    assert office.get(f"{url}/ways").json()["items"] == []
    assert office.post(f"{url}/status", json={"status": "en_route"}).is_success
    (way,) = office.get(f"{url}/ways").json()["items"]
    assert (way["to"], way["planned"], way["driven"]) == (None, None, None)
    assert office.post(f"{url}/unassign", json=force).is_success
    assert office.get(f"{url}/ways").json()["items"] == []


def test_a_trail_by_road_is_what_was_driven_with_stays_and_visits(deployment, office, van, order):
    now = deployment.now()
    params = {"from": (now - timedelta(hours=4)).isoformat(), "to": now.isoformat()}
    answer = office.get(f"/v1/technicians/{van}/trail", params=params | {"matched": True})
    assert answer.headers["content-type"].startswith("application/geo+json")
    body = answer.json()
    kinds = [one["properties"]["kind"] for one in body["features"]]
    assert kinds == ["driven", "stay", "stay", "visit"]
    assert (body["graph"]["area"], body["rule"]) == ("liechtenstein", "matching/1")
    driven = office.get(f"/v1/technicians/{van}/route-driven", params=days(deployment)).json()
    assert body["features"][:1] == driven["features"]
    assert 0.5 < body["features"][0]["properties"]["confidence"] <= 1
    too_long = params | {"from": (now - timedelta(days=32)).isoformat(), "matched": True}
    assert office.get(f"/v1/technicians/{van}/trail", params=too_long).status_code == 422
    other = office.post("/v1/technicians", json={"call_sign": "Van 45"}).json()["id"]
    answer = deployment.client("technician", other).get(
        f"/v1/technicians/{van}/trail", params=params | {"matched": True}
    )
    assert answer.status_code == 403
    looks = deployment.client("technician", van).get("/v1/my/access-log").json()["items"]
    assert "trail" in {look["what"] for look in looks}
