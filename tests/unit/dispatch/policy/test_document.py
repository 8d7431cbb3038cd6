"""The policy document: what it must not say, and what two of them differ in."""

import re
from dataclasses import fields, replace

import pytest

from geo_dispatch.adapters.policy_files import default_version, read_policy
from geo_dispatch.dispatch.policy.checks import (
    MOST_FAULTS,
    Known,
    reference_faults,
    reference_warnings,
)
from geo_dispatch.dispatch.policy.differences import differences
from geo_dispatch.dispatch.policy.document import Policy
from geo_dispatch.kernel.errors import InvalidFile, InvalidInput

TYPES = """
[[job_types]]
name = "boiler repair"
[[job_types]]
name = "survey"
"""


def rule(name, when="{}", then='{ assign = "best" }', extra=""):
    return f'[[rules]]\nid = "{name}"\nwhen = {when}\nthen = {then}\n{extra}\n'


def faults_of(text):
    with pytest.raises(InvalidInput) as refusal:
        read_policy(text)
    return [str(fault) for fault in refusal.value.faults]


def test_the_shipped_document_says_every_default():
    assert replace(default_version().policy, sla=()) == Policy()
    text = default_version().text
    for table in fields(Policy):
        value = getattr(Policy(), table.name)
        if isinstance(value, tuple):
            assert f"[[{table.name}]]" in text, table.name
            continue
        section = re.search(
            rf"^\[{table.name}\](.*?)(?=^\[|^# No|\Z)", text, re.MULTILINE | re.DOTALL
        )
        assert section, table.name
        for field in fields(value):
            assert re.search(rf"^{field.name} = .*#", section[1], re.MULTILINE), (
                table.name,
                field.name,
            )


def test_text_that_is_not_toml_is_refused():
    with pytest.raises(InvalidFile, match="the policy is not TOML"):
        read_policy("[orders")


def test_all_faults_of_a_document_are_told_at_once_naming_rule_field_value_and_remedy():
    text = """
[orders]
job_type_only = true
[ranking]
territory_min = -5
[review]
margin_min = "two"
[[rules]]
id = "near"
when = { weekday = [1] }
then = { otherwise = "nobody" }
"""
    assert faults_of(text) == [
        "orders.job_type_only: is not known; did you mean 'job_types_only'?",
        "ranking.territory_min: -5.0 is not a number from 0 to 1e+06",
        "review.margin_min: 'two': should be a number",
        "rules[near].when.weekday: is not known; did you mean 'weekdays'?",
        "rules[near].then.otherwise: 'nobody' is not one of best, review",
    ]


def test_values_out_of_range_are_told_too():
    text = TYPES + rule(
        "odd",
        '{ weekdays = [7], priorities = [0], job_types = ["boiler repiar"] }',
        '{ assign = "Best", max_drive_min = -1, max_late_risk = 2, margin_min = -0.5 }',
    )
    assert faults_of(text) == [
        "rules[odd].when.weekdays: 7 is not 0 (Monday) to 6 (Sunday)",
        "rules[odd].when.priorities: 0 is not between 1 (emergency) and 5",
        "rules[odd].then.max_drive_min: -1 is not 0 or more minutes",
        "rules[odd].then.margin_min: -0.5 is not 0 or more minutes",
        "rules[odd].then.max_late_risk: 2 is not a share between 0 and 1",
        "rules[odd].then.assign: write it small: 'best'",
        "rules[odd].when.job_types: no job type 'boiler repiar'; did you mean 'boiler repair'?",
    ]


def test_names_that_are_there_twice_are_refused():
    text = '[[job_types]]\nname = "a"\n[[job_types]]\nname = "A"\n' + rule("x") * 2
    assert faults_of(text)[:2] == [
        "job_types[A]: 'A' is there twice; keep one of them",
        "rules[x].id: 'x' is there twice; decisions name rules by it",
    ]


def test_two_rules_for_the_same_orders_and_other_people_contradict_each_other():
    text = TYPES + "".join(
        rule(name, '{ job_types = ["survey"], priorities = [2, 1] }', f'{{ assign = "{who}" }}')
        for name, who in (("one", "tc_1"), ("two", "tc_2"))
    )
    assert faults_of(text) == [
        (
            "rules[two]: contradicts rule 'one': the same orders, but 'tc_2' instead of 'tc_1'; "
            "keep one, or give one of them another condition"
        )
    ]


def test_a_rule_that_one_above_it_always_forestalls_is_refused():
    wide = rule("wide", '{ job_types = ["survey", "boiler repair"] }')
    narrow = rule(
        "narrow", '{ job_types = ["survey"], hours = { start = 22:00:00, end = 06:00:00 } }'
    )
    assert faults_of(TYPES + wide + narrow) == [
        (
            "rules[narrow]: can never fire: rule 'wide' above it takes every order that it is "
            "for; move it above, or give it other conditions"
        )
    ]
    assert read_policy(TYPES + narrow + wide).automatic
    assert read_policy(TYPES + wide + narrow + "enabled = false").automatic


def test_a_rule_that_several_above_it_forestall_together_is_refused_and_they_are_named():
    days = rule("workdays", "{ weekdays = [0, 1, 2, 3, 4] }")
    rest = rule("weekend", "{ weekdays = [5, 6], priorities = [1, 2, 3, 4, 5] }")
    nights = rule("nights", "{ hours = { start = 22:00:00, end = 06:00:00 } }")
    every = rule("every")
    assert faults_of(nights + days + rest + every) == [
        (
            "rules[every]: can never fire: rules 'workdays', 'weekend' above it together take "
            "every order that it is for; move it above them, or give it other conditions"
        )
    ]
    assert read_policy(nights + days + every).automatic


def test_a_promise_that_those_above_it_leave_nothing_to_is_refused():
    promises = [
        '[[sla]]\nname = "all"\nresponse_s = 3600\n',
        '[[sla]]\nname = "trapped"\njob_types = ["entrapment"]\nresponse_s = 1800\n',
    ]
    assert faults_of("".join(promises)) == [
        (
            "sla[trapped]: is never made: 'all' above it already cover every order that it is "
            "for; move it above, or give it other lists"
        )
    ]
    assert len(read_policy("".join(reversed(promises))).sla) == 2


@pytest.mark.parametrize(
    "text",
    [
        "review.margin_min = " + "9" * 400,
        "emergency.max_changes = -" + "9" * 400,
        "emergency.respond_within_s = 1e300",
        "ranking.lateness_price = 1e300",
        "ranking.wait_price = [nan, 1, 1, 1, 1]",
        "performance.days = 999999999999",
        '[[rules]]\nid = "a"\nthen = { max_drive_min = inf }',
    ],
)
def test_numbers_beyond_all_measure_are_faults(text):
    assert len(faults_of(text)) == 1


@pytest.mark.parametrize("value", ["9" * 5000, "[" * 3000 + "]" * 3000, "\0"])
def test_what_no_reader_of_toml_takes_is_refused(value):
    with pytest.raises(InvalidFile, match="is not TOML"):
        read_policy(f"a = {value}")


@pytest.mark.parametrize(
    "text",
    ["{key} = 1", "[{key}]", '[review]\n"a" . {key} = 1', "[[rules]]\nwhen = {{ {key} = 1 }}"],
)
@pytest.mark.parametrize("part", ["a", "'a.'", '"\\""', "a "])
def test_names_of_more_parts_than_any_table_of_ours_has_are_refused_unread(text, part):
    with pytest.raises(InvalidFile, match="no table of ours is so deep"):
        read_policy(text.format(key=".".join([part] * 20_000)))


def test_what_people_write_with_dots_is_no_deep_name():
    note = "e.g. i.e. z.B. www.example.com ... 1.2.3.4 a.b.c.d.e.f.g.h"
    assert read_policy(f'# {note}\n{TYPES}[[rules]]\nid = "a"\nnote = "{note}"').rules


def test_of_faults_without_end_the_first_are_told():
    names = [f"{n}" for n in range(400)]
    assert len(faults_of(rule("a", f"{{ job_types = {names} }}"))) == MOST_FAULTS
    policy = read_policy(rule("a", f"{{ skills = {names} }}"))
    assert len(reference_faults(policy, KNOWN)) == MOST_FAULTS


def test_more_rules_than_anybody_reviews_are_refused_quickly():
    text = TYPES + "".join(
        rule(f"r{n}", f'{{ customers = ["cu_{n}"], priorities = [{n % 5 + 1}] }}')
        for n in range(600)
    )
    assert faults_of(text) == ["rules: has 600 entries, more than 500; write wider ones"]


def test_job_types_only_without_job_types_would_refuse_every_order():
    assert faults_of("[orders]\njob_types_only = true") == [
        "orders.job_types_only: refuses every order: there are no [[job_types]]"
    ]


KNOWN = Known(
    technicians={"tc_1": "Van 01"},
    customers={"cu_1": "Bakery"},
    territories=["t3"],
    skills=["hvac", "gas"],
    tiers=["gold"],
)


def test_names_that_nothing_has_are_refused_each_with_what_was_meant():
    text = (
        '[[job_types]]\nname = "survey"\nrequired_skills = [{ name = "hvca" }]\n'
        + rule("a", '{ territories = ["T4"], skills = ["gsa"], customers = ["Bakery"] }')
        + rule("b", "{ priorities = [2] }", '{ assign = "Van 01" }')
        + rule("c", "{ priorities = [3] }", '{ assign = "tc_9" }')
    )
    assert [str(fault) for fault in reference_faults(read_policy(text), KNOWN)] == [
        "job_types[survey].required_skills: no skill 'hvca'; did you mean 'hvac'?",
        "rules[a].when.skills: no skill 'gsa'; did you mean 'gas'?",
        "rules[a].when.territories: no territory 'T4'; publish it first",
        "rules[a].when.customers: 'Bakery' is what people call them; write the id 'cu_1'",
        "rules[b].then.assign: 'Van 01' is what people call them; write the id 'tc_1'",
        "rules[c].then.assign: no technician 'tc_9'; give the id of one in service",
    ]


def test_skills_that_the_policy_lists_are_those_that_there_are():
    text = '[orders]\nskills = ["welding"]\n' + rule("a", '{ skills = ["hvac"] }')
    found = reference_faults(read_policy(text), KNOWN)
    assert [fault.where for fault in found] == ["rules[a].when.skills"]


def test_names_that_may_come_later_are_warnings():
    policy = read_policy(
        '[[job_types]]\nname = "survey"\nrequired_certificates = ["gas licence"]\n'
        + rule("a", '{ tiers = ["gold", "platinum"] }')
    )
    assert reference_faults(policy, KNOWN) == []
    assert [fault.where for fault in reference_warnings(policy, KNOWN)] == [
        "job_types[survey].required_certificates",
        "rules[a].when.tiers",
    ]


def test_differences_are_told_by_path_and_comments_are_none():
    before = read_policy("[ranking]\nterritory_min = 5" + TYPES + rule("a") + "# why\n")
    after = read_policy(
        "[ranking]\nterritory_min = 6" + TYPES + rule("b", "{ priorities = [1] }") + rule("a")
    )
    assert list(map(str, differences(before, after))) == [
        "ranking.territory_min: 5.0 -> 6.0",
        (
            'rules[b]: added {"id":"b","enabled":true,"when":{"priorities":[1]},'
            '"then":{"assign":"best","otherwise":"best"}}'
        ),
    ]
    assert differences(before, before) == []


def test_rules_in_another_sequence_are_a_difference():
    one, two = rule("a", "{ priorities = [1] }"), rule("b", "{ tiers = ['gold'] }")
    found = differences(read_policy(one + two), read_policy(two + one))
    assert list(map(str, found)) == ['rules in the sequence: ["a","b"] -> ["b","a"]']
