"""Trails and playback: complete, small, and written down who looked."""

import json
from dataclasses import replace
from datetime import date, timedelta
from itertools import accumulate

import pytest

from geo_dispatch.kernel.actors import Actor, Role
from geo_dispatch.kernel.errors import InvalidInput, NotFound
from geo_dispatch.kernel.time import Window, ms_to_datetime
from geo_dispatch.services.history import access, presence, trail
from tests.support.fixes import SITE, START_MS, a_visit, fix_at, noisy, standing
from tests.support.records import DISPATCHER, open_office

START = ms_to_datetime(START_MS)
MORNING = Window(START, START + timedelta(hours=4))
DAY = date(2026, 3, 2)
PLANNER = Actor("token:tok_planner", Role.PLANNER)


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as office:
        yield office


@pytest.fixture
def van(office):
    return office.technician()


def remember(office, van, fixes):
    own = [replace(fix, technician_id=van.id) for fix in fixes]
    with office.desk.store.write() as unit:
        unit.tracking.add_fixes(sorted(own, key=lambda fix: fix.key), START_MS)
        unit.commit()


def read(office, van, span=MORNING, tolerance_m=0.0, actor=DISPATCHER):
    found = trail.trail(office.desk, van.id, span, tolerance_m, actor=actor)
    return json.loads(b"".join(trail.collection(found, span)))


def looks(office, van):
    return [(one.viewer, one.what) for one in access.looks_at(office.desk, van.id)]


def kinds(body):
    return [feature["properties"]["kind"] for feature in body["features"]]


def test_a_trail_has_every_fix_in_order_with_its_time(office, van):
    fixes = noisy(a_visit(), 6.0)
    remember(office, van, fixes)
    body = read(office, van)
    line, *rest = body["features"]
    assert len(line["geometry"]["coordinates"]) == len(fixes) == line["properties"]["fixes"]
    assert len(line["properties"]["coordTimes"]) == len(fixes)
    assert kinds(body) == ["trail", "stay"]
    assert body["technician_id"] == van.id
    assert rest[0]["geometry"]["coordinates"] == pytest.approx(SITE, abs=0.0005)


def test_a_trail_longer_than_one_read_misses_nothing_where_reads_meet(office, van):
    crowd = [fix_at(east, 0, second) for second in range(2_600) for east in (0, 1, 2, 3)]
    remember(office, van, crowd)
    found = list(trail.fixes_of(office.desk, van.id, MORNING))
    assert len(found) == len(crowd) == len(set(found))
    assert found == sorted(found, key=lambda fix: fix.key)


def test_a_trail_is_broken_at_gaps_and_bounded_by_its_time(office, van):
    remember(office, van, [*standing(0, 0, 0, 60), *standing(50, 0, 1000, 60)])
    assert kinds(read(office, van)) == ["trail", "trail"]
    assert kinds(read(office, van, Window(START, START + timedelta(seconds=60)))) == ["trail"]
    long = Window(START, START + timedelta(days=32))
    with pytest.raises(InvalidInput) as refused:
        read(office, van, long, 5000.0)
    assert [fault.where for fault in refused.value.faults] == ["to", "simplify_m"]
    with pytest.raises(NotFound):
        trail.trail(office.desk, "tc_0", MORNING, 0.0, actor=DISPATCHER)


def test_playback_gives_the_day_back_within_its_tolerance_and_is_small(office, van):
    fixes = noisy(a_visit(stays_s=3600), 3.0)
    remember(office, van, fixes)
    body = trail.playback(office.desk, van.id, DAY, actor=DISPATCHER)
    (piece,) = body["pieces"]
    times, lons, lats = (list(accumulate(piece[name])) for name in ("t", "lon", "lat"))
    start_ms = round(body["start"].timestamp() * 1000)
    assert start_ms + times[0] * 1000 == pytest.approx(fixes[0].at_ms, abs=500)
    assert start_ms + times[-1] * 1000 == pytest.approx(fixes[-1].at_ms, abs=500)
    assert (lons[-1], lats[-1]) == (round(fixes[-1].lon_e7 / 100), round(fixes[-1].lat_e7 / 100))
    assert len(times) < len(fixes)
    assert (body["end"] - body["start"]) == timedelta(days=1)


def test_the_day_when_clocks_change_is_whole(office):
    spring = trail.day_span(office.desk, date(2026, 3, 29))
    assert spring.end - spring.start == timedelta(hours=23)


def test_who_looks_is_written_down_once_an_hour_for_each_way_and_person(office, van):
    remember(office, van, standing(0, 0, 0, 60))
    for _ in range(3):
        read(office, van)
    read(office, van, actor=PLANNER)
    trail.playback(office.desk, van.id, DAY, actor=DISPATCHER)
    assert looks(office, van) == [
        (DISPATCHER.label, "playback"),
        (PLANNER.label, "trail"),
        (DISPATCHER.label, "trail"),
    ]
    read(office, van, Window(START - timedelta(days=1), MORNING.end))
    assert len(looks(office, van)) == 4, "they looked at more"
    office.clock.go_on(minutes=61)
    read(office, van)
    assert len(looks(office, van)) == 5


def test_it_is_written_down_before_anything_is_shown(office, van):
    remember(office, van, standing(0, 0, 0, 60))
    found = trail.trail(office.desk, van.id, MORNING, 0.0, actor=DISPATCHER, purpose="complaint")
    (look,) = access.looks_at(office.desk, van.id)
    assert (look.purpose, look.start, look.end) == ("complaint", MORNING.start, MORNING.end)
    assert list(found.features)


def test_nobody_is_written_down_for_looking_at_themselves(office, van):
    remember(office, van, standing(0, 0, 0, 60))
    read(office, van, actor=Actor("token:tok_phone", Role.TECHNICIAN, van.id))
    assert looks(office, van) == []


def test_asking_who_was_near_a_place_is_looking_at_those_whom_it_names(office, van):
    other = office.technician("Van 08")
    remember(office, van, standing(0, 0, 0, 300))
    assert presence.looked_up(office.desk, SITE, 100.0, MORNING, actor=DISPATCHER)
    assert looks(office, van) == [(DISPATCHER.label, "presence")]
    assert looks(office, other) == []
