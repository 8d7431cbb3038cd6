"""The right technician first, and everybody accounted for, in minutes that can be read."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from geo_dispatch.dispatch.days.case import Experience
from geo_dispatch.dispatch.days.plan import Basis
from geo_dispatch.dispatch.ranking.replay import inputs_of, pack, ranking_bytes, replay, unpack
from geo_dispatch.dispatch.ranking.scoring import RankingParams, expected_lateness_s
from geo_dispatch.dispatch.ranking.search import rank
from geo_dispatch.dispatch.records.sites import Customer
from geo_dispatch.dispatch.records.technicians import Certificate, Leave
from geo_dispatch.dispatch.work.clocks import Sla, SlaClock
from geo_dispatch.dispatch.work.performance import Entry, Performance
from geo_dispatch.kernel.errors import InvalidInput
from geo_dispatch.kernel.ids import CustomerId, TechnicianId, TerritoryId
from geo_dispatch.kernel.time import Window
from tests.support.dispatching import (
    NOW,
    SPEED_MPS,
    FlatLand,
    a_case,
    a_fleet,
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

TERMS = [
    "drive",
    "wait",
    "pushed",
    "lateness",
    "territory",
    "workload",
    "over_qualification",
    "preferred",
    "familiarity",
    "performance",
]


def ranked(case, *plans, **options):
    return rank(case, a_fleet(case, plans), **options)


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
    at_work = a_stop("wo_2", at(600), duration_s=1800.0, **on_site_since(NOW))
    (candidate,) = ranked(a_case(order, site), a_plan(technician, stops=[at_work])).candidates
    assert [part.name for part in candidate.terms] == TERMS
    assert sum(part.minutes for part in candidate.terms) == candidate.score_min
    assert all(part.text for part in candidate.terms)
    assert term(candidate, "territory").minutes == 10
    assert term(candidate, "over_qualification").minutes == 1.5
    assert term(candidate, "drive").minutes == pytest.approx(4, abs=0.01)
    assert term(candidate, "wait").minutes == pytest.approx(34, abs=0.01)
    assert term(candidate, "wait").text == "free from 10:30, begins at 10:33"
    assert term(candidate, "lateness").minutes > 60
    assert candidate.met == ("HVAC at level 4",)


def test_overtime_costs_by_the_minute_it_adds_where_some_is_allowed():
    case = a_case(an_order(duration_s=3600.0))
    before = [a_stop("wo_2", at(0), duration_s=6 * 3600.0 + 1200.0)]
    full = [a_stop("wo_3", at(0), duration_s=7 * 3600.0 + 600.0)]
    plans = [
        a_plan(a_technician("van-1"), at(0), before, overtime_s=5400.0),
        a_plan(a_technician("van-2"), at(0), full, overtime_s=5400.0),
        a_plan(a_technician("van-3"), at(0), overtime_s=5400.0),
        a_plan(a_technician("van-4"), at(0), before),
    ]
    ranking = ranked(case, *plans, params=RankingParams(wait_price=(0.0,) * 5))
    told = {one.technician_id: term(one, "overtime") for one in ranking.candidates}
    assert {name: (one.minutes, one.text) for name, one in told.items()} == {
        "van-1": (30.0, "20 min of overtime"),
        "van-2": (90.0, "60 min more overtime"),
        "van-3": (0.0, "no overtime for it"),
    }
    (refused,) = ranking.excluded
    assert (refused.technician_id, refused.exclusions[0].code) == ("van-4", "shift_ends")
    assert refused.exclusions[0].lifts == "20 min of overtime"
    tight = ranked(case, a_plan(a_technician(), at(0), before, overtime_s=600.0)).excluded
    assert tight[0].exclusions[0].lifts == "10 min more of overtime"


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
    ranking = ranked(a_case(), loaded, idle)
    first, second = ranking.candidate("van-2"), ranking.candidate("van-1")
    assert term(first, "workload").minutes == pytest.approx(-3)
    assert term(second, "workload").minutes == pytest.approx(3)
    assert term(second, "workload").text == "120 min of open work that day, mean 60"


def test_work_promised_for_another_day_is_no_work_today():
    tomorrow = Window(NOW + minutes(24 * 60), NOW + minutes(25 * 60))
    plan = a_plan(stops=[a_stop("wo_2", at(0), window=tomorrow)])
    today, then = a_case(), a_case(an_order(window=tomorrow))
    assert a_fleet(today, [plan]).work_s(today).tolist() == [0]
    assert a_fleet(then, [plan]).work_s(then).tolist() == [3600]


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


def test_the_visit_goes_where_it_adds_least_driving_and_says_what_it_moves():
    stops = [
        a_stop("wo_2", at(600), 1, **on_site_since(NOW)),
        a_stop("wo_3", at(5400), 2),
        a_stop("wo_4", at(12000), 3),
    ]
    case = a_case(an_order(priority=5), a_site(at(6000)))
    patient = RankingParams(wait_price=(0.0,) * 5)
    (candidate,) = ranked(case, a_plan(stops=stops), params=patient).candidates
    assert (candidate.position, candidate.start) == (2, Basis.SITE)
    assert candidate.drive_s == pytest.approx(60, abs=1)
    assert candidate.onward_s == pytest.approx(600, abs=1)
    assert candidate.added_drive_s == pytest.approx(0, abs=1)
    assert candidate.crow_m == pytest.approx(600, abs=2)
    assert candidate.free_at == pytest.approx(NOW + minutes(128), abs=minutes(0.1))
    assert candidate.finish_at - candidate.begin_at == minutes(60)
    (moved,) = candidate.moved
    assert moved.order_id == "wo_4"
    assert moved.begin_after - moved.begin_before == pytest.approx(minutes(60), abs=minutes(0.1))


def test_jumping_ahead_of_older_visits_costs_what_they_wait_by_their_own_priority():
    ahead = a_stop("wo_2", at(1200), 1, priority=1)
    behind = a_stop("wo_3", at(-1200), 2, priority=5)
    case = a_case(an_order(priority=3), a_site(at(60)))
    (candidate,) = ranked(case, a_plan(place=at(0), stops=[ahead])).candidates
    assert candidate.position == 1
    assert (term(candidate, "pushed").minutes, term(candidate, "pushed").text) == (
        0.0,
        "no visit begins later",
    )
    (candidate,) = ranked(case, a_plan(place=at(0), stops=[behind])).candidates
    (moved,) = candidate.moved
    later_min = (moved.begin_after - moved.begin_before) / minutes(1)
    assert candidate.position == 0
    assert term(candidate, "pushed").minutes == pytest.approx(0.1 * later_min)
    assert term(candidate, "pushed").text == f"later: WO-3 by {later_min:.0f} min"


def test_who_pushes_nobody_goes_before_who_does():
    busy = a_plan(a_technician("van-1"), at(0), [a_stop("wo_2", at(1200), 1, priority=1)])
    free = a_plan(a_technician("van-2"), at(-4800))
    case = a_case(an_order(priority=2), a_site(at(600)))
    assert order_of(ranked(case, busy, free)) == ["van-2", "van-1"]


def test_lateness_without_a_limit_of_its_own_says_whose_it_is():
    promised = Window(NOW, NOW + minutes(90))
    late = a_stop("wo_2", at(1200), 1, window=promised, priority=5)
    case = a_case(an_order(priority=1), a_site(at(600)))
    (candidate,) = ranked(case, a_plan(place=at(0), stops=[late])).candidates
    told = term(candidate, "lateness")
    assert candidate.position == 0
    assert told.minutes > 0
    assert told.text.startswith("no time limit of its own; ")
    assert told.text.endswith(" more lateness to be expected of the visits behind it")
    (candidate,) = ranked(case, a_plan(place=at(0))).candidates
    assert (term(candidate, "lateness").minutes, term(candidate, "lateness").text) == (
        0.0,
        "no time limit",
    )


def test_whoever_is_on_site_is_free_when_the_rest_of_the_work_is_done():
    stop = a_stop("wo_2", at(600), **on_site_since(NOW - minutes(45)))
    (candidate,) = ranked(a_case(), a_plan(place=None, stops=[stop])).candidates
    assert candidate.free_at == NOW + minutes(15)
    assert term(candidate, "wait").text == "free from 10:15, begins at 10:16"


def test_work_that_overruns_ends_now_at_the_earliest():
    stop = a_stop("wo_2", at(600), **on_site_since(NOW - minutes(90)))
    (candidate,) = ranked(a_case(), a_plan(stops=[stop])).candidates
    assert candidate.free_at == NOW


def test_work_for_today_goes_before_what_is_promised_for_tomorrow():
    tomorrow = Window(NOW + minutes(24 * 60), NOW + minutes(25 * 60))
    stops = [
        a_stop("wo_2", at(600), 1, **on_site_since(NOW)),
        a_stop("wo_3", at(9000), 2, window=tomorrow),
    ]
    (today,) = ranked(a_case(an_order("wo_9")), a_plan(stops=stops)).candidates
    then = an_order("wo_9", window=Window(tomorrow.end, tomorrow.end + minutes(60)))
    (later,) = ranked(a_case(then), a_plan(stops=stops)).candidates
    assert (today.position, later.position) == (1, 2)


def test_whoever_has_the_order_is_ranked_as_if_they_had_not():
    case = a_case(an_order("wo_1"))
    mine, other = a_stop("wo_1", at(600)), a_stop("wo_2", at(-600), 2)
    with_it = ranked(case, a_plan(stops=[mine, other]))
    assert with_it == ranked(case, a_plan(stops=[other]))


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


def test_being_early_for_the_window_costs_nobody_anything():
    order = an_order(window=Window(NOW + minutes(60), NOW + minutes(120)))
    (candidate,) = ranked(a_case(order), a_plan(place=at(6000))).candidates
    assert term(candidate, "wait").minutes == 0
    assert candidate.begin_at == NOW + minutes(60)
    assert candidate.arrive_at < NOW + minutes(11)
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
    case = a_case()
    ranking = rank(case, a_fleet(case, plans, land.roads), top=3)
    assert land.legs < 20
    farthest = ranking.not_ranked[-1]
    assert farthest.technician_id == "van-199"
    assert farthest.at_least_s == pytest.approx(9950, rel=0.001)


def test_without_top_everybody_gets_an_exact_drive_time_in_one_question():
    land = FlatLand()
    plans = [a_plan(a_technician(f"van-{n:03}"), at(n * 500)) for n in range(1, 51)]
    case = a_case()
    ranking = rank(case, a_fleet(case, plans, land.roads))
    assert len(ranking.candidates) == 50
    assert (land.batches, land.legs) == (1, 50)


def test_one_fleet_answers_for_many_orders_and_works_out_each_day_once():
    land = FlatLand()
    stops = [a_stop(f"wo_{n}", at(n * 900), n) for n in range(2, 6)]
    plan = a_plan(stops=stops)
    fleet = a_fleet(a_case(), [plan], land.roads)
    rank(a_case(), fleet)
    first = land.legs
    rank(a_case(an_order("wo_9")), fleet)
    assert land.legs == first


def test_without_explanation_only_the_candidates_are_told_of():
    plans = [a_plan(a_technician(f"van-{n}"), at(n * 900)) for n in range(9)]
    plans.append(a_plan(a_technician("lost"), None))
    short = ranked(a_case(), *plans, top=2, explain=False)
    assert (short.excluded, short.not_ranked) == ((), ())
    assert short.candidates == ranked(a_case(), *plans, top=2).candidates


def test_whoever_is_on_site_near_by_is_found_though_the_phone_was_last_seen_far_away():
    north, south = TerritoryId("north"), TerritoryId("south")
    there = on_site_since(NOW - minutes(60))
    stranger = a_technician("van-x", territory_id=south)
    on_site = a_plan(stranger, at(11_950), [a_stop("wo_2", at(0), **there)])
    others = [
        a_plan(a_technician(f"van-{n:02}", territory_id=north), at(11_900)) for n in range(17)
    ]
    roads = replace(FlatLand().roads, fastest_mps=2 * SPEED_MPS)
    case = a_case(an_order(priority=2), a_site(territory_id=north))
    ranking = rank(case, a_fleet(case, [on_site, *others], roads), top=1)
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


@pytest.mark.capability("FA-022")
def test_whoever_breaks_the_contract_ranks_behind_whoever_keeps_it_and_is_marked():
    def of(minutes_left):
        return Sla("gold", 1, response=SlaClock(3600.0, NOW + minutes(minutes_left)))

    busy = a_stop("wo_2", at(0), duration_s=3600.0, **on_site_since(NOW))
    near = a_plan(a_technician("van-1"), stops=[busy])
    far = a_plan(a_technician("van-2", territory_id=TerritoryId("south")), at(24_000))
    site = a_site(territory_id=TerritoryId("north"))
    free = RankingParams(lateness_price=0.0, wait_price=(0.1,) * 5)
    roomy = ranked(a_case(an_order(sla=of(90)), site), near, far, params=free)
    tight = ranked(a_case(an_order(sla=of(45)), site), near, far, params=free)
    assert order_of(roomy) == ["van-1", "van-2"]
    assert order_of(tight) == ["van-2", "van-1"]
    assert [c.breaches_sla for c in roomy.candidates] == [False, False]
    assert [c.breaches_sla for c in tight.candidates] == [False, True]
    assert tight.candidates[1].score_min < tight.candidates[0].score_min


@pytest.mark.capability("FA-022")
def test_a_promise_that_is_broken_for_a_visit_behind_counts_as_much():
    promised = Sla("gold", 1, response=SlaClock(3600.0, NOW + minutes(30)))
    behind = a_stop("wo_2", at(0), sla=promised)
    order = an_order(window=Window(NOW, NOW + minutes(10)))
    (candidate,) = ranked(a_case(order), a_plan(stops=[behind])).candidates
    assert candidate.breaches_sla
    assert "visits behind it" in term(candidate, "lateness").text


@pytest.mark.capability("FA-027")
def test_knowing_the_equipment_wins_a_tie_and_grows_with_the_visits():
    plans = [a_plan(a_technician(f"van-{n}"), at(1000)) for n in (1, 2, 3)]
    past = {
        TechnicianId("van-2"): Experience(site_visits=1, equipment_visits=1, type_visits=1),
        TechnicianId("van-3"): Experience(site_visits=2, equipment_visits=2, type_visits=4),
    }
    ranking = ranked(replace(a_case(), experience=past), *plans)
    assert order_of(ranking) == ["van-3", "van-2", "van-1"]
    knows = term(ranking.candidate("van-2"), "familiarity")
    assert knows.minutes == -(2 + 6 + 3) / 2
    assert knows.text == "has worked on this equipment 1x, such equipment 1x, this site 1x"
    assert term(ranking.candidate("van-1"), "familiarity").minutes == 0


@pytest.mark.capability("BO-034")
def test_experience_adds_and_never_stands_in_for_a_certificate():
    veteran = a_plan(a_technician("van-1"), at(100))
    licensed = a_plan(a_technician("van-2", certificates=(Certificate("gas"),)), at(9000))
    past = {TechnicianId("van-1"): Experience(50, 50, 50)}
    case = replace(a_case(an_order(required_certificates=("gas",))), experience=past)
    ranking = ranked(case, veteran, licensed)
    assert order_of(ranking) == ["van-2"]
    assert ranking.exclusions_of(TechnicianId("van-1"))[0].code == "cert_missing"


@pytest.mark.capability("FA-028")
def test_the_preferred_technician_goes_unless_away_and_then_the_next_best_with_the_reason():
    customer = Customer(CustomerId("cu_1"), "Mill", preferred_technician_id=TechnicianId("van-2"))
    case = replace(a_case(), customer=customer)
    near = a_plan(a_technician("van-1"), at(1000))
    liked = a_plan(a_technician("van-2"), at(5000))
    here = ranked(case, near, liked)
    assert order_of(here) == ["van-2", "van-1"]
    assert term(here.candidates[0], "preferred").text == "preferred by the customer"
    leave = Leave(Window(NOW - minutes(60), NOW + minutes(900)))
    gone = a_plan(a_technician("van-2", leave=(leave,)), at(5000))
    without = ranked(case, near, gone)
    assert order_of(without) == ["van-1"]
    assert without.exclusions_of(TechnicianId("van-2"))[0].code == "on_leave"


@pytest.mark.capability("BO-057")
def test_specialty_and_the_customers_window_both_count():
    specialist = a_technician("van-1", skills=skilled("HVAC", 3))
    other = a_technician("van-2", skills=skilled("plumbing", 5))
    order = an_order(
        required_skills=needs(HVAC=3), window=Window(NOW + minutes(20), NOW + minutes(30))
    )
    near, far = a_plan(specialist, at(3000)), a_plan(replace(specialist, id="van-3"), at(30_000))
    ranking = ranked(a_case(order), near, far, a_plan(other))
    assert order_of(ranking) == ["van-1"]
    codes = {one.technician_id: one.exclusions[0].code for one in ranking.excluded}
    assert codes == {"van-2": "missing_skill", "van-3": "outside_window"}


def with_past(case, *entries):
    return replace(case, performance=Performance(7, entries=entries))


@pytest.mark.capability("BO-021")
@pytest.mark.capability("BO-030")
def test_past_results_at_such_work_change_the_rank_and_can_be_switched_off():
    sure = Entry(TechnicianId("van-2"), "repair", 12, 0.95, 0.8, 0.8)
    slow = Entry(TechnicianId("van-1"), "repair", 12, 0.60, 0.8, 1.5)
    plans = [a_plan(a_technician("van-1"), at(1000)), a_plan(a_technician("van-2"), at(3000))]
    case = with_past(a_case(), sure, slow)
    assert order_of(ranked(a_case(), *plans)) == ["van-1", "van-2"]
    ranking = ranked(case, *plans)
    assert order_of(ranking) == ["van-2", "van-1"]
    past = term(ranking.candidates[0], "performance")
    assert past.minutes == pytest.approx(60 * (0.8 - 0.95) + 0.5 * (0.8 - 1) * 60)
    assert past.text.startswith("95 % fixed at the first visit, all 80 %; takes 80 % of")
    off = RankingParams(revisit_min=0.0, duration_price=0.0)
    assert order_of(ranked(case, *plans, params=off)) == ["van-1", "van-2"]


@pytest.mark.capability("FA-043")
def test_a_price_on_workload_spreads_the_day():
    def spread_min(price):
        params = RankingParams(workload_price=price, wait_price=(0.0,) * 5)
        plans = [a_plan(a_technician("van-1"), at(0)), a_plan(a_technician("van-2"), at(6000))]
        for number in range(6):
            order = an_order(f"wo_{number}", duration_s=1800.0)
            ranking = ranked(a_case(order, a_site(at(number * 300))), *plans, params=params)
            best = ranking.candidates[0]
            plans = [
                replace(
                    plan,
                    stops=(*plan.stops, a_stop(order.id, at(number * 300), duration_s=1800.0)),
                )
                if plan.technician.id == best.technician_id
                else plan
                for plan in plans
            ]
        work = [sum(stop.order.duration_s for stop in plan.stops) / 60 for plan in plans]
        return max(work) - min(work)

    assert spread_min(1.0) < spread_min(0.0)


@pytest.mark.capability("FA-038")
def test_a_day_is_full_of_travel_as_well_as_of_work():
    window = Window(NOW, NOW + minutes(7 * 60))
    last = a_stop("wo_2", at(0), duration_s=4.5 * 3600.0, **on_site_since(NOW))
    near, far = (
        a_case(an_order(window=window, duration_s=5400.0), a_site(at(metres)))
        for metres in (3000, 39_000)
    )
    assert ranked(near, a_plan(stops=[last])).candidates
    (excluded,) = ranked(far, a_plan(stops=[last])).excluded
    assert [one.code for one in excluded.exclusions] == ["shift_ends"]


def test_what_sets_the_first_apart_from_the_next_is_told_term_by_term():
    south = TerritoryId("south")
    first = a_plan(a_technician("van-1"), at(3000))
    second = a_plan(a_technician("van-2", territory_id=south), at(1200))
    best, next_one = ranked(
        a_case(site=a_site(territory_id=TerritoryId("north"))), first, second
    ).candidates
    leads = {lead.name: lead.minutes for lead in best.leads}
    assert list(leads) == TERMS
    assert leads["territory"] == 10
    assert leads["drive"] == pytest.approx(-3, abs=0.01)
    assert sum(leads.values()) == pytest.approx(next_one.behind_min)
    assert (best.behind_min, next_one.leads) == (0.0, ())


@pytest.mark.capability("FA-036")
def test_going_to_the_wrong_side_of_the_territory_is_priced():
    site = a_site(territory_id=TerritoryId("north"))
    stranger = a_plan(a_technician("van-1", territory_id=TerritoryId("south")))
    (candidate,) = ranked(a_case(site=site), stranger).candidates
    assert term(candidate, "territory").minutes == 10
    assert term(candidate, "territory").text == "home territory south, the site is in north"


@pytest.mark.capability("FA-032")
def test_the_same_inputs_give_the_same_bytes_and_a_stored_decision_is_made_again():
    plans = [a_plan(a_technician(f"van-{n}"), at(n % 3 * 700)) for n in range(9)]
    case = a_case()
    ranking, inputs = inputs_of(case, a_fleet(case, plans))
    again = rank(case, a_fleet(case, reversed(plans)))
    assert ranking_bytes(again) == ranking_bytes(ranking)
    assert ranking_bytes(replay(unpack(pack(inputs)))) == ranking_bytes(ranking)


def test_a_stored_decision_knows_no_roads_beyond_its_own():
    case = a_case()
    _, inputs = inputs_of(case, a_fleet(case, [a_plan(place=at(500))]))
    with pytest.raises(InvalidInput, match="doesn't say how long"):
        replay(replace(inputs, legs=()))
