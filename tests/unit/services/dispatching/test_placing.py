"""What an order's place in a day does to the visits behind it, and to what is booked for them."""

import pytest

from geo_dispatch.kernel.errors import AssignmentConflict
from geo_dispatch.services.dispatching import bookings
from geo_dispatch.services.dispatching.placing import Wish
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.records.registers import RESOURCES
from tests.support.ascii_map import AsciiMap, Town
from tests.support.dispatch_office import open_dispatch_office
from tests.support.records import DISPATCHER


@pytest.fixture
def desk(tmp_path):
    town = Town(AsciiMap("A----------B----------C----------D"), tmp_path)
    with open_dispatch_office(tmp_path, town) as office:
        yield office


@pytest.mark.capability("BO-055")
def test_nobody_is_proposed_whose_other_visit_would_need_what_is_booked_then(desk):
    first = desk.technician("Van 01", "A")
    crane = records.create(
        desk.ctx, RESOURCES, {"name": "Crane 1", "provides": ("crane",)}, actor=DISPATCHER
    )
    pushed = desk.order("A", required_equipment=("crane",), duration_s=1800.0)
    desk.assign(pushed, first)
    bookings.block(desk.ctx, crane.id, desk.window(40, 90), reason="service", actor=DISPATCHER)
    urgent = desk.order("A", window=desk.window(0, 5), duration_s=1800.0)
    reasons = desk.rank(urgent).exclusions_of(first.id)
    with pytest.raises(AssignmentConflict) as refusal:
        desk.assign(urgent, first)
    assert (
        {fault.where for fault in refusal.value.conflicts} == {one.code for one in reasons} != set()
    )
    with pytest.raises(AssignmentConflict) as refusal:
        desk.assign(urgent, first, wish=Wish(position=0))
    (conflict,) = refusal.value.conflicts
    assert conflict.where == "equipment_missing"
    assert f"then at {pushed.number}: no crane aboard: Crane 1 is away" in conflict.message
    later = desk.order("A", duration_s=1800.0)
    candidate = desk.rank(later).candidate(first.id)
    assert candidate.position == 1
    assert desk.assign(later, first).technician_id == first.id
    forced = desk.assign(
        urgent, first, wish=Wish(position=0), force=True, reason="they bring another crane"
    )
    assert forced.sequence == 1
