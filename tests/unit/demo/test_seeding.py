"""Who works when, and what the company of the demo has decided for itself."""

from datetime import UTC, date, datetime
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest

from geo_dispatch.adapters.policy_files import read_policy
from geo_dispatch.demo.seeding import working_hours
from geo_dispatch.demo.seeds import load_seeds
from geo_dispatch.dispatch.records.technicians import Shift

VADUZ = ZoneInfo("Europe/Vaduz")


def test_a_faster_day_has_working_hours_whatever_time_it_is():
    night = datetime(2026, 7, 1, 1, tzinfo=UTC)
    start, end = working_hours(night, VADUZ, real_time=False)
    assert (start.hour, end.hour) == (7, 17)


@pytest.mark.parametrize("hour", [0, 5, 13, 21, 23])
def test_in_real_time_everybody_works_now_and_for_hours_to_come(hour):
    now = datetime(2026, 7, 1, hour, 40, tzinfo=VADUZ)
    shift = Shift(now.weekday(), *working_hours(now, VADUZ, real_time=True))
    yesterday = Shift((now.weekday() - 1) % 7, shift.start, shift.end)
    today = shift.on(date(2026, 7, 1), VADUZ)
    before = yesterday.on(date(2026, 6, 30), VADUZ)
    assert any(now in window for window in (today, before))
    assert max(window.end for window in (today, before) if now in window).timestamp() > (
        now.timestamp() + 9 * 3600
    )


def test_the_rules_are_for_most_jobs_and_leave_some_to_the_dispatcher():
    policy = read_policy(files("geo_dispatch.demo").joinpath("policy.toml").read_text("utf-8"))
    ruled = {name for rule in policy.rules for name in rule.when.job_types}
    types = [job.type for job in load_seeds().jobs]
    left = [one for one in types if one not in ruled]
    assert 0 < len(left) < len(types) / 3
    assert ruled <= {*types}, "a rule for nothing"


def test_every_tier_of_the_sites_is_promised_something():
    policy = read_policy(files("geo_dispatch.demo").joinpath("policy.toml").read_text("utf-8"))
    tiers = {tier for promise in policy.sla for tier in promise.tiers}
    everybody = [promise for promise in policy.sla if not promise.tiers]
    assert {site.tier for site in load_seeds().sites} - tiers == {"standard"}
    assert everybody
