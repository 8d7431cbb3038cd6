"""Why orders wait and technicians can't be sent, from the records and real roads."""

from dataclasses import replace

import pytest

from geo_dispatch.dispatch.ranking.filters import Filters
from geo_dispatch.dispatch.records.technicians import Certificate, Skill
from geo_dispatch.dispatch.work.orders import SkillRequirement
from geo_dispatch.kernel.errors import InvalidInput, NotFound
from geo_dispatch.services.dispatching import candidates, why_not

STREET = """
A----------B----------C----------D
"""


def asked(desk, order, **options):
    return why_not.of_order(
        desk.ctx, order.id, positions=desk.positions, now=desk.clock.now, **options
    )


def unassigned(desk, limit=50):
    return why_not.of_unassigned(
        desk.ctx, positions=desk.positions, now=desk.clock.now, limit=limit
    )


def test_each_who_cannot_be_sent_is_told_with_all_that_is_in_the_way(desk):
    desk.technician("Van 01", "A", skills=(Skill("HVAC", 1),))
    lost = desk.technician("Van 02")
    order = desk.order("B", required_skills=(SkillRequirement("HVAC", 2),))
    told = asked(desk, order)
    assert told.best_id is None
    assert [(one.code, one.technicians) for one in told.reasons] == [
        ("skill_level", 1),
        ("missing_skill", 1),
    ]
    assert [one.call_sign for one in told.nearest] == ["Van 01", "Van 02"]
    (alone,) = asked(desk, order, technician_id=lost.id).nearest
    assert [one.code for one in alone.exclusions] == ["missing_skill", "no_position"]
    assert alone.enough


def test_whoever_can_be_sent_has_nothing_in_the_way(desk):
    ready = desk.technician("Van 01", "A")
    told = asked(desk, desk.order("B"), technician_id=ready.id)
    assert (told.best_id, told.nearest) == (ready.id, ())


def test_orders_that_wait_are_told_with_who_could_go_or_why_nobody_the_urgent_first(desk):
    ready = desk.technician("Van 01", "A")
    easy = desk.order("B")
    hard = desk.order("C", required_skills=(SkillRequirement("lifts"),), priority=2)
    first, second = unassigned(desk)
    assert (first.order_id, first.best_id) == (hard.id, None)
    assert [one.code for one in first.reasons] == ["missing_skill"]
    assert (second.order_id, second.best_id, second.nearest) == (easy.id, ready.id, ())
    assert [one.order_id for one in unassigned(desk, limit=1)] == [hard.id]
    desk.assign(easy, ready)
    assert [one.order_id for one in unassigned(desk)] == [hard.id]


def test_an_unknown_order_or_technician_is_not_found(desk):
    order = desk.order("A")
    with pytest.raises(NotFound):
        asked(desk, replace(order, id="wo_none"))
    with pytest.raises(NotFound):
        asked(desk, order, technician_id="tc_none")


@pytest.mark.capability("BO-009")
@pytest.mark.capability("BO-035")
def test_filters_combine_and_each_says_how_many_pass_it(desk):
    gas = (Certificate("gas licence"),)
    both = desk.technician("Van 01", "A", certificates=gas, skills=(Skill("HVAC"),))
    desk.technician("Van 02", "B", certificates=gas)
    desk.technician("Van 03", "C", skills=(Skill("HVAC"),))

    def considered(**filters):
        return candidates.consider(
            desk.ctx,
            desk.order("D").id,
            positions=desk.positions,
            now=desk.clock.now,
            filters=Filters(**filters),
        )

    found = considered(certs=("Gas Licence",), skills=("hvac",), available_at=desk.clock.now)
    assert [one.technician_id for one in found.ranking.candidates] == [both.id]
    assert [(one.filter, one.technicians) for one in found.passing] == [
        ("cert", 2),
        ("skill", 2),
        ("available_at", 3),
    ]
    assert considered(min_ftc=0.5).ranking.candidates == ()
    assert considered(territory="north").passing[0].technicians == 0
    assert len(considered().ranking.candidates) == 3


def test_a_share_above_one_is_no_filter():
    with pytest.raises(InvalidInput, match="can't be used"):
        Filters(min_ftc=80)
