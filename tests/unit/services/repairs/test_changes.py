"""A rearrangement is carried out whole: hands, sequences and words, or refused as stale."""

import pytest

from geo_dispatch.dispatch.repairs.changes import Change, Rearrangement
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.kernel.errors import Conflict, NotFound, TransitionNotAllowed
from geo_dispatch.kernel.ids import VisitId
from geo_dispatch.services.repairs.changes import Grounds, apply_changes
from tests.support.records import DISPATCHER

STREET = "A----------B----------C"


@pytest.fixture
def two_days(desk):
    """Anna has two orders, Bert has one."""
    anna, bert = desk.technician("Anna", "A"), desk.technician("Bert", "C")
    orders = [desk.order(place) for place in "ABC"]
    for order, technician in zip(orders, (anna, anna, bert), strict=True):
        desk.assign(order, technician)
    return anna, bert, *(desk.read(order) for order in orders)


def a_change(order, kind, before, after, **fields):
    return Change(
        order_id=order.id,
        number=order.number,
        kind=kind,
        technician_before=before and before.id,
        technician_after=after and after.id,
        begin_before=None,
        begin_after=None,
        why="makes room",
        **fields,
    )


def carry_out(desk, rearrangement, **options):
    with desk.ctx.store.write() as unit:
        done = apply_changes(
            desk.ctx,
            unit,
            rearrangement,
            source="repair",
            actor=DISPATCHER,
            now=desk.clock.now,
            **options,
        )
        unit.commit()
    return done


def test_hands_and_sequences_change_together(desk, two_days):
    anna, bert, first, second, third = two_days
    done = carry_out(
        desk,
        Rearrangement(
            (a_change(first, "bumped", anna, bert),),
            {anna.id: (second.id,), bert.id: (first.id, third.id)},
        ),
        grounds={first.id: Grounds(decision_id="de_1")},
    )
    assert done == {first.id: desk.read(first)}
    assert desk.sequences(anna) == {second.id: 1}
    assert desk.sequences(bert) == {first.id: 1, third.id: 2}
    assigned = desk.events(first, "order.assigned")[-1]
    assert (assigned["source"], assigned["decision_id"]) == ("repair", "de_1")
    assert len(desk.events(first, "order.bumped")) == 1


def test_an_order_that_is_left_to_the_backlog_leaves_no_gap(desk, two_days):
    anna, _, first, second, _ = two_days
    left = a_change(first, "unassigned", anna, None)
    carry_out(desk, Rearrangement((left,), {anna.id: (second.id,)}))
    assert desk.read(first).technician_id is None
    assert desk.sequences(anna) == {second.id: 1}
    assert desk.events(first, "order.unassigned")[0]["reason"] == "makes room"


def test_a_place_among_the_stops_changes_without_changing_hands(desk, two_days):
    anna, _, first, second, _ = two_days
    moved = a_change(first, "moved", anna, anna)
    carry_out(desk, Rearrangement((moved,), {anna.id: (second.id, first.id)}))
    assert desk.sequences(anna) == {second.id: 1, first.id: 2}
    assert len(desk.events(first, "order.assigned")) == 1


def test_when_the_world_moved_on_nothing_happens_and_each_order_is_named(desk, two_days):
    anna, bert, first, second, _ = two_days
    change = a_change(first, "bumped", anna, bert)
    wanted = Rearrangement((change,), {bert.id: (first.id,)})
    with pytest.raises(Conflict) as refused:
        carry_out(desk, wanted, base={first.id: 99, second.id: second.version, "wo_none": 1})
    assert {fault.where for fault in refused.value.conflicts} == {first.number, "wo_none"}
    assert desk.read(first) == first


def test_an_order_that_is_gone_is_named(desk, two_days):
    anna, bert, first, _, _ = two_days
    gone = a_change(first, "bumped", anna, bert)
    with pytest.raises(NotFound, match="wo_gone"):
        carry_out(desk, Rearrangement((gone,), {bert.id: ("wo_gone",)}))


def test_an_order_that_is_worked_on_does_not_change_hands(desk, two_days):
    anna, bert, first, _, _ = two_days
    visit_id = VisitId(desk.ctx.new_id("vi"))
    desk.office.apply(first.id, c.ConfirmArrival(visit_id=visit_id, source="person"))
    with pytest.raises(TransitionNotAllowed):
        carry_out(desk, Rearrangement((a_change(first, "bumped", anna, bert),)))
