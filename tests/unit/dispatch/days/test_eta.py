"""When the technician will be there, over all open orders, and from what that is known."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from geo_dispatch.dispatch.days.eta import (
    OVERRUN_TAKES,
    WORTH_TELLING_S,
    between,
    legs_ahead,
    remaining,
    unmoved,
    worth_telling,
)
from geo_dispatch.dispatch.days.plan import Basis
from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.kernel.time import Window
from tests.support.dispatching import (
    NOW,
    SPEED_MPS,
    ZONE,
    FlatLand,
    a_plan,
    a_stop,
    a_technician,
    at,
    minutes,
    on_site_since,
)

ROUGHLY = minutes(0.1)


def etas(plan, now=NOW, land=None):
    land = land or FlatLand()
    drives = land.drives
    drives.prefetch(legs_ahead(plan, now, ZONE))
    found = remaining(plan, drives, now, ZONE)
    assert land.batches <= 1
    return found


def test_each_open_order_has_an_eta_in_sequence():
    stops = [
        a_stop("wo_3", at(6000), 2, duration_s=600.0),
        a_stop("wo_2", at(3000), 1, duration_s=1200.0),
    ]
    first, second = etas(a_plan(stops=stops))
    assert [first.order_id, second.order_id] == ["wo_2", "wo_3"]
    assert first.eta == pytest.approx(NOW + minutes(5), abs=ROUGHLY)
    assert second.eta == pytest.approx(NOW + minutes(30), abs=ROUGHLY)
    assert second.drive_s == pytest.approx(600, abs=2)
    assert {first.basis, second.basis} == {Basis.POSITION}
    assert first.position_at == NOW


def test_whoever_is_under_way_goes_there_first():
    stops = [a_stop("wo_2", at(3000), 1), a_stop("wo_3", at(600), 2, status=Status.EN_ROUTE)]
    assert [eta.order_id for eta in etas(a_plan(stops=stops))] == ["wo_3", "wo_2"]


def test_on_site_the_next_drive_begins_when_the_rest_of_the_work_is_done():
    stops = [
        a_stop("wo_2", at(0), 1, **on_site_since(NOW - minutes(40))),
        a_stop("wo_3", at(3000), 2),
    ]
    here, there = etas(a_plan(place=None, stops=stops))
    assert (here.basis, here.eta, here.drive_s) == (Basis.ARRIVED, NOW - minutes(40), 0.0)
    assert there.basis is Basis.SITE
    assert there.eta == pytest.approx(NOW + minutes(25), abs=ROUGHLY)
    assert there.position_at is None


def test_who_waits_for_help_on_site_is_there():
    help_there = {
        **on_site_since(NOW),
        "status": Status.NEEDS_HELP,
        "helped_from": Status.ON_THE_TOOLS,
    }
    (here,) = etas(a_plan(place=None, stops=[a_stop("wo_2", at(0), 1, **help_there)]))
    assert here.basis is Basis.ARRIVED


def test_a_stale_position_is_used_and_named():
    (eta,) = etas(a_plan(stops=[a_stop("wo_2", at(3000))], seen_at=NOW - minutes(20)))
    assert eta.basis is Basis.STALE_POSITION
    assert eta.position_at == NOW - minutes(20)
    assert eta.eta is not None


def test_without_a_position_there_is_no_eta_but_a_reason():
    (eta,) = etas(a_plan(place=None, stops=[a_stop("wo_2", at(3000))]))
    assert (eta.eta, eta.drive_s, eta.late_by_s) == (None, None, None)
    assert eta.basis is Basis.NO_POSITION


def test_no_way_to_one_order_leaves_those_behind_it_without_eta_too():
    stops = [a_stop("wo_2", at(600), 1), a_stop("wo_3", at(1200), 2), a_stop("wo_4", at(1800), 3)]
    first, second, third = etas(a_plan(stops=stops), land=FlatLand({at(1200)}))
    assert first.eta is not None
    assert [second.eta, third.eta] == [None, None]
    assert {second.basis, third.basis} == {Basis.UNREACHABLE}


def test_a_technician_off_shift_sets_out_when_the_shift_begins():
    night = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
    plan = a_plan(a_technician(home=at(3000)), place=None, stops=[a_stop("wo_2", at(0))])
    (eta,) = etas(plan, now=night)
    assert eta.basis is Basis.HOME
    assert eta.eta == pytest.approx(datetime(2026, 11, 23, 7, 5, tzinfo=UTC), abs=ROUGHLY)


def test_whoever_drives_after_the_shift_drives_now():
    evening = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
    plan = a_plan(stops=[a_stop("wo_2", at(3000), status=Status.EN_ROUTE)], seen_at=evening)
    (eta,) = etas(plan, now=evening)
    assert eta.eta == pytest.approx(evening + minutes(5), abs=ROUGHLY)


@pytest.mark.parametrize(("status", "after"), [(Status.EN_ROUTE, 1), (Status.ASSIGNED, 30)])
def test_only_who_is_under_way_comes_before_the_window_and_the_next_order_waits(status, after):
    window = Window(NOW + minutes(30), NOW + minutes(60))
    stops = [a_stop("wo_2", at(600), 1, window=window, status=status), a_stop("wo_3", at(1200), 2)]
    first, second = etas(a_plan(stops=stops))
    assert first.eta == pytest.approx(NOW + minutes(after), abs=ROUGHLY)
    assert second.eta == pytest.approx(NOW + minutes(91), abs=ROUGHLY)


@pytest.mark.capability("FA-064")
def test_lateness_counts_the_arrival_against_the_window_and_the_end_against_the_due_time():
    window = Window(NOW, NOW + minutes(3))
    due = NOW + minutes(125)
    stops = [a_stop("wo_2", at(3000), 1, window=window), a_stop("wo_3", at(3600), 2, due_at=due)]
    first, second = etas(a_plan(stops=stops))
    assert first.late_by_s == pytest.approx(120, abs=2)
    assert second.late_by_s == pytest.approx(60, abs=2)


def test_an_order_without_limits_is_never_late():
    (eta,) = etas(a_plan(stops=[a_stop("wo_2", at(3000))]))
    assert eta.late_by_s is None


@pytest.mark.capability("FA-029")
def test_work_that_should_be_done_and_is_not_is_late_before_its_limit():
    due = NOW + minutes(4)
    begun = on_site_since(NOW - minutes(61))
    here = a_stop("wo_2", at(0), 1, duration_s=3600.0, due_at=due, **begun)
    (eta,) = etas(a_plan(stops=[here]))
    assert eta.finish_at == NOW + OVERRUN_TAKES > due
    assert eta.late_by_s == 60
    in_time = replace(here, order=replace(here.order, duration_s=62 * 60.0))
    (eta,) = etas(a_plan(stops=[in_time]))
    assert eta.finish_at == NOW + minutes(1)


def test_an_eta_that_stays_tells_what_it_means_for_the_limits_as_they_stand():
    window = Window(NOW, NOW + minutes(30))
    (told,) = etas(a_plan(stops=[a_stop("wo_2", at(3000), window=window)]))
    moved = replace(told, eta=told.eta + minutes(0.5), finish_at=told.finish_at + minutes(2))
    stays = unmoved(replace(moved, late_by_s=100.0), told)
    assert stays.eta == told.eta
    assert stays.late_by_s == 70.0
    assert stays.finish_at == told.finish_at + minutes(1.5)
    nowhere = replace(told, eta=None, late_by_s=None, finish_at=None)
    assert unmoved(nowhere, nowhere) == nowhere


def test_only_a_move_of_more_than_a_minute_or_another_basis_is_worth_telling():
    (eta,) = etas(a_plan(stops=[a_stop("wo_2", at(3000))]))
    assert worth_telling(eta, None)
    assert not worth_telling(replace(eta, eta=eta.eta + minutes(1)), eta)
    assert worth_telling(replace(eta, eta=eta.eta - minutes(1.02)), eta)
    assert worth_telling(replace(eta, basis=Basis.STALE_POSITION), eta)
    assert worth_telling(replace(eta, technician_id="van-2"), eta)


TOLD = minutes(WORTH_TELLING_S / 60)
ETA_AT = NOW + minutes(30)


@pytest.mark.parametrize("age_min", [0, 2, 15])
def test_the_older_the_position_the_wider_the_range_of_the_eta(age_min):
    found = between(ETA_AT, NOW - minutes(age_min), None, NOW)
    off = minutes(age_min) + TOLD
    assert found == Window(ETA_AT - off, ETA_AT + off)


@pytest.mark.parametrize("age_min", [1, 5, 20])
def test_whoever_drove_on_unseen_there_or_away_arrives_within_the_range(age_min):
    stops = [a_stop("wo_2", at(10_000))]
    now = NOW + minutes(age_min)
    (told,) = etas(a_plan(stops=stops, seen_at=NOW), now)
    found = between(told.eta, told.position_at, None, now)
    driven_m = SPEED_MPS * 60 * age_min
    for place in (at(driven_m), at(-driven_m), at(0, driven_m)):
        (true,) = etas(a_plan(stops=stops, place=place, seen_at=now), now)
        assert found.start <= true.eta <= found.end


def test_nobody_arrives_in_the_past_or_begins_before_the_window():
    found = between(ETA_AT, NOW - minutes(60), None, NOW)
    assert found.start == NOW
    promised = Window(NOW + minutes(25), NOW + minutes(90))
    assert between(ETA_AT, NOW - minutes(60), promised, NOW).start == promised.start


def test_an_eta_that_rests_on_no_position_has_no_range():
    assert between(ETA_AT, None, None, NOW) is None
    assert between(None, NOW, None, NOW) is None
