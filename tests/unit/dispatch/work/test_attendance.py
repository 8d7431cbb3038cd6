"""Visits on record follow the fixes, and never against people."""

from dataclasses import replace

from geo_dispatch.dispatch.work.attendance import Pair, differences
from geo_dispatch.dispatch.work.visits import Review, Visit
from geo_dispatch.kernel.time import ms_to_datetime
from geo_dispatch.tracking.arrival_rule import RULE
from geo_dispatch.tracking.evidence import Evidence
from geo_dispatch.tracking.geofence import Attendance

PROOF = Evidence(RULE.version, 0.97, 150.0, ())
MINUTE_MS = 60_000


def attended(arrived, left=None):
    return Attendance(arrived * MINUTE_MS, PROOF, None if left is None else left * MINUTE_MS)


def visit(arrived, left=None, **fields):
    return Visit(
        id=f"vi_{arrived}",
        order_id="wo_1",
        technician_id="te_1",
        site_id="si_1",
        arrived_at=ms_to_datetime(arrived * MINUTE_MS),
        departed_at=None if left is None else ms_to_datetime(left * MINUTE_MS),
        **{"source": "gps", "evidence": PROOF, **fields},
    )


def test_what_agrees_is_left_alone():
    assert differences([attended(5, 20)], [visit(5, 20)]) == []


def test_a_new_attendance_asks_for_a_visit_and_a_vanished_one_to_take_it_back():
    assert differences([attended(5)], []) == [Pair(None, attended(5))]
    assert differences([], [visit(5)]) == [Pair(visit(5), None)]


def test_a_moved_attendance_stays_the_same_visit():
    assert differences([attended(3, 20)], [visit(5, 20)]) == [Pair(visit(5, 20), attended(3, 20))]


def test_a_split_attendance_keeps_the_visit_that_began_with_it():
    found = differences([attended(5, 8), attended(12, 20)], [visit(5, 20)])
    assert found == [Pair(visit(5, 20), attended(5, 8)), Pair(None, attended(12, 20))]


def test_what_a_person_entered_only_gets_its_departure():
    word = visit(6, source="person", evidence=None)
    assert differences([attended(5)], [word]) == []
    assert differences([attended(5, 20)], [word]) == [Pair(word, attended(5, 20))]
    assert differences([], [word]) == []


def test_what_an_earlier_rule_confirmed_only_gets_its_departure():
    old = visit(5, evidence=replace(PROOF, rule="dwell/1"))
    assert differences([], [old]) == []
    assert differences([attended(6)], [old]) == []
    assert differences([attended(6, 20)], [old]) == [Pair(old, attended(6, 20))]
    ended = replace(old, departed_at=ms_to_datetime(19 * MINUTE_MS))
    assert differences([attended(6, 20)], [ended]) == []


def test_what_a_person_judged_is_never_dropped():
    for review in (Review.CONFIRMED, Review.CONTESTED):
        assert differences([], [replace(visit(5), review=review)]) == []


def test_new_proof_of_the_same_visit_is_a_difference():
    other = replace(attended(5), evidence=replace(PROOF, probability=0.9))
    assert differences([other], [visit(5)]) == [Pair(visit(5), other)]
