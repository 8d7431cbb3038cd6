"""Who may not be sent: a code, the fact, the values compared, and what would lift it."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from geo_dispatch.dispatch.days.plan import origin
from geo_dispatch.dispatch.ranking.qualification import Code, exclusions
from geo_dispatch.dispatch.ranking.search import rank
from geo_dispatch.dispatch.records.hours import Hours
from geo_dispatch.dispatch.records.resources import Booking, Resource
from geo_dispatch.dispatch.records.technicians import (
    Break,
    Certificate,
    Leave,
    Part,
    Shift,
    Vehicle,
)
from geo_dispatch.dispatch.work.orders import Hold, HoldReason, Permit, Status
from geo_dispatch.kernel.ids import BookingId, OrderId, ResourceId
from geo_dispatch.kernel.time import Window
from tests.support.dispatching import (
    NOW,
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


def found(case, plan):
    return exclusions(case, plan, origin(plan, case.now, case.zone))


def only(case, plan):
    (exclusion,) = found(case, plan)
    return exclusion


def after_the_drive(case, plan, land=None):
    (excluded,) = rank(case, a_fleet(case, [plan], (land or FlatLand()).roads)).excluded
    (exclusion,) = excluded.exclusions
    return exclusion


def test_nothing_excludes_whoever_is_in_service_at_work_skilled_and_seen():
    plan = a_plan(a_technician(skills=skilled("HVAC", 2)))
    assert found(a_case(an_order(required_skills=needs(HVAC=2))), plan) == []


def test_retired_is_the_only_reason_given_for_who_is_retired():
    plan = a_plan(a_technician("van-9", retired=True, shifts=()), place=None)
    exclusion = only(a_case(an_order(required_skills=needs(HVAC=1))), plan)
    assert exclusion.code is Code.RETIRED
    assert exclusion.fact == "Van 9 is out of service"


def test_off_shift_says_when_the_next_shift_begins():
    evening = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
    exclusion = only(a_case(now=evening), a_plan(seen_at=evening))
    assert exclusion.code is Code.OFF_SHIFT
    assert exclusion.fact == "off shift at 19:30"
    assert exclusion.lifts == "a shift at 19:30; the next one begins at 08:00 on Tue 24 Nov"
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
    assert exclusion.lifts == "shifts entered for Van 1"


@pytest.mark.capability("FA-013")
def test_on_leave_says_until_when_and_when_work_begins_again():
    leave = Leave(Window(NOW - minutes(60), NOW + minutes(600)), "training")
    exclusion = only(a_case(), a_plan(a_technician(leave=(leave,))))
    assert exclusion.code is Code.ON_LEAVE
    assert exclusion.fact == "on leave from 09:00 to 20:00 (training)"
    assert exclusion.lifts == "free from 08:00 on Tue 24 Nov"


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
    assert exclusion.fact == "has HVAC at level 2, the work needs level 3"
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
    assert exclusion.fact == "skill HVAC ends 2026-11-23, the visit is on 2026-11-24"
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
    stop = a_stop("wo_2", at(2000), **on_site_since(NOW))
    blocked = a_stop("wo_3", at(3000), 2)
    exclusion = after_the_drive(
        a_case(site=a_site(at(5000))),
        a_plan(stops=[stop, blocked]),
        FlatLand({blocked.place, at(5000)}),
    )
    assert exclusion.code is Code.UNREACHABLE
    assert "WO-3" in exclusion.fact


@pytest.mark.capability("FA-013")
def test_outside_window_says_when_the_technician_is_free_and_could_be_there():
    order = an_order(window=Window(NOW, NOW + minutes(60)))
    busy = a_stop("wo_2", at(6010), duration_s=5400.0, **on_site_since(NOW))
    exclusion = after_the_drive(a_case(order, a_site(at(12020))), a_plan(stops=[busy]))
    assert exclusion.code is Code.OUTSIDE_WINDOW
    assert exclusion.fact == (
        "at WO-2, free from 11:30, there at 11:40, but the window ends at 11:00"
    )
    assert exclusion.lifts == "a window that ends 41 min later"
    assert exclusion.measured["by_s"] == pytest.approx(2401, abs=2)


@pytest.mark.capability("FA-013")
def test_travelling_to_another_visit_is_told_as_that():
    order = an_order(window=Window(NOW, NOW + minutes(60)))
    there = a_stop("wo_2", at(6010), duration_s=5400.0, status=Status.EN_ROUTE)
    exclusion = after_the_drive(a_case(order, a_site(at(12020))), a_plan(stops=[there]))
    assert exclusion.code is Code.TRAVELLING
    assert exclusion.fact.startswith("on the way to WO-2, free from 11:40, there at 11:50")


@pytest.mark.capability("FA-013")
def test_a_priority_job_in_hand_is_told_as_that():
    order = an_order(window=Window(NOW, NOW + minutes(60)))
    burst = a_stop("wo_2", at(6010), duration_s=5400.0, priority=1, **on_site_since(NOW))
    exclusion = after_the_drive(a_case(order, a_site(at(12020))), a_plan(stops=[burst]))
    assert exclusion.code is Code.PRIORITY_JOB
    assert exclusion.fact.startswith("at WO-2, priority 1")


@pytest.mark.capability("FA-013")
def test_would_be_late_for_names_the_visit_that_is_promised_for_the_same_time():
    window = Window(NOW, NOW + minutes(20))
    committed = a_stop("wo_2", at(600), window=window, duration_s=3600.0)
    exclusion = after_the_drive(a_case(an_order(window=window)), a_plan(stops=[committed]))
    assert exclusion.code is Code.WOULD_BE_LATE_FOR
    assert exclusion.fact == "then at WO-2: there at 11:01, but the window ends at 10:20"
    assert exclusion.measured["order_id"] == "wo_2"


@pytest.mark.capability("FA-036")
def test_would_be_late_for_a_contract_critical_visit_though_its_limit_is_only_a_due_time():
    critical = a_stop("wo_2", at(600), due_at=NOW + minutes(70), contract_critical=True)
    long_job = an_order(window=Window(NOW, NOW + minutes(5)))
    exclusion = after_the_drive(a_case(long_job), a_plan(stops=[critical]))
    assert exclusion.code is Code.WOULD_BE_LATE_FOR
    plain = replace(critical, order=replace(critical.order, contract_critical=False))
    case = a_case(long_job)
    assert rank(case, a_fleet(case, [a_plan(stops=[plain])])).candidates


def test_access_closed_says_when_the_site_closes():
    site = a_site(access_windows=tuple(Hours(day, time(7), time(10, 30)) for day in range(7)))
    exclusion = after_the_drive(a_case(site=site), a_plan())
    assert exclusion.code is Code.ACCESS_CLOSED
    assert exclusion.fact == "done at 11:00, but the site closes at 10:30"


def test_a_break_that_another_would_push_too_late_is_a_reason():
    breaks = (Break(time(10), time(10, 30), 7200.0), Break(time(11), time(11, 30), 1800.0))
    shifts = tuple(Shift(day, time(8), time(17), breaks) for day in range(7))
    exclusion = after_the_drive(a_case(), a_plan(a_technician(shifts=shifts)))
    assert exclusion.code is Code.BREAK
    assert exclusion.measured["by_s"] == 1800


def test_a_break_that_passes_in_a_leave_excludes_nobody_from_what_comes_after():
    pause = Break(time(11), time(11, 30), 1800.0)
    shifts = tuple(Shift(day, time(8), time(17), (pause,)) for day in range(7))
    leave = Leave(Window(NOW, NOW + minutes(120)))
    case = a_case()
    ranking = rank(case, a_fleet(case, [a_plan(a_technician(shifts=shifts, leave=(leave,)))]))
    assert [c.technician_id for c in ranking.candidates] == ["van-1"]


def test_shift_ends_when_the_work_would_not_be_done_by_then():
    long_job = a_stop("wo_2", at(600), duration_s=6.5 * 3600.0, **on_site_since(NOW))
    exclusion = after_the_drive(a_case(), a_plan(stops=[long_job]))
    assert exclusion.code is Code.SHIFT_ENDS
    assert exclusion.fact == "done at 17:31, but the shift ends at 17:00"
    assert exclusion.lifts == "31 min of overtime"


def test_a_leave_that_begins_during_the_work_excludes():
    leave = Leave(Window(NOW + minutes(30), NOW + minutes(600)))
    plan = a_plan(a_technician(leave=(leave,)))
    exclusion = after_the_drive(a_case(), plan)
    assert exclusion.code is Code.ON_LEAVE


def test_a_leave_between_the_arrival_and_a_later_window_does_not_exclude():
    leave = Leave(Window(NOW + minutes(60), NOW + minutes(120)))
    order = an_order(window=Window(NOW + minutes(180), NOW + minutes(200)))
    case = a_case(order)
    ranking = rank(case, a_fleet(case, [a_plan(a_technician(leave=(leave,)))]))
    assert [c.technician_id for c in ranking.candidates] == ["van-1"]


@pytest.mark.capability("FA-037")
def test_cert_missing_and_cert_expired_are_judged_on_the_day_of_the_visit():
    order = an_order(required_certificates=("Gas licence",))
    none = only(a_case(order), a_plan())
    assert none.code is Code.CERT_MISSING
    licence = Certificate("gas licence", "licence", date(2026, 11, 30))
    plan = a_plan(a_technician(certificates=(licence,)))
    assert found(a_case(order), plan) == []
    december = Window(NOW + minutes(24 * 60 * 8), NOW + minutes(24 * 60 * 8 + 60))
    ended = only(a_case(replace(order, window=december)), plan)
    assert ended.code is Code.CERT_EXPIRED
    assert ended.fact == "licence gas licence ends 2026-11-30, the visit is on 2026-12-01"
    assert ended.lifts == "gas licence renewed until 2026-12-01 or later"


@pytest.mark.capability("FA-037")
def test_equipment_unknown_asks_for_who_knows_the_type():
    case = replace(a_case(), equipment_type="Heat pump")
    exclusion = only(case, a_plan(a_technician(equipment_types=("boiler",))))
    assert exclusion.code is Code.EQUIPMENT_UNKNOWN
    assert found(case, a_plan(a_technician(equipment_types=("heat pump",)))) == []


def test_equipment_missing_says_who_has_it_and_until_when():
    hoist = Resource(ResourceId("r1"), "Hoist 1", "tool", ("hoist",))
    taken = Booking(BookingId("b1"), hoist.id, Window(NOW, NOW + minutes(90)), OrderId("wo_7"), "")
    order = an_order(required_equipment=("hoist",))
    assert only(a_case(order), a_plan()).code is Code.EQUIPMENT_MISSING
    case = replace(a_case(order), resources=(hoist,), bookings=(taken,))
    exclusion = after_the_drive(case, a_plan())
    assert exclusion.code is Code.EQUIPMENT_MISSING
    assert exclusion.fact == "no hoist aboard: Hoist 1 is booked for wo_7 until 11:30"
    assert exclusion.lifts == "another hoist, or setting out from 11:30"
    aboard = a_technician(vehicle=Vehicle("van", equipment=("hoist",)))
    assert rank(case, a_fleet(case, [a_plan(aboard)])).candidates


@pytest.mark.capability("BO-001")
def test_part_missing_counts_what_is_in_the_van():
    order = an_order(required_parts=(Part("pump", 2),))
    exclusion = only(a_case(order), a_plan(a_technician(parts=(Part("pump"),))))
    assert exclusion.code is Code.PART_MISSING
    assert exclusion.fact == "1 pump in the van, 2 needed"
    assert exclusion.lifts == "1 more pump in the van"


def test_permit_missing_holds_for_everybody_until_the_day_it_is_granted():
    order = an_order(permits=(Permit("road closure"),))
    assert only(a_case(order), a_plan()).code is Code.PERMIT_MISSING
    granted = an_order(permits=(Permit("road closure", date(2026, 11, 23)),))
    assert found(a_case(granted), a_plan()) == []
    later = only(a_case(an_order(permits=(Permit("crane", date(2026, 11, 24)),))), a_plan())
    assert later.fact == "crane holds from 2026-11-24 only"


def test_on_hold_says_why_and_since_when():
    hold = Hold(HoldReason.MATERIAL, NOW - minutes(30), "pump ordered")
    exclusion = only(a_case(an_order(hold=hold)), a_plan())
    assert exclusion.code is Code.ON_HOLD
    assert exclusion.fact == "WO-1 is on hold since 09:30: material (pump ordered)"


@pytest.mark.capability("BO-062")
def test_waits_for_the_stage_before_and_each_stage_asks_for_its_own_licence():
    rough_in = an_order("wo_7", required_certificates=("electrician",), duration_s=1800.0)
    finish = an_order("wo_8", required_certificates=("gas licence",), after=(rough_in.id,))
    fitter = a_technician(certificates=(Certificate("gas licence"),))
    case = replace(a_case(finish), prior=(rough_in,))
    exclusion = only(case, a_plan(fitter))
    assert exclusion.code is Code.WAITS_FOR
    assert exclusion.fact == "WO-7 must be complete before, and is new"
    electrician = a_technician(certificates=(Certificate("electrician"),))
    assert only(a_case(rough_in), a_plan(fitter)).code is Code.CERT_MISSING
    assert found(a_case(rough_in), a_plan(electrician)) == []
    planned = replace(case, done_at={rough_in.id: NOW + minutes(90)})
    (candidate,) = rank(planned, a_fleet(planned, [a_plan(fitter)])).candidates
    assert candidate.begin_at == NOW + minutes(90)


def test_not_on_call_says_when_the_rota_comes():
    evening = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
    burst = a_case(an_order(priority=1), now=evening)
    rota = Window(evening + minutes(24 * 60), evening + minutes(36 * 60))
    exclusion = only(burst, a_plan(a_technician(on_call=(rota,)), seen_at=evening))
    assert exclusion.code is Code.NOT_ON_CALL
    assert "not on call, next from 19:30 on Tue 24 Nov" in exclusion.fact
    tonight = Window(evening - minutes(30), evening + minutes(600))
    assert found(burst, a_plan(a_technician(on_call=(tonight,)), seen_at=evening)) == []


def test_crew_apart_when_a_member_can_not_be_there_with_the_lead():
    busy = a_stop("wo_2", at(600), duration_s=3600.0, **on_site_since(NOW))
    case = a_case(an_order(required_skills=needs(HVAC=3), crew_size=2))
    exclusion = after_the_drive(case.for_member(NOW + minutes(30)), a_plan(stops=[busy]))
    assert exclusion.code is Code.CREW_APART
    assert exclusion.fact == "begins at 11:01, but the crew begins at 10:30"


def test_only_the_lead_of_a_crew_brings_what_the_work_needs():
    case = a_case(an_order(required_skills=needs(HVAC=3), crew_size=2))
    assert only(case, a_plan()).code is Code.MISSING_SKILL
    assert found(case.for_member(NOW + minutes(30)), a_plan()) == []


def test_whoever_starts_later_that_day_is_a_candidate_from_then_on():
    afternoon = tuple(Shift(day, time(13), time(20)) for day in range(7))
    case = a_case()
    (candidate,) = rank(case, a_fleet(case, [a_plan(a_technician(shifts=afternoon))])).candidates
    assert candidate.begin_at == datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_every_code_has_its_own_test():
    here = Path(__file__)
    files = (here, here.with_name("test_fixed.py"))
    source = "".join(one.read_text(encoding="utf-8") for one in files)
    assert [code.name for code in Code if f"is Code.{code.name}\n" not in source] == []
