"""The plan of the day: the same seed gives the same believable day."""

from datetime import UTC, datetime, timedelta

import pytest

from geo_dispatch.demo.day import Rhythm, plan_day
from geo_dispatch.demo.seeds import load_seeds

SEEDS = load_seeds()
START = datetime(2026, 7, 1, 5, 45, tzinfo=UTC)
DAY = plan_day(SEEDS, START, Rhythm())


def test_the_same_seed_gives_the_same_day_and_another_seed_another():
    assert plan_day(SEEDS, START, Rhythm()) == DAY
    assert plan_day(SEEDS, START, Rhythm(), seed=2) != DAY


def test_jobs_come_in_order_some_waiting_at_the_start():
    assert [job.at for job in DAY] == sorted(job.at for job in DAY)
    assert sum(job.at < START + timedelta(minutes=1) for job in DAY) == Rhythm().at_start
    assert max(job.at for job in DAY) < START + timedelta(hours=Rhythm().hours)


def test_emergencies_come_in_when_the_rhythm_says():
    moments = [job.at for job in DAY if job.emergency]
    assert moments == [START + timedelta(minutes=12)]
    several = plan_day(SEEDS, START, Rhythm(emergencies_min=(4.0, 8.0)))
    sites = {job.site for job in several if job.emergency}
    assert len(sites) == 2, "at different sites"
    assert {job.kind.priority for job in several if job.emergency} == {1}


def test_windows_open_after_the_call_and_close_before_the_job_is_due():
    windows = [(job.at, job.window, job.due_at) for job in DAY if job.window]
    assert windows
    assert all(window.end > at and due >= window.end for at, window, due in windows)


def test_jobs_go_to_sites_of_their_kind():
    for job in DAY:
        assert not job.kind.kinds or SEEDS.sites[job.site].kind in job.kind.kinds


@pytest.mark.parametrize("bad", [{"at_start": 0}, {"every_min": 0}, {"duration_scale": -1}])
def test_a_rhythm_without_beat_is_refused(bad):
    with pytest.raises(ValueError, match="must be"):
        Rhythm(**bad)
