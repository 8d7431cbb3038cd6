"""When one rule is for every order that another is for."""

from datetime import UTC, datetime, time, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_dispatch.dispatch.days.case import Case, Experience
from geo_dispatch.dispatch.policy.judging import applies
from geo_dispatch.dispatch.policy.rules import TimeOfDay, When, covers
from geo_dispatch.dispatch.records.equipment import Equipment
from geo_dispatch.dispatch.records.hours import Hours
from geo_dispatch.dispatch.records.sites import Customer
from geo_dispatch.dispatch.work.orders import SkillRequirement
from tests.support.dispatching import NOW, ZONE, a_site, an_order

NIGHT = TimeOfDay(start=time(22), end=time(6))


def a_case(*, now=NOW, site=None, customer=None, equipment=None, known=False, **order):
    experience = {"van-1": Experience(equipment_visits=1)} if known else {}
    return Case(
        an_order(**order),
        a_site(**(site or {})),
        now,
        ZONE,
        customer=customer,
        equipment=equipment,
        experience=experience,
    )


GOLD = Customer("cu_1", "Bakery", tier="gold")
BOILER = Equipment("eq_1", "si_1", "boiler", "Boiler 2")


@pytest.mark.parametrize(
    ("condition", "case", "holds"),
    [
        ({}, {}, True),
        ({"job_types": ("Repair", "survey")}, {}, True),
        ({"job_types": ("survey",)}, {}, False),
        ({"skills": ("HVAC",)}, {"required_skills": (SkillRequirement("hvac"),)}, True),
        ({"skills": ("hvac",)}, {}, False),
        ({"territories": ("t3",)}, {"site": {"territory_id": "t3"}}, True),
        ({"territories": ("t3",)}, {"site": {"territory_id": "t4"}}, False),
        ({"territories": ("t3",)}, {}, False),
        ({"tiers": ("gold",)}, {"customer": GOLD}, True),
        ({"tiers": ("gold",)}, {}, False),
        ({"customers": ("cu_1",)}, {"customer": GOLD}, True),
        ({"equipment_types": ("boiler",)}, {"equipment": BOILER}, True),
        ({"equipment_types": ("boiler",)}, {}, False),
        ({"known_equipment": True}, {"equipment": BOILER, "known": True}, True),
        ({"known_equipment": True}, {"equipment": BOILER}, False),
        ({"known_equipment": False}, {"equipment": BOILER}, True),
        ({"priorities": (1, 2)}, {"priority": 2}, True),
        ({"priorities": (1, 2)}, {"priority": 3}, False),
        ({"work_classes": ("maintenance",)}, {"work_class": "maintenance"}, True),
        ({"access": "free"}, {}, True),
        ({"access": "restricted"}, {}, False),
        (
            {"access": "restricted"},
            {"site": {"access_windows": (Hours(0, time(8), time(12)),)}},
            True,
        ),
        ({"weekdays": (0,)}, {}, True),
        ({"weekdays": (1,)}, {}, False),
        ({"hours": TimeOfDay(start=time(10), end=time(11))}, {}, True),
        ({"hours": TimeOfDay(start=time(9), end=time(10))}, {}, False),
        ({"hours": NIGHT}, {"now": datetime(2026, 11, 23, 22, 30, tzinfo=UTC)}, True),
        ({"hours": NIGHT}, {"now": datetime(2026, 11, 23, 5, 0, tzinfo=UTC)}, False),
        ({"job_types": ("repair",), "priorities": (1,)}, {}, False),
    ],
)
def test_a_rule_applies_when_all_its_conditions_hold(condition, case, holds):
    """The work can begin on a Monday, at ten in Vaduz."""
    assert applies(When(**condition), a_case(**case)) is holds


@pytest.mark.parametrize(
    ("since", "hours"),
    [
        (datetime(2026, 3, 28, 12, tzinfo=UTC), 7),  # summer time begins in that night
        (datetime(2026, 10, 24, 12, tzinfo=UTC), 9),  # and ends
        (datetime(2026, 11, 23, 12, tzinfo=UTC), 8),
    ],
)
def test_a_night_is_as_long_as_it_is_when_the_clocks_change(since, hours):
    quarters = [since + n * timedelta(minutes=15) for n in range(96)]
    night = [one for one in quarters if applies(When(hours=NIGHT), a_case(now=one))]
    assert len(night) == 4 * hours
    assert night[-1] - night[0] == timedelta(hours=hours, minutes=-15)


@pytest.mark.parametrize(
    ("day", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25), ((2026, 11, 22), 24)]
)
def test_a_weekday_is_that_of_the_clock_on_the_wall(day, hours):
    """Sundays, by the clock of Vaduz; over midnight a night is two weekdays."""
    noon = datetime(*day, 12, tzinfo=UTC)
    quarters = [noon + n * timedelta(minutes=15) for n in range(-96, 96)]
    sunday = [one for one in quarters if applies(When(weekdays=(6,)), a_case(now=one))]
    assert len(sunday) == 4 * hours
    both = When(weekdays=(6,), hours=NIGHT)
    parts = [one for one in sunday if applies(both, a_case(now=one))]
    assert len(parts) == 4 * (2 + 6 + hours - 24)


def test_time_is_that_at_which_the_work_can_begin():
    tomorrow = NOW + timedelta(days=1)
    assert applies(When(weekdays=(1,)), a_case(start_at=tomorrow))
    assert not applies(When(weekdays=(0,)), a_case(start_at=tomorrow))


times = st.integers(0, 23).map(time)
hours = st.none() | st.builds(TimeOfDay, start=times, end=times)


def some(values, most=3):
    return st.lists(st.sampled_from(values), max_size=most, unique=True).map(tuple)


whens = st.builds(
    When,
    job_types=some(["repair", "Survey"]),
    skills=some(["hvac", "gas"]),
    territories=some(["t3", "t4"]),
    tiers=some(["gold"]),
    equipment_types=some(["boiler"]),
    known_equipment=st.sampled_from([None, True, False]),
    priorities=some([1, 2, 3, 4, 5], 5),
    access=st.sampled_from([None, "restricted", "free"]),
    weekdays=some(list(range(7)), 7),
    hours=hours,
)

SKILLS = [(), ("hvac",), ("gas",), ("other",)]
SOME_CASES = [
    a_case(
        now=NOW.replace(hour=hour) + timedelta(days=day),
        type=kind,
        priority=priority,
        required_skills=tuple(SkillRequirement(name) for name in skills),
        customer=customer,
        equipment=equipment,
        known=known,
        site={
            "territory_id": territory,
            "access_windows": (Hours(0, time(8), time(9)),) if restricted else (),
        },
    )
    for kind, skills, territory, customer, equipment, known, restricted, priority, (day, hour) in (
        product(
            ["repair", "survey", "other"],
            SKILLS,
            ["t3", None],
            [GOLD, None],
            [BOILER, None],
            [True, False],
            [True, False],
            [1, 4],
            [(0, 9), (3, 22)],
        )
    )
]


@given(whens, whens)
@settings(max_examples=300, deadline=None)
def test_who_covers_another_applies_wherever_that_applies(wide, narrow):
    if covers(wide, narrow):
        assert all(applies(wide, case) for case in SOME_CASES if applies(narrow, case))


def one_by_one(condition):
    """All cases that one condition alone can tell apart: its values, and one that is none."""
    values = {
        "job_types": [{"type": name} for name in ("repair", "survey", "other")],
        "skills": [{"required_skills": (SkillRequirement(n),)} for n in ("hvac", "gas", "other")],
        "territories": [{"site": {"territory_id": name}} for name in ("t3", "t4", "t5")],
        "priorities": [{"priority": number} for number in range(1, 6)],
        "weekdays": [{"now": NOW + timedelta(days=day)} for day in range(7)],
        "hours": [{"now": NOW.replace(hour=hour)} for hour in range(24)],
    }
    return [a_case(**case) for case in values[condition]]


@pytest.mark.parametrize(
    "condition", ["job_types", "skills", "territories", "priorities", "weekdays", "hours"]
)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_one_condition_covers_another_exactly_when_every_case_says_so(condition, data):
    wide, narrow = (When(**{condition: getattr(data.draw(whens), condition)}) for _ in range(2))
    every = all(applies(wide, case) for case in one_by_one(condition) if applies(narrow, case))
    assert covers(wide, narrow) is every
