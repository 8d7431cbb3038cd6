"""What the rules say of one order: whom to send, or why a dispatcher must judge."""

from dataclasses import replace
from datetime import timedelta

import pytest

from geo_dispatch.adapters.policy_files import read_policy
from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.plan import Basis
from geo_dispatch.dispatch.policy.judging import Left, Sent, judge
from geo_dispatch.dispatch.ranking.candidates import Candidate, Excluded, Ranking
from geo_dispatch.dispatch.ranking.exclusions import Code, Exclusion
from geo_dispatch.dispatch.records.sites import Customer
from geo_dispatch.dispatch.work.orders import FlagCode
from tests.support.dispatching import NOW, ZONE, a_site, an_order

TYPES = '[[job_types]]\nname = "repair"\n[[job_types]]\nname = "survey"\n'


def candidate(name, score_min, *, drive_min=10.0, **fields):
    arrive_at = NOW + timedelta(minutes=drive_min)
    values = {
        "technician_id": name,
        "call_sign": name.title().replace("-", " "),
        "rank": 0,
        "score_min": score_min,
        "position": 0,
        "drive_s": drive_min * 60,
        "added_drive_s": drive_min * 60,
        "onward_s": None,
        "crow_m": 1000.0,
        "start": Basis.POSITION,
        "free_at": NOW,
        "arrive_at": arrive_at,
        "begin_at": arrive_at,
        "finish_at": arrive_at + timedelta(hours=1),
        "late_by_s": None,
        "late_risk": 0.0,
        "breaches_sla": False,
        "position_at": NOW,
        "moved": (),
        "met": (),
        "terms": (),
    }
    return Candidate(**(values | fields))


def ranking(*candidates, excluded=()):
    ranked = tuple(replace(one, rank=n) for n, one in enumerate(candidates, start=1))
    return Ranking("wo_1", NOW, ranked, tuple(excluded))


def excluded(name, fact, code=Code.ON_LEAVE):
    return Excluded(name, name.title().replace("-", " "), (Exclusion(code, fact),))


def a_case(customer=None, **order):
    return Case(an_order(**order), a_site(), NOW, ZONE, customer=customer)


def rules(*rules, margin=2.0):
    text = f"[review]\nmargin_min = {margin}\n" + TYPES
    for name, when, then in rules:
        text += f'[[rules]]\nid = "{name}"\nwhen = {{ {when} }}\nthen = {{ {then} }}\n'
    return read_policy(text)


ALL = rules(("all", "", 'assign = "best"'))
NEAR, FAR = candidate("van-1", 10.0), candidate("van-2", 20.0, drive_min=20.0)
REPEAT = Customer("cu_1", "Bakery", preferred_technician_id="van-2")


def test_the_best_of_the_ranking_goes():
    sent = judge(ALL, a_case(), ranking(NEAR, FAR))
    assert sent == Sent("van-1", "all")
    assert sent.source == "rule:all"


@pytest.mark.capability("FA-007")
def test_an_order_that_no_rule_is_for_is_left_to_a_dispatcher():
    policy = rules(("surveys", 'job_types = ["survey"]', 'assign = "best"'))
    left = judge(policy, a_case(Customer("cu_1", "B", tier="gold")), ranking(NEAR))
    assert left == Left(
        FlagCode.NO_RULE, "no rule is for 'repair' for a gold customer with priority 3"
    )


def test_territories_are_called_what_people_call_them():
    policy = rules(("surveys", 'job_types = ["survey"]', 'assign = "best"'))
    site = a_site(territory_id="t-3")
    case = replace(a_case(), site=site, territories={"t-3": "Oberland"})
    fact = judge(policy, case, ranking(NEAR)).fact
    assert fact == "no rule is for 'repair' in Oberland with priority 3"


@pytest.mark.capability("FA-007")
def test_two_who_are_too_close_are_left_to_a_dispatcher():
    close = replace(FAR, score_min=11.0)
    left = judge(ALL, a_case(), ranking(NEAR, close))
    assert left == Left(
        FlagCode.TOO_CLOSE, "Van 1 leads Van 2 by 1.0 min, less than the 2 min of rule all"
    )
    assert judge(ALL, a_case(), ranking(NEAR, replace(FAR, score_min=10.0))).fact == (
        "Van 1 and Van 2 are as good, and rule all asks for a lead of 2 min"
    )
    assert isinstance(judge(ALL, a_case(), ranking(NEAR, replace(FAR, score_min=12.0))), Sent)


def test_a_rule_may_ask_for_another_margin():
    sure = rules(("all", "", 'assign = "best", margin_min = 15'))
    assert judge(sure, a_case(), ranking(NEAR, FAR)).code is FlagCode.TOO_CLOSE
    quick = rules(("all", "", 'assign = "best", margin_min = 0'))
    assert judge(quick, a_case(), ranking(NEAR, NEAR)) == Sent("van-1", "all")


def test_who_keeps_a_promise_leads_by_any_margin_who_breaks_one():
    breaking = replace(FAR, score_min=5.0, breaches_sla=True)
    assert judge(ALL, a_case(), ranking(NEAR, breaking)) == Sent("van-1", "all")


@pytest.mark.capability("FA-007")
def test_nobody_who_can_be_sent_is_told_with_the_commonest_reasons():
    away = [excluded(f"van-{n}", "lacks skill hvac", Code.MISSING_SKILL) for n in range(3)]
    left = judge(ALL, a_case(), ranking(excluded=[*away, excluded("van-9", "on leave")]))
    assert left == Left(
        FlagCode.NOBODY, "nobody can be sent: lacks skill hvac (3 of 4); on leave (1 of 4)"
    )
    assert judge(ALL, a_case(), ranking()).fact == "there are no technicians in service"


@pytest.mark.capability("FA-028")
def test_the_preferred_technician_goes_though_another_is_nearer():
    policy = rules(("repeat", 'customers = ["cu_1"]', 'assign = "preferred"'))
    assert judge(policy, a_case(REPEAT), ranking(NEAR, FAR)) == Sent("van-2", "repeat")


@pytest.mark.capability("FA-028")
def test_while_the_preferred_one_is_away_the_next_best_goes_and_the_reason_is_told():
    policy = rules(("repeat", 'customers = ["cu_1"]', 'assign = "preferred"'))
    away = excluded("van-2", "on leave until Friday")
    sent = judge(policy, a_case(REPEAT), ranking(NEAR, excluded=[away]))
    assert sent == Sent(
        "van-1", "repeat", "Van 2 is preferred, but on leave until Friday; next best"
    )


def test_a_rule_may_leave_it_to_a_dispatcher_when_who_it_names_cannot_be_sent():
    policy = rules(("repeat", "", 'assign = "preferred", otherwise = "review"'))
    away = excluded("van-2", "on leave")
    assert judge(policy, a_case(REPEAT), ranking(NEAR, excluded=[away])) == Left(
        FlagCode.RULE_LIMIT, "rule repeat: Van 2 is preferred, but on leave"
    )
    assert judge(policy, a_case(), ranking(NEAR)) == Left(
        FlagCode.RULE_LIMIT, "rule repeat: nobody is preferred"
    )


def test_a_rule_may_name_a_technician_whoever_is_nearer():
    policy = rules(("always-2", "", 'assign = "van-2"'))
    assert judge(policy, a_case(), ranking(NEAR, FAR)) == Sent("van-2", "always-2")
    sent = judge(policy, a_case(), ranking(NEAR))
    assert sent.reason == "whoever is named is out of service; next best"


def test_nobody_is_sent_beyond_the_limits_of_the_rule():
    policy = rules(("near", "", 'assign = "best", max_drive_min = 15'))
    first = replace(FAR, score_min=5.0)
    assert judge(policy, a_case(), ranking(first, NEAR)) == Sent("van-1", "near")
    assert judge(policy, a_case(), ranking(FAR)) == Left(
        FlagCode.RULE_LIMIT,
        "rule near: Van 2 would drive 20 min, more than the 15 allowed",
    )
    named = rules(("near", "", 'assign = "van-2", max_drive_min = 15'))
    assert judge(named, a_case(), ranking(NEAR, FAR)).code is FlagCode.RULE_LIMIT


def test_nobody_is_sent_who_is_likely_to_be_late():
    policy = rules(("sure", "", 'assign = "best", max_late_risk = 0.2'))
    risky = replace(NEAR, late_risk=0.4)
    assert judge(policy, a_case(), ranking(risky, FAR)) == Sent("van-2", "sure")
    assert judge(policy, a_case(), ranking(risky)) == Left(
        FlagCode.RULE_LIMIT, "rule sure: Van 1 would be late with 40 %, more than the 20 % allowed"
    )


def test_the_first_rule_of_the_document_that_applies_decides():
    policy = rules(
        ("urgent", "priorities = [1, 2]", 'assign = "van-2"'),
        ("repairs", 'job_types = ["repair"]', 'assign = "best"'),
        ("rest", "", 'assign = "van-1"'),
    )
    assert judge(policy, a_case(priority=2), ranking(NEAR, FAR)).rule_id == "urgent"
    assert judge(policy, a_case(), ranking(NEAR, FAR)).rule_id == "repairs"
    assert judge(policy, a_case(type="survey"), ranking(NEAR, FAR)).rule_id == "rest"


def test_two_rules_that_send_different_people_to_one_order_are_left_to_a_dispatcher():
    policy = rules(
        ("urgent", "priorities = [1, 2]", 'assign = "van-2"'),
        ("repairs", 'job_types = ["repair"]', 'assign = "van-1"'),
    )
    assert judge(policy, a_case(priority=2), ranking(NEAR, FAR)) == Left(
        FlagCode.RULES_DISAGREE,
        "rule urgent sends Van 2, rule repairs sends Van 1, and neither is the exception to the "
        "other",
    )


def test_whoever_left_meanwhile_is_not_called_by_an_id():
    policy = rules(
        ("urgent", "priorities = [1, 2]", 'assign = "te_9f3"'),
        ("repairs", 'job_types = ["repair"]', 'assign = "van-1"'),
    )
    assert judge(policy, a_case(priority=2), ranking(NEAR)).fact.startswith(
        "rule urgent sends somebody who is out of service, rule repairs sends Van 1"
    )


def test_an_exception_above_the_wider_rule_is_no_contradiction():
    policy = rules(
        ("urgent repairs", 'job_types = ["repair"], priorities = [1, 2]', 'assign = "van-2"'),
        ("repairs", 'job_types = ["repair"]', 'assign = "van-1"'),
    )
    assert judge(policy, a_case(priority=2), ranking(NEAR, FAR)) == Sent("van-2", "urgent repairs")


def test_a_rule_out_of_use_decides_nothing():
    policy = replace(ALL, rules=(replace(ALL.rules[0], enabled=False),))
    assert not policy.automatic
    assert judge(policy, a_case(), ranking(NEAR)).code is FlagCode.NO_RULE
