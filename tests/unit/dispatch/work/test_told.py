"""What a person says of an order comes to one command."""

import pytest

from geo_dispatch.dispatch.records.technicians import Part
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.dispatch.work.told import command_for, follow_up_fields
from geo_dispatch.kernel.errors import InvalidInput, TransitionNotAllowed
from tests.support.dispatching import NOW, an_order, needs, on_site_since


def new_id(prefix):
    return f"{prefix}_new"


def told(status, note="", **report):
    there = on_site_since(NOW) if status is Status.COMPLETE else {}
    return command_for(an_order(**there), status, note, new_id, **report)


def test_an_outcome_that_is_not_told_follows_from_what_is_left_to_do():
    done = Status.COMPLETE
    assert told(done, "new gasket") == c.Complete(notes="new gasket", outcome="fixed")
    left = told(done, "valve leaks", follow_ups=True)
    assert left == c.Complete(notes="valve leaks", outcome="follow_up")
    unfixed = told(done, "no part", outcome="not_fixed", follow_ups=True)
    assert unfixed == c.Complete(notes="no part", outcome="not_fixed")


@pytest.mark.capability("FA-049")
@pytest.mark.parametrize("outcome", ["", "fixed", "not_fixed"])
def test_a_completion_needs_a_word(outcome):
    with pytest.raises(InvalidInput, match="cannot be closed like that") as refusal:
        told(Status.COMPLETE, " ", outcome=outcome)
    assert [fault.where for fault in refusal.value.faults] == ["notes"]


@pytest.mark.capability("FA-049")
def test_what_is_to_be_followed_up_says_by_what_and_every_fault_is_named():
    with pytest.raises(InvalidInput) as refusal:
        told(Status.COMPLETE, outcome="follow_up", parts_used=[Part("VALVE", 0)])
    named = [fault.where for fault in refusal.value.faults]
    assert named == ["parts_used[0]", "notes", "follow_ups"]


def test_where_nothing_can_be_completed_that_is_said_and_not_what_is_missing():
    with pytest.raises(TransitionNotAllowed, match="possible now"):
        command_for(an_order(), Status.COMPLETE, "", new_id)


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
