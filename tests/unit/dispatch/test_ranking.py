"""The right technician first, and everybody accounted for, in minutes that can be read."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from geo_dispatch.dispatch.plan import Basis
from geo_dispatch.dispatch.ranking import rank
from geo_dispatch.dispatch.scoring import RankingParams, expected_lateness_s
from geo_dispatch.dispatch.technicians import Leave
from geo_dispatch.kernel.errors import InvalidInput
from geo_dispatch.kernel.ids import TerritoryId
from geo_dispatch.kernel.time import Window
from tests.support.dispatching import (
    NOW,
    SPEED_MPS,
    FlatLand,
    a_case,
    a_plan,
    a_site,
    a_stop,
    a_technician,
    an_order,
    at,
    minutes,
    needs,
    on_site_since,
    skilled,
)

TERMS = ["drive", "wait", "lateness", "territory", "workload", "over_qualification"]


def ranked(case, *plans, **options):
    return rank(case, plans, FlatLand().roads, **options)


def order_of(ranking):
    return [candidate.technician_id for candidate in ranking.candidates]


def term(candidate, name):
    return next(part for part in candidate.terms if part.name == name)


@pytest.mark.capability("FA-038")
def test_with_everything_else_equal_the_shortest_drive_is_first():
    plans = [a_plan(a_technician(f"van-{n}"), at(n * 1000)) for n in (3, 1, 2)]
    assert order_of(ranked(a_case(), *plans)) == ["van-1", "van-2", "van-3"]


@pytest.mark.capability("FA-001")
def test_the_score_is_the_sum_of_its_terms_and_each_has_a_text():
    site = a_site(at(3000), territory_id=TerritoryId("north"))
    order = an_order(required_skills=needs(HVAC=1), due_at=NOW + minutes(70), priority=2)
    technician = a_technician(skills=skilled("HVAC", 4), territory_id=TerritoryId("south"))
    plan = a_plan(technician, stops=[a_stop("wo_2", at(600), duration_s=1800.0)])
    (candidate,) = ranked(a_case(order, site), plan).candidates
    assert [part.name for part in candidate.terms] == TERMS
    assert sum(part.minutes for part in candidate.terms) == candidate.score_min
    assert all(part.text for part in candidate.terms)
    assert term(candidate, "territory").minutes == 10
    assert term(candidate, "over_qualification").minutes == 1.5
    assert term(candidate, "drive").minutes == pytest.approx(4, abs=0.01)
    assert term(candidate, "wait").minutes == pytest.approx(31, abs=0.01)
    assert term(candidate, "lateness").minutes > 25


@pytest.mark.capability("FA-012")
def test_a_free_technician_without_the_skill_never_outranks_a_busy_one_with_it():
    free = a_plan(a_technician("van-1"))
    skills = skilled("HVAC")
    busy = a_plan(a_technician("van-2", skills=skills), at(9000), [a_stop("wo_2", at(8000))])
    ranking = ranked(a_case(an_order(required_skills=needs(HVAC=1))), free, busy)
    assert order_of(ranking) == ["van-2"]
    assert [(e.technician_id, e.exclusions[0].code) for e in ranking.excluded] == [
        ("van-1", "missing_skill")
    ]


def test_leaving_the_home_territory_costs_more_than_a_few_minutes_of_driving():
    site = a_site(territory_id=TerritoryId("north"))
    near = a_plan(a_technician("van-1", territory_id=TerritoryId("south")), at(600))
    home = a_plan(a_technician("van-2", territory_id=TerritoryId("north")), at(3000))
    assert order_of(ranked(a_case(site=site), near, home)) == ["van-2", "van-1"]


def test_who_has_no_territory_pays_nothing_for_it():
    site = a_site(territory_id=TerritoryId("north"))
    (candidate,) = ranked(a_case(site=site), a_plan()).candidates
    assert term(candidate, "territory").minutes == 0


def test_open_work_above_the_mean_counts_against_and_below_it_in_favour():
    stops = [a_stop("wo_2", at(0), 1, **on_site_since(NOW - minutes(60)), duration_s=3600.0)]
    stops.append(a_stop("wo_3", at(0), 2, duration_s=7200.0))
    loaded = a_plan(a_technician("van-1"), stops=stops)
    idle = a_plan(a_technician("van-2"))
    first, second = ranked(a_case(), loaded, idle).candidates
    assert term(first, "workload").minutes == pytest.approx(-3)
    assert term(second, "workload").minutes == pytest.approx(3)
    assert term(second, "workload").text == "120 min of open work today, mean 60"


def test_work_promised_for_another_day_is_no_work_today():
    tomorrow = Window(NOW + minutes(24 * 60), NOW + minutes(25 * 60))
    plan = a_plan(stops=[a_stop("wo_2", at(0), window=tomorrow)])
    assert plan.open_work_s(NOW, a_case().zone) == 0


@pytest.mark.capability("BO-010")
def test_another_last_fix_changes_the_rank_and_an_old_one_excludes():
    site = a_site(at(6000))
    still = a_plan(a_technician("van-1"), at(3000))
    far, near = (a_plan(a_technician("van-2"), at(place)) for place in (0, 5000))
    assert order_of(ranked(a_case(site=site), still, far)) == ["van-1", "van-2"]
    assert order_of(ranked(a_case(site=site), still, near)) == ["van-2", "van-1"]
    old = a_plan(a_technician("van-2"), at(5000), seen_at=NOW - minutes(120))
    ranking = ranked(a_case(site=site), still, old)
    assert order_of(ranking) == ["van-1"]
    assert [e.exclusions[0].code for e in ranking.excluded] == ["position_stale"]


def test_the_drive_begins_at_the_live_position_of_who_is_free():
    (candidate,) = ranked(a_case(site=a_site(at(6000))), a_plan(place=at(3000))).candidates
    assert candidate.start is Basis.POSITION
    assert candidate.position_at == NOW
    assert candidate.drive_s == pytest.approx(300, abs=1)


def test_the_drive_begins_where_the_open_orders_end():
    stops = [a_stop("wo_2", at(600), 1), a_stop("wo_3", at(5400), 2)]
    (candidate,) = ranked(a_case(site=a_site(at(6000))), a_plan(stops=stops)).candidates
    assert candidate.start is Basis.SITE
    assert candidate.drive_s == pytest.approx(60, abs=1)
    assert candidate.crow_m == pytest.approx(600, abs=2)
    assert candidate.free_at == pytest.approx(NOW + minutes(129), abs=minutes(0.1))
    assert candidate.finish_at - candidate.arrive_at == minutes(60)


def test_whoever_is_on_site_is_free_when_the_rest_of_the_work_is_done():
    stop = a_stop("wo_2", at(600), **on_site_since(NOW - minutes(45)))
    (candidate,) = ranked(a_case(), a_plan(place=None, stops=[stop])).candidates
    assert candidate.free_at == NOW + minutes(15)
    assert term(candidate, "wait").text == "free from 10:15, in 15 min"


def test_work_that_overruns_ends_now_at_the_earliest():
    stop = a_stop("wo_2", at(600), **on_site_since(NOW - minutes(90)))
    (candidate,) = ranked(a_case(), a_plan(stops=[stop])).candidates
    assert candidate.free_at == NOW


def test_work_for_today_goes_before_what_is_promised_for_tomorrow():
    tomorrow = Window(NOW + minutes(24 * 60), NOW + minutes(25 * 60))
    stops = [a_stop("wo_2", at(600), 1), a_stop("wo_3", at(9000), 2, window=tomorrow)]
    plan = a_plan(stops=stops)
    today = a_case(an_order("wo_9")).plan_before(plan)
    later = a_case(an_order("wo_9", window=tomorrow)).plan_before(plan)
    assert [stop.order.id for stop in today.stops] == ["wo_2"]
    assert later == plan


def test_whoever_has_the_order_is_ranked_as_if_they_had_not():
    plan = a_plan(stops=[a_stop("wo_1", at(600))])
    assert a_case(an_order("wo_1")).plan_before(plan).stops == ()


def test_an_emergency_goes_to_who_is_there_first_and_low_priority_to_who_drives_least():
    near_but_busy = a_plan(
        a_technician("van-1"),
        stops=[a_stop("wo_2", at(600), **on_site_since(NOW - minutes(30)))],
    )
    far_but_free = a_plan(a_technician("van-2"), at(12000))
    urgent = ranked(a_case(an_order(priority=1)), near_but_busy, far_but_free)
    whenever = ranked(a_case(an_order(priority=5)), near_but_busy, far_but_free)
    assert order_of(urgent) == ["van-2", "van-1"]
    assert order_of(whenever) == ["van-1", "van-2"]


def test_lateness_risk_rises_as_the_window_closes_and_names_the_margin():
    def lateness(end_minutes):
        order = an_order(window=Window(NOW - minutes(60), NOW + minutes(end_minutes)))
        (candidate,) = ranked(a_case(order), a_plan(place=at(6000))).candidates
        return term(candidate, "lateness")

    tight, roomy = lateness(11), lateness(60)
    assert tight.minutes > roomy.minutes
    assert tight.text == "1 min to spare, 42 % risk of being late"
    assert roomy.minutes == pytest.approx(0, abs=1e-3)


def test_the_due_time_asks_for_the_end_of_the_work():
    order = an_order(due_at=NOW + minutes(50), duration_s=3600.0)
    (candidate,) = ranked(a_case(order), a_plan()).candidates
    assert candidate.late_by_s == 600


def test_expected_lateness_is_the_lateness_itself_far_from_the_limit():
    assert expected_lateness_s(36000, 300) == pytest.approx(36000)
    assert expected_lateness_s(-36000, 300) == 0
    assert expected_lateness_s(0, 300) == pytest.approx(300 * 0.39894, rel=1e-4)


def test_being_early_for_the_window_is_a_wait():
    order = an_order(window=Window(NOW + minutes(60), NOW + minutes(120)))
    (candidate,) = ranked(a_case(order), a_plan(place=at(6000))).candidates
    assert term(candidate, "wait").text == "50 min early for the window"
    assert candidate.finish_at == NOW + minutes(120)


def test_before_the_shift_the_drive_begins_at_home_when_it_begins():
    night = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    order = an_order(window=Window(night + minutes(6 * 60), night + minutes(8 * 60)))
    technician = a_technician(home=at(6000))
    (candidate,) = ranked(a_case(order, now=night), a_plan(technician, place=None)).candidates
    assert candidate.start is Basis.HOME
    assert candidate.free_at == datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
    assert candidate.position_at is None


def test_equal_scores_are_ordered_by_id():
    plans = [a_plan(a_technician(name), at(1000)) for name in ("van-b", "van-c", "van-a")]
    assert order_of(ranked(a_case(), *plans)) == ["van-a", "van-b", "van-c"]


def test_the_same_inputs_give_the_same_answer_whatever_their_order():
    plans = [a_plan(a_technician(f"van-{n}"), at(n * 700, n * 300)) for n in range(8)]
    assert ranked(a_case(), *plans) == ranked(a_case(), *reversed(plans))


def test_everybody_is_in_exactly_one_list():
    leave = Leave(Window(NOW, NOW + minutes(60)))
    plans = [a_plan(a_technician(f"van-{n}"), at(n * 5000)) for n in range(40)]
    plans += [a_plan(a_technician("away", leave=(leave,))), a_plan(a_technician("lost"), None)]
    ranking = ranked(a_case(), *plans, top=3)
    everybody = [
        *order_of(ranking),
        *(e.technician_id for e in ranking.excluded),
        *(n.technician_id for n in ranking.not_ranked),
    ]
    assert sorted(everybody) == sorted(plan.technician.id for plan in plans)
    assert len(ranking.candidates) == 3


def test_with_top_drive_times_are_not_asked_for_who_is_too_far():
    land = FlatLand()
    plans = [a_plan(a_technician(f"van-{n:03}"), at(n * 500)) for n in range(200)]
    ranking = rank(a_case(), plans, land.roads, top=3)
    assert land.legs < 40
    farthest = ranking.not_ranked[-1]
    assert farthest.technician_id == "van-199"
    assert farthest.at_least_s == pytest.approx(9950, rel=0.001)


def test_without_top_everybody_gets_an_exact_drive_time_in_one_question():
    land = FlatLand()
    plans = [a_plan(a_technician(f"van-{n:03}"), at(n * 500)) for n in range(50)]
    ranking = rank(a_case(), plans, land.roads)
    assert len(ranking.candidates) == 50
    assert (land.batches, land.legs) == (1, 50)


def test_a_search_by_rings_stops_drawing_when_nobody_better_can_come():
    plans = [a_plan(a_technician(f"van-{n:03}"), at(n * 500)) for n in range(100)]
    drawn = []

    def rings():
        for n in range(100):
            drawn.append(n)
            yield f"van-{n:03}", None, n * 500.0

    ranking = rank(a_case(), plans, FlatLand().roads, nearby=rings(), top=2)
    assert order_of(ranking) == ["van-000", "van-001"]
    assert len(drawn) < 40


def test_whoever_the_rings_leave_out_is_ranked_all_the_same():
    plans = [a_plan(a_technician(f"van-{n}"), at(n * 500)) for n in range(20)]
    rings = [(plan.technician.id, None, n * 500.0) for n, plan in enumerate(plans)][1:]
    assert order_of(ranked(a_case(), *plans, nearby=rings, top=1)) == ["van-0"]


def test_whoever_is_on_site_near_by_is_found_though_the_phone_was_last_seen_far_away():
    north, south = TerritoryId("north"), TerritoryId("south")
    there = on_site_since(NOW - minutes(60))
    stranger = a_technician("van-x", territory_id=south)
    on_site = a_plan(stranger, at(11_950), [a_stop("wo_2", at(0), **there)])
    others = [
        a_plan(a_technician(f"van-{n:02}", territory_id=north), at(11_900)) for n in range(17)
    ]
    rings = [(plan.technician.id, None, 11_900.0) for plan in others] + [("van-x", None, 11_950.0)]
    roads = replace(FlatLand().roads, fastest_mps=2 * SPEED_MPS)
    case = a_case(an_order(priority=2), a_site(territory_id=north))
    ranking = rank(case, [on_site, *others], roads, nearby=rings, top=1)
    assert order_of(ranking) == ["van-x"]


def test_whoever_will_end_near_by_is_found_though_they_are_far_away_now():
    passing = a_plan(a_technician("van-x"), at(30_000), [a_stop("wo_2", at(60), duration_s=60.0)])
    plans = [a_plan(a_technician(f"van-{n:02}"), at(600 * n)) for n in range(12, 50)]
    ranking = ranked(a_case(an_order(priority=5)), passing, *plans, top=1)
    assert order_of(ranking) == ["van-x"]


def test_nobody_is_an_answer():
    ranking = ranked(a_case())
    assert (ranking.candidates, ranking.excluded) == ((), ())


def test_top_must_be_at_least_one():
    with pytest.raises(InvalidInput, match="at least 1"):
        ranked(a_case(), top=0)


def test_bad_parameters_are_refused_all_at_once():
    with pytest.raises(InvalidInput) as caught:
        RankingParams(wait_price=(1.0, -1.0), territory_min=float("nan"), spread_floor_s=0.0)
    where = [fault.where for fault in caught.value.faults]
    assert where == ["territory_min", "wait_price[1]", "wait_price", "spread_floor_s"]
