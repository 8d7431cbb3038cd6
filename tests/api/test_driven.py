"""Mileage by road and the way really driven, over HTTP, on fixes made of a known drive."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from geo_dispatch.kernel.geo import haversines_m
from geo_dispatch.kernel.time import datetime_to_ms
from geo_dispatch.tracking.fixes import DEGREE_SCALE, Fix
from tests.support.drives import random_drive


@pytest.fixture(scope="module")
def office(deployment):
    return deployment.client("dispatcher")


@pytest.fixture(scope="module")
def drive(deployment):
    drive = random_drive(deployment.context.roads.graph, 4, least_m=4000)
    # machine code is made here, not while a request waits
    deployment.context.roads.match(drive.lonlats, drive.times_s, np.full(len(drive.times_s), 8.0))
    return drive


@pytest.fixture(scope="module")
def fixes(deployment, drive):
    """The drive after an hour at its beginning, and an hour at its end; a minute apart there."""
    first_ms = datetime_to_ms(deployment.now() - timedelta(hours=3))
    rng = np.random.default_rng(9)
    before, after = (
        np.repeat(drive.true[[end]], 60, axis=0) + rng.normal(0, 6e-5, (60, 2)) for end in (0, -1)
    )
    begins_s = 3600 - drive.times_s[0]
    times_s = np.concatenate(
        [
            np.arange(60) * 60.0,
            begins_s + drive.times_s,
            begins_s + drive.times_s[-1] + 60.0 + np.arange(60) * 60.0,
        ]
    )
    places = np.concatenate([before, drive.lonlats, after])
    return [
        (first_ms + round(at_s * 1000), *map(int, np.rint(place * DEGREE_SCALE)))
        for at_s, place in zip(times_s, places, strict=True)
    ]


def technician(deployment, office, name, keys):
    made = office.post("/v1/technicians", json={"call_sign": name}).json()["id"]
    with deployment.context.store.write() as unit:
        unit.tracking.add_fixes([Fix(made, *key, 10.0) for key in keys], keys[0][0])
        unit.commit()
    return made


@pytest.fixture(scope="module")
def van(deployment, office, fixes):
    return technician(deployment, office, "Van 41", fixes)


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


def test_order_and_repetition_of_fixes_do_not_change_mileage(deployment, office, van, fixes):
    shuffled = np.random.default_rng(2).permutation(fixes + fixes[:40]).tolist()
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
