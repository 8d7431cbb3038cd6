"""Who joins a crew is judged before, as whoever is sent; who stays away asks nobody."""

import pytest

from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.kernel.errors import AssignmentConflict, InvalidInput
from geo_dispatch.services.dispatching import joining
from tests.support.ascii_map import AsciiMap, Town
from tests.support.dispatch_office import open_dispatch_office
from tests.support.records import DISPATCHER


@pytest.fixture(scope="module")
def street(tmp_path_factory):
    return Town(AsciiMap("A----------B----------C----------D"), tmp_path_factory.mktemp("street"))


@pytest.fixture
def desk(tmp_path, street):
    with open_dispatch_office(tmp_path, street) as office:
        yield office


@pytest.fixture
def lead(desk):
    return desk.technician("Van 01", "A")


def change(desk, order, *members, **options):
    ids = [one.id for one in members]
    options = {"positions": desk.positions, "actor": DISPATCHER, **options}
    return joining.change(desk.ctx, order.id, ids, **options)


def refused(desk, order, *members):
    with pytest.raises(AssignmentConflict) as refusal:
        change(desk, order, *members)
    return [one.where for one in refusal.value.conflicts]


@pytest.mark.capability("BO-067")
def test_whoever_joins_and_cannot_come_is_refused_unless_forced_with_a_reason(desk, lead):
    mate, off = desk.technician("Van 02", "D"), desk.technician("Van 03", "B", shifts=())
    order = desk.assign(desk.order("B"), lead)
    assert refused(desk, order, off) == ["off_shift"]
    with pytest.raises(InvalidInput, match="cannot be forced"):
        change(desk, order, off, force=True)
    joined = change(desk, order, mate)
    assert joined.technician_ids == (lead.id, mate.id)
    forced = change(desk, joined, mate, off, force=True, reason="they are there anyway")
    assert forced.crew == (mate.id, off.id)
    assert change(desk, forced).crew == ()


def test_whoever_joins_is_judged_by_their_day(desk, lead):
    mate = desk.technician("Van 02", "B")
    busy = desk.order("B", window=desk.window(0, 5), duration_s=3600.0)
    desk.assign(busy, mate)
    order = desk.assign(desk.order("A", window=desk.window(0, 30)), lead)
    assert refused(desk, order, mate) == ["outside_window"]
    assert desk.read(order).crew == ()


def test_work_that_is_under_way_takes_whoever_can_come_now(desk, lead):
    mate, off = desk.technician("Van 02", "B"), desk.technician("Van 03", "B", shifts=())
    order = desk.assign(desk.order("A"), lead)
    desk.office.apply(order.id, c.SetOut(source="person"))
    assert refused(desk, order, off) == ["off_shift"]
    assert change(desk, order, mate).crew == (mate.id,)
    with pytest.raises(InvalidInput, match="cannot be forced"):
        change(desk, order, off, force=True)
    assert change(desk, order, off, force=True, reason="on call for us").crew == (off.id,)
