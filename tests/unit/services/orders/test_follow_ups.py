"""What a technician leaves to be done becomes drafts, linked to the order that they closed."""

import pytest

from geo_dispatch.dispatch.work.orders import HoldReason, SkillRequirement, Status
from geo_dispatch.kernel.actors import Actor, Role
from geo_dispatch.kernel.errors import InvalidInput
from geo_dispatch.services.history import timeline
from geo_dispatch.services.orders import work_orders
from tests.support.records import DISPATCHER, open_office


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as office:
        yield office


@pytest.fixture
def order(office):
    order = office.assigned(required_skills=(SkillRequirement("hvac", 2),))
    return work_orders.step(office.desk, order.id, Status.ON_SITE, actor=DISPATCHER)


def complete(office, order, *follow_ups, **told):
    technician = Actor("token:tok_van", Role.TECHNICIAN, order.technician_id)
    return work_orders.step(
        office.desk, order.id, Status.COMPLETE, actor=technician, follow_ups=follow_ups, **told
    )


@pytest.mark.capability("FA-049")
def test_each_follow_up_is_a_draft_linked_to_its_parent(office, order):
    closed = complete(
        office,
        order,
        {"type": "fit the new valve", "priority": 2},
        {"type": "paint", "required_skills": ()},
        note="valve leaks",
    )
    assert (closed.status, closed.outcome) == (Status.COMPLETE, "follow_up")
    valve, paint = work_orders.page(office.desk, parent_id=order.id)
    assert (valve.type, valve.site_id, valve.priority) == ("fit the new valve", order.site_id, 2)
    assert valve.required_skills == order.required_skills
    assert paint.required_skills == ()
    for draft in (valve, paint):
        assert draft.status is Status.NEW
        assert (draft.hold.reason, draft.hold.note) == (
            HoldReason.DRAFT,
            f"follows up {order.number}",
        )
    told = [entry.text for entry in timeline.of_order(office.desk, order.id)]
    assert told[-3:-1] == [
        f"To be followed up by {valve.number}: fit the new valve",
        f"To be followed up by {paint.number}: paint",
    ]


def test_a_draft_is_called_what_it_is(office, order):
    complete(office, order, {"type": "paint"}, note="valve leaks")
    (paint,) = work_orders.page(office.desk, parent_id=order.id)
    story = [entry.text for entry in timeline.of_order(office.desk, paint.id)]
    assert f"On hold: a draft, not yet released: follows up {order.number}" in story
    with office.desk.store.read() as unit:
        told = [one.text for one in unit.messages.search(order_id=paint.id)]
    assert f"{paint.number} is on hold: a draft, not yet released" in told


def test_a_faulty_follow_up_refuses_the_completion_and_every_fault_is_named(office, order):
    left = ({"priority": 9}, {"type": "paint"}, {"type": " ", "priority": 0})
    with pytest.raises(InvalidInput) as refusal:
        complete(office, order, *left, note="valve leaks")
    assert [fault.where for fault in refusal.value.faults] == [
        "follow_ups[0].priority",
        "follow_ups[2].type",
        "follow_ups[2].priority",
    ]
    assert work_orders.get(office.desk, order.id) == order
    assert work_orders.page(office.desk, parent_id=order.id) == []


def test_an_order_that_was_not_fixed_needs_a_word(office, order):
    with pytest.raises(InvalidInput, match="cannot be closed like that"):
        complete(office, order, outcome="not_fixed")
    assert complete(office, order, outcome="not_fixed", note="no key").outcome == "not_fixed"


def test_a_step_that_is_no_completion_has_no_follow_ups(office, order):
    with pytest.raises(InvalidInput, match="only a completion"):
        work_orders.step(
            office.desk, order.id, Status.ON_THE_TOOLS, actor=DISPATCHER, follow_ups=[{"type": "x"}]
        )
