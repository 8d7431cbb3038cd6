"""Figures of performance from the records, and durations that follow them."""

from datetime import timedelta

import pytest

from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.services.policy import performance
from geo_dispatch.services.policy import versions as policy
from tests.support.records import DISPATCHER, open_office

OBSERVED = """
[orders]
durations = "observed"
[performance]
days = 30
min_visits = 3
[[job_types]]
name = "boiler repair"
duration_s = 7200
"""


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as office:
        policy.publish(
            office.desk, OBSERVED, author="Ann", reviewed_by="Ben", note="x", actor=DISPATCHER
        )
        yield office


def complete(office, technician, site, minutes, *, outcome="fixed"):
    order = office.assigned(technician, site=site, duration_s=3600.0)
    office.apply(order.id, c.SetOut(source="person"))
    office.apply(order.id, c.ConfirmArrival(visit_id=office.desk.new_id("vi"), source="person"))
    office.apply(order.id, c.Start())
    office.clock.now += timedelta(minutes=minutes)
    return office.apply(order.id, c.Complete(outcome=outcome))


def test_before_the_first_refresh_there_are_no_figures(office):
    assert performance.in_force(office.desk).version == 0


@pytest.mark.capability("BO-084")
def test_observed_durations_become_those_of_new_orders(office):
    van, site, elsewhere = office.technician(), office.site(), office.site("Elsewhere")
    assert office.order(site).duration_s == 7200.0
    for minutes in (30, 40, 50):
        complete(office, van, site, minutes)
    for minutes in (80, 90, 100):
        complete(office, van, elsewhere, minutes)
    office.clock.go_on(minutes=1)
    figures = performance.refresh(office.desk, actor=DISPATCHER)
    assert figures.version == 1
    took = figures.duration("boiler repair", site.id)
    assert (took.p50_s, took.p90_s) == (2400.0, 2880.0)
    assert office.order(site).duration_s == 2400.0
    assert office.order(office.site("New")).duration_s == 65 * 60.0
    assert office.order(site, duration_s=60.0).duration_s == 60.0
    assert office.order(site, type="survey").duration_s == 3600.0


def test_only_the_last_days_count(office):
    van, site = office.technician(), office.site()
    for _ in range(3):
        complete(office, van, site, 30)
    office.clock.go_on(days=31)
    assert performance.refresh(office.desk, actor=DISPATCHER).entries == ()


@pytest.mark.capability("BO-030")
def test_success_and_time_are_kept_per_type_of_job_and_version(office):
    quick, slow, site = office.technician("Quick"), office.technician("Slow"), office.site()
    for _ in range(3):
        complete(office, quick, site, 30)
        complete(office, slow, site, 60, outcome="not_fixed")
    office.clock.go_on(minutes=1)
    first = performance.refresh(office.desk, actor=DISPATCHER)
    assert first.of(quick.id, "boiler repair").first_time_fix == 1.0
    assert first.of(slow.id, "boiler repair").first_time_fix == 0.0
    assert first.of(quick.id, "boiler repair").type_first_time_fix == 0.5
    assert first.of(slow.id, "boiler repair").duration_ratio == pytest.approx(60 / 45)
    complete(office, slow, site, 60)
    office.clock.go_on(minutes=1)
    second = performance.refresh(office.desk, actor=DISPATCHER)
    assert second.version == 2
    assert second.of(slow.id, "boiler repair").first_time_fix == 0.25
    assert performance.in_force(office.desk) == second
    with office.desk.store.read() as unit:
        assert [event.type for event in unit.stream("performance")] == ["performance.refreshed"] * 2
