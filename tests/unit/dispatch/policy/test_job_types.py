"""What a type of job takes, and what an order of it gets."""

from geo_dispatch.dispatch.policy.job_types import JobType, job_type_faults, job_type_of
from geo_dispatch.dispatch.work.orders import Permit, SkillRequirement

BOILER = JobType(
    name="Boiler repair",
    required_skills=(SkillRequirement("gas", 2),),
    required_certificates=("gas licence",),
    duration_s=5400.0,
    checklist=("close the tap",),
    permits=("hot works",),
)


def test_an_order_gets_what_it_does_not_say():
    filled = BOILER.filled_in({"type": "boiler repair", "site_id": "si_1"})
    assert filled["required_skills"] == (SkillRequirement("gas", 2),)
    assert filled["duration_s"] == 5400.0
    assert filled["permits"] == (Permit("hot works"),)
    assert filled["checklist"] == ("close the tap",)


def test_what_an_order_says_itself_stays():
    asked = {"type": "boiler repair", "site_id": "si_1", "required_skills": (), "duration_s": 60.0}
    filled = BOILER.filled_in(asked)
    assert filled["required_skills"] == ()
    assert filled["duration_s"] == 60.0


def test_names_are_compared_without_case():
    assert job_type_of([BOILER], " boiler REPAIR ") is BOILER
    assert job_type_of([BOILER], "boiler") is None


def test_every_fault_of_a_job_type_is_told():
    wrong = JobType(
        name=" ",
        duration_s=0.0,
        crew_size=0,
        priority=9,
        required_skills=(SkillRequirement("gas", 7),),
    )
    assert [fault.where for fault in job_type_faults(wrong, "it")] == [
        "it.name",
        "it.duration_s",
        "it.crew_size",
        "it.priority",
        "it.required_skills[0].level",
    ]
