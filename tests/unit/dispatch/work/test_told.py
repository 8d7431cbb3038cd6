"""What a person says of an order comes to one command."""

import pytest

from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.dispatch.work.told import command_for, follow_up_fields
from geo_dispatch.kernel.errors import InvalidInput
from tests.support.dispatching import an_order, needs


def new_id(prefix):
    return f"{prefix}_new"


def told(status, note="", **report):
    return command_for(an_order(), status, note, new_id, **report)


def test_an_outcome_that_is_not_told_follows_from_what_is_left_to_do():
    done = Status.COMPLETE
    assert told(done, "new gasket") == c.Complete(notes="new gasket", outcome="fixed")
    assert told(done, follow_ups=True) == c.Complete(outcome="follow_up")
    unfixed = told(done, "no part", outcome="not_fixed", follow_ups=True)
    assert unfixed == c.Complete(notes="no part", outcome="not_fixed")


def test_what_was_not_fixed_needs_a_word():
    with pytest.raises(InvalidInput, match="without a word") as refusal:
        told(Status.COMPLETE, " ", outcome="not_fixed")
    assert [fault.where for fault in refusal.value.faults] == ["notes"]


def test_only_a_completion_has_an_outcome_and_follow_ups():
    with pytest.raises(InvalidInput) as refusal:
        told(Status.EN_ROUTE, outcome="fixed", follow_ups=True)
    assert [fault.where for fault in refusal.value.faults] == ["outcome", "follow_ups"]


def test_a_follow_up_is_at_the_same_place_by_the_same_skills_unless_it_says_otherwise():
    order = an_order(required_skills=needs(hvac=3), equipment_id="eq_1", customer_id="cu_1")
    fields = follow_up_fields(order, {"type": "fit the valve", "customer_id": None})
    assert fields == {
        "type": "fit the valve",
        "site_id": "si_1",
        "customer_id": None,
        "equipment_id": "eq_1",
        "required_skills": needs(hvac=3),
        "required_certificates": (),
        "parent_id": "wo_1",
    }


def test_whoever_needed_help_goes_on_where_it_stood():
    order = an_order(status=Status.NEEDS_HELP, helped_from=Status.ON_SITE)
    assert command_for(order, Status.ON_SITE, "", new_id) == c.Resume()


@pytest.mark.parametrize(("status", "way"), [(Status.NEW, "unassign"), (Status.ASSIGNED, "assign")])
def test_what_assigning_reaches_cannot_be_told(status, way):
    with pytest.raises(InvalidInput, match=f"; {way} it instead"):
        command_for(an_order(), status, "", new_id)
