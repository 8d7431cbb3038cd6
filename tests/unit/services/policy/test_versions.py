"""Publishing policies: reviewed, in versions, each with what it changed; and what they do."""

import pytest

from geo_dispatch.dispatch.records.technicians import Skill
from geo_dispatch.dispatch.work.orders import Permit, SkillRequirement
from geo_dispatch.kernel.errors import Conflict, InvalidInput, NotFound, VersionConflict
from geo_dispatch.services.orders import work_orders
from geo_dispatch.services.policy import versions as policy
from tests.support.records import DISPATCHER, open_office

JOB_TYPES = """
[orders]
job_types_only = true
skills = ["gas", "hvac"]

[[job_types]]
name = "boiler repair"
required_skills = [{ name = "gas", level = 2 }]
duration_s = 5400
checklist = ["close the tap"]
permits = ["hot works"]
work_class = "maintenance"
"""


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as office:
        yield office


def publish(office, text, **options):
    values = {"author": "Ann", "reviewed_by": "Ben", "note": "because", **options}
    return policy.publish(office.desk, text, actor=DISPATCHER, **values)


def test_the_version_that_comes_along_holds_until_one_is_published(office):
    before = policy.in_force(office.desk)
    assert (before.version, before.published_at) == (0, None)
    published = publish(office, "[review]\nmargin_min = 5\n").version
    assert policy.in_force(office.desk) == published
    assert (published.version, published.author, published.reviewed_by) == (1, "Ann", "Ben")
    assert published.published_at == office.clock.now
    assert published.policy.review.margin_min == 5.0
    assert published.text == "[review]\nmargin_min = 5\n"


def test_publishing_is_an_event(office):
    publish(office, "[review]\nmargin_min = 5\n")
    with office.desk.store.read() as unit:
        (event,) = unit.stream("policy")
    assert event.type == "policy.published"
    assert event.body["version"] == 1
    assert event.actor == DISPATCHER.label


@pytest.mark.capability("BO-045")
def test_versions_are_listed_with_what_each_changed(office):
    publish(office, "[review]\nmargin_min = 5\n")
    publish(office, "[review]\nmargin_min = 6\n", note="too many were close")
    listed = policy.versions(office.desk)
    assert [one.version.version for one in listed] == [2, 1, 0]
    assert list(map(str, listed[0].differences)) == ["review.margin_min: 5.0 -> 6.0"]
    assert listed[0].version.note == "too many were close"
    assert policy.version(office.desk, 2) == listed[0]
    with pytest.raises(NotFound, match="no version of the policy '3'"):
        policy.version(office.desk, 3)


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"author": " "}, "author"),
        ({"reviewed_by": ""}, "reviewed_by"),
        ({"reviewed_by": "ANN "}, "reviewed_by"),
        ({"note": ""}, "note"),
        ({"note": "bell \a"}, "note"),
    ],
)
def test_nothing_is_published_without_a_review(office, options, where):
    with pytest.raises(InvalidInput, match="not published without a review") as refusal:
        publish(office, "[review]\nmargin_min = 5\n", **options)
    assert [fault.where for fault in refusal.value.faults] == [where]
    assert policy.in_force(office.desk).version == 0


def test_of_two_who_publish_on_top_of_the_same_version_one_is_told(office):
    publish(office, "[review]\nmargin_min = 5\n", based_on=0)
    with pytest.raises(VersionConflict, match="version 1 of the policy is in force, not 0"):
        publish(office, "[review]\nmargin_min = 6\n", based_on=0)


def test_a_document_that_changes_nothing_is_not_published(office):
    with pytest.raises(Conflict, match="says the same as version 0"):
        publish(office, policy.in_force(office.desk).text + "# a comment\n")


def test_names_in_a_document_are_held_against_the_records(office):
    office.technician(skills=(Skill("hvac", 2),))
    text = """
[[rules]]
id = "near"
when = { skills = ["hvca"], territories = ["t3"] }
then = { assign = "Van 07" }
"""
    with pytest.raises(InvalidInput, match="the policy has 3 faults") as refusal:
        publish(office, text)
    assert [str(fault) for fault in refusal.value.faults] == [
        "rules[near].when.skills: no skill 'hvca'; did you mean 'hvac'?",
        "rules[near].when.territories: no territory 't3'; publish it first",
        "rules[near].then.assign: 'Van 07' is what people call them; write the id 'tc_1'",
    ]


def test_an_order_gets_from_its_job_type_what_it_does_not_say(office):
    publish(office, JOB_TYPES)
    order = office.order(type="Boiler repair")
    assert order.required_skills == (SkillRequirement("gas", 2),)
    assert order.duration_s == 5400.0
    assert order.checklist == ("close the tap",)
    assert order.permits == (Permit("hot works"),)
    assert order.work_class == "maintenance"
    own = office.order(type="boiler repair", duration_s=60.0, required_skills=())
    assert (own.duration_s, own.required_skills) == (60.0, ())


def test_types_and_skills_that_the_policy_does_not_list_are_refused_with_what_was_meant(office):
    publish(office, JOB_TYPES)
    with pytest.raises(InvalidInput) as refusal:
        office.order(type="boiler repiar", required_skills=(SkillRequirement("hvca"),))
    assert [str(fault) for fault in refusal.value.faults] == [
        "type: 'boiler repiar' is not a job type of the policy; did you mean 'boiler repair'?",
        "required_skills[0].name: 'hvca' is not a skill of the policy; did you mean 'hvac'?",
    ]


def test_what_an_order_said_before_the_policy_is_not_held_against_a_change(office):
    order = office.order(type="survey", required_skills=(SkillRequirement("drone"),))
    publish(office, JOB_TYPES)
    changed = work_orders.change(
        office.desk, order.id, {"notes": "bring a ladder"}, actor=DISPATCHER, expected_version=1
    )
    assert changed.notes == "bring a ladder"
    with pytest.raises(InvalidInput, match="cannot be changed"):
        work_orders.change(
            office.desk, order.id, {"type": "suvrey"}, actor=DISPATCHER, expected_version=2
        )


def test_without_job_types_an_order_is_as_it_says(office):
    order = office.order(type="anything", required_skills=(SkillRequirement("magic"),))
    assert (order.type, order.duration_s) == ("anything", 3600.0)
