"""Who may not be sent: a code, the fact, the values compared, and what would lift it."""

from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from geo_dispatch.dispatch.orders import Status
from geo_dispatch.dispatch.plan import origin
from geo_dispatch.dispatch.qualification import Code, exclusions
from geo_dispatch.dispatch.ranking import rank
from geo_dispatch.dispatch.technicians import Leave, Shift
from geo_dispatch.kernel.time import Window
from tests.support.dispatching import (
    NOW,
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
    skilled,
)


def found(case, plan):
    return exclusions(case, plan, origin(plan, case.now, case.zone))


def only(case, plan):
    (exclusion,) = found(case, plan)
    return exclusion


def after_the_drive(case, plan, land=None):
    (excluded,) = rank(case, [plan], (land or FlatLand()).roads).excluded
    (exclusion,) = excluded.exclusions
    return exclusion


def test_nothing_excludes_whoever_is_in_service_at_work_skilled_and_seen():
    plan = a_plan(a_technician(skills=skilled("HVAC", 2)))
    assert found(a_case(an_order(required_skills=needs(HVAC=2))), plan) == []


def test_retired_is_the_only_reason_given_for_who_is_retired():
    plan = a_plan(a_technician("van-9", retired=True, shifts=()), place=None)
    exclusion = only(a_case(an_order(required_skills=needs(HVAC=1))), plan)
    assert exclusion.code is Code.RETIRED
    assert exclusion.fact == "Van 9 is retired"


def test_off_shift_says_when_the_next_shift_begins():
    evening = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
    exclusion = only(a_case(now=evening), a_plan(seen_at=evening))
    assert exclusion.code is Code.OFF_SHIFT
    assert exclusion.fact == "off shift at 19:30"
    assert exclusion.lifts == "on shift from Tue 24 Nov 08:00"
    assert exclusion.measured["works_from"] == "2026-11-24T07:00:00Z"


def test_off_shift_is_judged_when_the_window_opens_not_when_asked():
    tomorrow = Window(NOW + minutes(24 * 60), NOW + minutes(25 * 60))
    evening = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
    case = a_case(an_order(window=tomorrow), now=evening)
    assert found(case, a_plan(seen_at=evening)) == []


def test_off_shift_of_who_has_no_shifts_asks_for_shifts():
    exclusion = only(a_case(), a_plan(a_technician(shifts=())))
    assert exclusion.code is Code.OFF_SHIFT
    assert exclusion.fact == "has no shifts"
    assert "record" in exclusion.lifts


@pytest.mark.capability("FA-013")
def test_on_leave_says_until_when_and_when_work_begins_again():
    leave = Leave(Window(NOW - minutes(60), NOW + minutes(600)), "training")
    exclusion = only(a_case(), a_plan(a_technician(leave=(leave,))))
    assert exclusion.code is Code.ON_LEAVE
    assert exclusion.fact == "on leave from 09:00 to 20:00 (training)"
    assert exclusion.lifts == "free from Tue 24 Nov 08:00"


@pytest.mark.capability("FA-012")
def test_missing_skill_names_the_skill_and_the_level():
    exclusion = only(a_case(an_order(required_skills=needs(HVAC=2))), a_plan())
    assert exclusion.code is Code.MISSING_SKILL
    assert exclusion.fact == "has no skill HVAC"
    assert exclusion.lifts == "skill HVAC at level 2 or higher"


def test_skill_names_are_compared_without_case():
    plan = a_plan(a_technician(skills=skilled("hvac")))
    assert found(a_case(an_order(required_skills=needs(HVAC=1))), plan) == []


def test_skill_level_compares_the_best_level_held_with_the_one_needed():
    plan = a_plan(a_technician(skills=(*skilled("HVAC", 1), *skilled("HVAC", 2))))
    exclusion = only(a_case(an_order(required_skills=needs(HVAC=3))), plan)
    assert exclusion.code is Code.SKILL_LEVEL
    assert exclusion.fact == "HVAC at level 2, the work needs 3"
    assert exclusion.measured == {"skill": "HVAC", "level": 2, "level_needed": 3}


@pytest.mark.capability("FA-037")
def test_skill_expired_is_judged_on_the_local_day_of_the_visit():
    last_day = date(2026, 11, 23)
    plan = a_plan(a_technician(skills=skilled("HVAC", 2, last_day)))
    today = an_order(required_skills=needs(HVAC=2))
    # 23:30 UTC on the 23rd is 00:30 on the 24th in Vaduz
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    tomorrow = an_order(required_skills=needs(HVAC=2), window=Window(late, late + minutes(30)))
    night = (Shift(0, time(8), time(6)),)
    night_plan = a_plan(a_technician(skills=skilled("HVAC", 2, last_day), shifts=night))
    assert found(a_case(today), plan) == []
    exclusion = only(a_case(tomorrow), night_plan)
    assert exclusion.code is Code.SKILL_EXPIRED
    assert exclusion.fact == "skill HVAC ended 2026-11-23"
    assert exclusion.measured["visit_on"] == "2026-11-24"
    assert "2026-11-24" in exclusion.lifts


def test_a_renewed_certificate_counts_beside_the_expired_one():
    skills = (*skilled("HVAC", 2, date(2026, 10, 31)), *skilled("HVAC", 2, date(2027, 10, 31)))
    plan = a_plan(a_technician(skills=skills))
    assert found(a_case(an_order(required_skills=needs(HVAC=2))), plan) == []


def test_every_reason_is_given_not_only_the_first():
    order = an_order(required_skills=needs(HVAC=2, plumbing=1))
    plan = a_plan(a_technician(shifts=(), skills=skilled("HVAC", 1)), place=None)
    assert [exclusion.code for exclusion in found(a_case(order), plan)] == [
        Code.OFF_SHIFT,
        Code.SKILL_LEVEL,
        Code.MISSING_SKILL,
        Code.NO_POSITION,
    ]


def test_no_position_asks_for_one():
    exclusion = only(a_case(), a_plan(place=None))
    assert exclusion.code is Code.NO_POSITION
    assert exclusion.lifts


def test_position_stale_says_how_old_it_is():
    exclusion = only(a_case(), a_plan(seen_at=NOW - minutes(40)))
    assert exclusion.code is Code.POSITION_STALE
    assert exclusion.fact == "last position at 09:20, 40 min ago"
    assert exclusion.measured["age_s"] == 2400


def test_a_position_is_fresh_for_a_quarter_of_an_hour():
    assert found(a_case(), a_plan(seen_at=NOW - minutes(15))) == []


def test_whoever_is_on_site_needs_no_position():
    stop = a_stop("wo_2", at(1000), status=Status.ON_SITE)
    assert found(a_case(), a_plan(place=None, stops=[stop])) == []


def test_unreachable_is_told_of_the_site_itself():
    site = a_site(at(5000))
    exclusion = after_the_drive(a_case(site=site), a_plan(), FlatLand({site.location}))
    assert exclusion.code is Code.UNREACHABLE
    assert "the site" in exclusion.fact


def test_unreachable_names_the_open_order_that_blocks_the_way():
    stop = a_stop("wo_2", at(2000))
    exclusion = after_the_drive(
        a_case(site=a_site(at(5000))), a_plan(stops=[stop]), FlatLand({stop.place})
    )
    assert exclusion.code is Code.UNREACHABLE
    assert "WO-2" in exclusion.fact


@pytest.mark.capability("FA-013")
def test_outside_window_says_when_the_technician_is_free_and_could_be_there():
    order = an_order(window=Window(NOW, NOW + minutes(60)))
    busy = a_stop("wo_2", at(6010), duration_s=5400.0)
    exclusion = after_the_drive(a_case(order, a_site(at(12020))), a_plan(stops=[busy]))
    assert exclusion.code is Code.OUTSIDE_WINDOW
    assert exclusion.fact == "free from 11:40, there at 11:50, but the window ends 11:00"
    assert exclusion.lifts == "a window that ends 11:50 or later"
    assert exclusion.measured["late_s"] == pytest.approx(3002, abs=2)


def test_shift_ends_when_the_technician_could_only_be_there_after_it():
    long_job = a_stop("wo_2", at(600), duration_s=7 * 3600.0)
    exclusion = after_the_drive(a_case(), a_plan(stops=[long_job]))
    assert exclusion.code is Code.SHIFT_ENDS
    assert exclusion.lifts == "on shift from Tue 24 Nov 08:00"


def test_a_leave_that_begins_during_the_work_excludes():
    leave = Leave(Window(NOW + minutes(30), NOW + minutes(90)))
    plan = a_plan(a_technician(leave=(leave,)))
    exclusion = after_the_drive(a_case(), plan)
    assert exclusion.code is Code.ON_LEAVE


def test_a_leave_between_the_arrival_and_a_later_window_does_not_exclude():
    leave = Leave(Window(NOW + minutes(60), NOW + minutes(120)))
    order = an_order(window=Window(NOW + minutes(180), NOW + minutes(200)))
    ranking = rank(a_case(order), [a_plan(a_technician(leave=(leave,)))], FlatLand().roads)
    assert [c.technician_id for c in ranking.candidates] == ["van-1"]


def test_every_code_has_its_own_test():
    source = Path(__file__).read_text(encoding="utf-8")
    assert [code.name for code in Code if f"is Code.{code.name}\n" not in source] == []
