"""Of a large fleet the best are ranked for a decision, and whoever it is about."""

import pytest

from geo_dispatch.dispatch.work.orders import SkillRequirement
from geo_dispatch.kernel.cells import lonlat_to_cell
from geo_dispatch.kernel.errors import AssignmentConflict
from geo_dispatch.kernel.time import datetime_to_ms
from geo_dispatch.services.dispatching.candidates import SMALL_FLEET
from geo_dispatch.services.history import timeline
from geo_dispatch.services.policy import decisions
from geo_dispatch.services.policy.decisions import KEPT
from geo_dispatch.tracking.positions import Position

STREET = "A" + "-" * 120 + "B"
MANY = SMALL_FLEET + 20


def vans(desk, town):
    """The higher the number, the further from A."""
    found = []
    for number in range(MANY):
        van = desk.technician(f"Van {number:03}")
        at = town.map.between("A", "B", number / MANY)
        at_ms = datetime_to_ms(desk.clock.now)
        desk.positions.update(Position(van.id, at_ms, at, lonlat_to_cell(at)))
        found.append(van)
    return found


def decision_of(desk, order):
    [brief] = decisions.of_order(desk.ctx, order.id)
    return decisions.get(desk.ctx, brief.id)


@pytest.mark.capability("FA-032")
def test_a_choice_behind_the_best_is_kept_with_its_terms_beside_theirs(desk, town):
    fleet = vans(desk, town)
    order, chosen = desk.order("A"), fleet[-1]
    exact = desk.rank(order).candidate(chosen.id)
    given = desk.assign(order, chosen, reason="knows the customer")
    decision = decision_of(desk, order)
    assert given.technician_id == chosen.id
    assert [one["rank"] for one in decision.ranking] == [*range(1, KEPT + 1), None]
    kept = decision.ranking[-1]
    assert kept["technician_id"] == chosen.id
    assert kept["behind_min"] == exact.behind_min > 0
    assert [one["minutes"] for one in kept["terms"]] == [one.minutes for one in exact.terms]
    assert decision.suggested_id == fleet[0].id
    assert decisions.again(desk.ctx, decision.id).same
    looked_at = decisions.inputs_of(decision).judged
    assert len(looked_at) < MANY / 2


def test_the_timeline_says_that_the_choice_is_not_among_the_best(desk, town):
    fleet = vans(desk, town)
    order = desk.order("A")
    desk.assign(order, fleet[-1])
    texts = [entry.text for entry in timeline.of_order(desk.ctx, order.id)]
    [assigned] = [text for text in texts if text.startswith("Assigned")]
    assert f", not of the best {KEPT}, " in assigned
    assert assigned.endswith("min behind Van 000")


@pytest.mark.capability("FA-037")
def test_who_cannot_be_sent_is_refused_with_the_reasons_of_the_day(desk, town):
    fleet = vans(desk, town)
    before = desk.order("B", duration_s=7200.0, window=desk.window(0, 15))
    desk.assign(before, fleet[-1], reason="near")
    order = desk.order("A", window=desk.window(0, 30))
    expected = desk.rank(order).exclusions_of(fleet[-1].id)
    assert expected
    with pytest.raises(AssignmentConflict) as caught:
        desk.assign(order, fleet[-1])
    assert [one.where for one in caught.value.conflicts] == [one.code for one in expected]


def test_when_nobody_can_be_sent_the_reasons_of_everybody_are_told(desk, town):
    vans(desk, town)
    order = desk.order("A", required_skills=(SkillRequirement("lifts", 1),))
    with pytest.raises(AssignmentConflict) as caught:
        desk.assign(order, None)
    assert len({one.where for one in caught.value.conflicts}) == MANY


def test_the_first_goes_when_nobody_is_named(desk, town):
    fleet = vans(desk, town)
    order = desk.order("A")
    assert desk.assign(order, None).technician_id == fleet[0].id
    assert [one["rank"] for one in decision_of(desk, order).ranking] == list(range(1, KEPT + 1))
