"""Candidates from the records, the positions and real roads."""

import json
import time
from dataclasses import replace

import pytest

from geo_dispatch.dispatch.days.plan import Basis
from geo_dispatch.dispatch.records.technicians import Skill
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.orders import SkillRequirement
from geo_dispatch.kernel.errors import Conflict, NotFound
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.services.dispatching.candidates import consider, ranking_view
from geo_dispatch.services.records import keeping as records
from tests.support.records import DISPATCHER

_USUAL = 3
"""Visits of a technician on a usual day."""

STREET = """
A----------B----------C
                      |
D----------E----------F
"""


@pytest.mark.capability("FA-014")
def test_across_the_river_is_near_by_crow_and_far_by_road(desk):
    across = desk.technician("Van 01", "D")
    along = desk.technician("Van 02", "B")
    first, second = desk.rank(desk.order("A")).candidates
    assert (first.technician_id, second.technician_id) == (along.id, across.id)
    assert first.crow_m > second.crow_m
    assert first.drive_s < second.drive_s / 3
    assert second.drive_s == desk.town.seconds("D", "A")


def test_the_first_few_are_those_of_everybody(desk):
    for number, place in enumerate(["A", "AB", "B", "BC", "C", "CF", "F", "EF", "E", "DE", "D"]):
        desk.technician(f"Van {number:02}", place)
    order = desk.order("A")
    everybody = desk.rank(order)
    assert len(everybody.candidates) == 11
    best = desk.rank(order, top=3).candidates
    assert best[:2] == everybody.candidates[:2]
    assert best[2] == replace(everybody.candidates[2], leads=())


def test_everybody_in_service_is_ranked_or_excluded_and_nobody_else(desk):
    ready = desk.technician("Van 01", "B", skills=(Skill("HVAC", 3),))
    unskilled = desk.technician("Van 02", "C")
    unseen = desk.technician("Van 03", skills=(Skill("HVAC", 3),))
    gone = desk.technician("Van 04", "D")
    records.retire(desk.ctx, records.TECHNICIANS, gone.id, actor=DISPATCHER, expected_version=None)
    ranking = desk.rank(desk.order("A", required_skills=(SkillRequirement("HVAC", 2),)))
    assert [one.technician_id for one in ranking.candidates] == [ready.id]
    assert {one.technician_id: one.exclusions[0].code for one in ranking.excluded} == {
        unskilled.id: "missing_skill",
        unseen.id: "no_position",
    }


def test_the_drive_begins_where_the_visit_before_it_ends(desk):
    busy = desk.technician("Van 01", "A")
    desk.assign(desk.order("E", duration_s=1800.0), busy)
    window = desk.window(60, 600)
    (candidate,) = desk.rank(desk.order("D", window=window)).candidates
    assert candidate.start is Basis.SITE
    assert candidate.drive_s == desk.town.seconds("E", "D")
    free_s = (candidate.free_at - desk.clock.now).total_seconds()
    assert free_s == pytest.approx(1800 + desk.town.seconds("A", "E"))


def test_whoever_has_the_order_is_ranked_without_it(desk):
    holder = desk.technician("Van 01", "B")
    order = desk.order("A")
    before = desk.rank(order).candidates
    desk.assign(order, holder)
    assert desk.rank(order).candidates == before


def test_a_site_away_from_all_streets_can_be_reached_by_nobody(desk):
    desk.technician("Van 01", "A")
    (excluded,) = desk.rank(desk.order(LonLat(9.9, 47.3))).excluded
    assert excluded.exclusions[0].code == "unreachable"


def test_a_ranking_is_json_with_every_term_and_reason(desk):
    desk.technician("Van 01", "B")
    desk.technician("Van 02")
    order = desk.order("A", window=desk.window(0, 60))
    found = consider(desk.ctx, order.id, positions=desk.positions, now=desk.clock.now)
    view = json.loads(json.dumps(ranking_view(desk.ctx, found)))
    (candidate,), (excluded,) = view["candidates"], view["excluded"]
    assert candidate["rank"] == 1
    assert [term["name"] for term in candidate["terms"]][:2] == ["drive", "wait"]
    assert candidate["arrive_at"].endswith("Z")
    assert excluded["exclusions"][0]["code"] == "no_position"
    assert excluded["exclusions"][0]["lifts"]


def test_an_unknown_order_is_not_found(desk):
    with pytest.raises(NotFound):
        desk.rank(replace(desk.order("A"), id="wo_none"))


def test_nobody_is_wanted_for_an_order_that_has_ended(desk):
    order = desk.order("A")
    desk.office.apply(order.id, c.Cancel(reason="sold the house"))
    with pytest.raises(Conflict, match="is cancelled"):
        desk.rank(order)


@pytest.mark.capability("FA-051")
def test_three_times_the_usual_jobs_leave_rankings_below_a_second(desk, record_property):
    places = "ABCDEF"
    vans = [desk.technician(f"Van {n:02}", places[n % len(places)]) for n in range(6)]
    for n in range(3 * _USUAL * len(vans)):
        desk.assign(desk.order(places[n % 5], duration_s=900.0), vans[n % len(vans)])
    taken_s = []
    for n in range(20):
        order = desk.order(places[n % len(places)], priority=1 + n % 5)
        started_s = time.process_time()
        ranking = desk.rank(order)
        taken_s.append(time.process_time() - started_s)
        assert len(ranking.candidates) + len(ranking.excluded) == len(vans)
    p95_s = sorted(taken_s)[18]
    record_property("ranking_p95_s", p95_s)
    assert p95_s < 1.0
