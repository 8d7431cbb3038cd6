"""An order that somebody has changes hands only for who says to know that."""

import pytest

from geo_dispatch.kernel.errors import AssignmentConflict, Conflict
from geo_dispatch.services.dispatching.placing import Wish

STREET = "A----------B----------C"


@pytest.fixture
def vans(desk):
    return [desk.technician("Van 01", "A"), desk.technician("Van 02", "C")]


@pytest.mark.parametrize("to_the_best", [False, True])
def test_who_does_not_know_whose_an_order_is_takes_it_from_nobody(desk, vans, to_the_best):
    first, second = vans
    order = desk.assign(desk.order("C"), first)
    with pytest.raises(Conflict, match="given to Van 01 already") as told:
        desk.assign(order, None if to_the_best else second, expected_version=None)
    assert 'If-Match: "' in told.value.message
    assert [one.where for one in told.value.conflicts] == ["technician_id"]
    assert desk.read(order) == order


def test_force_is_about_limits_and_not_about_who_has_it(desk, vans):
    first, second = vans
    order = desk.assign(desk.order("B"), first)
    with pytest.raises(Conflict, match="already"):
        desk.assign(order, second, expected_version=None, force=True, reason="they asked for her")


def test_within_the_day_of_who_has_it_nobody_needs_to_be_asked(desk, vans):
    first, _ = vans
    order, other = (desk.assign(desk.order(place), first) for place in "BC")
    desk.assign(other, first, expected_version=None, wish=Wish(position=0))
    assert desk.sequences(first) == {other.id: 1, order.id: 2}


def test_with_nobody_to_send_a_crew_that_is_named_is_refused_with_reasons(desk, vans):
    order = desk.order("B", crew_size=2)
    member = desk.technician("Van 03")
    desk.clock.go_on(hours=2)  # nobody's position is fresh
    with pytest.raises(AssignmentConflict, match="nobody can be sent"):
        desk.assign(order, None, wish=Wish(crew=(member.id,)))
