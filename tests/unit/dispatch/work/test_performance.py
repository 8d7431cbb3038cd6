"""Figures of completed orders: what counts, and what they come to."""

from datetime import timedelta
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_dispatch.dispatch.work.orders import Arrival, Status
from geo_dispatch.dispatch.work.performance import (
    Performance,
    PerformanceParams,
    snapshot,
    worked_s,
)
from geo_dispatch.kernel.errors import InvalidInput
from geo_dispatch.kernel.ids import VisitId
from tests.support.dispatching import NOW, an_order

SINCE = NOW - timedelta(days=90)


def done(name, technician="van-1", minutes=60.0, *, site="si_1", outcome="fixed", **fields):
    ended_at = fields.pop("ended_at", NOW - timedelta(days=1))
    values = {
        "status": Status.COMPLETE,
        "technician_id": technician,
        "site_id": site,
        "started_at": ended_at - timedelta(minutes=minutes),
        "ended_at": ended_at,
        "outcome": outcome,
    }
    return an_order(name, **(values | fields))


def figures(orders, followed_up=(), min_visits=1):
    params = PerformanceParams(days=90, min_visits=min_visits)
    return snapshot(orders, followed_up, version=3, since=SINCE, until=NOW, params=params)


def test_fixed_at_once_is_fixed_and_not_followed_up():
    orders = [done("a"), done("b"), done("c", outcome="not_fixed"), done("d")]
    entry = figures(orders, followed_up=["b"]).of("van-1", "repair")
    assert (entry.visits, entry.first_time_fix) == (4, 0.5)


def test_quick_is_measured_against_everybody_at_the_same_type_of_job():
    slow = [done(f"s{n}", "slow", 80) for n in range(3)]
    quick = [done(f"q{n}", "quick", 40) for n in range(3)]
    other = [done("o", "slow", 10, type="survey")]
    found = figures(slow + quick + other)
    assert found.of("slow", "Repair").duration_ratio == pytest.approx(80 / 60)
    assert found.of("quick", "repair").duration_ratio == pytest.approx(40 / 60)
    assert found.of("slow", "survey").duration_ratio == 1.0


def test_too_few_visits_are_no_evidence():
    orders = [done("a"), done("b")]
    assert figures(orders, min_visits=3) == Performance(3, SINCE, NOW)
    assert figures(orders, min_visits=2).of("van-1", "repair").visits == 2


def test_what_is_open_cancelled_too_old_or_without_a_beginning_does_not_count():
    orders = [
        done("a", status=Status.CANCELLED),
        done("b", status=Status.ON_THE_TOOLS, ended_at=NOW),
        done("c", ended_at=SINCE - timedelta(seconds=1)),
        done("d", ended_at=NOW),
        done("e", started_at=None),
    ]
    assert figures(orders).entries == ()


def test_work_begins_on_arrival_where_nobody_said_when():
    ended_at = NOW - timedelta(days=1)
    arrival = Arrival(VisitId("vi_1"), ended_at - timedelta(minutes=30), "gps")
    assert worked_s(done("a", started_at=None, arrival=arrival)) == 1800.0


def test_what_a_ranking_asks_for_is_the_figures_of_one_type_of_job():
    orders = [done(f"{who}{kind}", who, type=kind) for who in "xy" for kind in ("a", "B", "c")]
    found = figures(orders)
    about = found.about("b")
    assert [(one.job_type, one.technician_id) for one in about.entries] == [("b", "x"), ("b", "y")]
    assert (about.version, about.durations) == (found.version, ())
    assert about.of("x", "B") == found.of("x", "b")
    assert about.of("x", "a") is None
    assert found.about("zzz").entries == ()


def test_a_duration_is_of_the_site_if_known_there_else_of_the_type():
    orders = [done(f"a{n}", minutes=30, site="si_a") for n in range(2)]
    orders += [done(f"b{n}", minutes=90, site="si_b") for n in range(1)]
    found = figures(orders, min_visits=2)
    assert found.duration("repair", "si_a").p50_s == 1800.0
    assert found.duration("repair", "si_b").site_id is None
    assert found.duration("survey") is None


@given(
    st.lists(
        st.tuples(st.sampled_from(["x", "y", "z"]), st.integers(1, 500), st.booleans()),
        min_size=1,
        max_size=30,
    )
)
@settings(max_examples=50, deadline=None)
def test_the_figures_are_those_of_the_definition(visits):
    """Medians by the standard library; the ninetieth share by counting from both sides."""
    orders = [
        done(f"wo_{n}", who, minutes, outcome="fixed" if fixed else "not_fixed")
        for n, (who, minutes, fixed) in enumerate(visits)
    ]
    found = figures(orders)
    assert figures(reversed(orders)) == found
    everybody = [minutes for _, minutes, _ in visits]
    for who in {who for who, _, _ in visits}:
        own = [(minutes, fixed) for name, minutes, fixed in visits if name == who]
        entry = found.of(who, "repair")
        assert entry.visits == len(own)
        assert entry.first_time_fix == sum(fixed for _, fixed in own) / len(own)
        assert entry.duration_ratio == pytest.approx(median(m for m, _ in own) / median(everybody))
    took = found.duration("repair")
    assert took.p50_s == pytest.approx(60 * median(everybody))
    assert sum(m * 60 <= took.p90_s + 1e-6 for m in everybody) >= 0.9 * (len(everybody) - 1)
    assert sum(m * 60 >= took.p90_s - 1e-6 for m in everybody) >= 0.1 * (len(everybody) - 1)


def test_params_that_make_no_sense_are_refused_all_at_once():
    with pytest.raises(InvalidInput) as refusal:
        PerformanceParams(days=0, min_visits=-1)
    assert [fault.where for fault in refusal.value.faults] == ["days", "min_visits"]
