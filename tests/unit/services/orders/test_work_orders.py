"""Work orders as use cases: each change and its events in one transaction."""

from dataclasses import replace
from datetime import timedelta

import pytest

from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.evolution import evolve_all
from geo_dispatch.dispatch.work.orders import SkillRequirement, Status
from geo_dispatch.dispatch.work.visits import Review
from geo_dispatch.kernel.actors import WORKER, Actor, Role
from geo_dispatch.kernel.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    TransitionNotAllowed,
    VersionConflict,
)
from geo_dispatch.kernel.time import Window
from geo_dispatch.services.orders import work_orders
from tests.support.records import DISPATCHER, NOW, open_office


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as office:
        yield office


def test_numbers_follow_each_other(office):
    site = office.site()
    assert [office.order(site).number for _ in range(3)] == ["WO-1001", "WO-1002", "WO-1003"]


def test_an_order_reads_back_as_it_was_placed(office):
    placed = office.order(
        required_skills=(SkillRequirement("hvac", 3),),
        priority=1,
        window=Window(NOW, NOW + timedelta(hours=2)),
        due_at=NOW + timedelta(hours=4),
        notes="ring twice",
        external_id="crm-7",
    )
    assert work_orders.get(office.desk, placed.id) == placed
    assert work_orders.get(office.desk, placed.number) == placed


def test_an_order_belongs_to_the_customer_of_its_site(office):
    customer = office.customer()
    assert office.order(office.site(customer_id=customer.id)).customer_id == customer.id


@pytest.mark.parametrize("source", ["gps", "person"])
@pytest.mark.parametrize("told", [Status.EN_ROUTE, Status.ON_SITE])
def test_who_turns_to_one_order_is_on_the_way_to_no_other(office, source, told):
    technician = office.technician()
    first, second = (office.assigned(technician=technician) for _ in range(2))
    office.apply(first.id, c.SetOut(source=source))
    work_orders.step(office.desk, second.id, told, actor=DISPATCHER)
    assert work_orders.get(office.desk, first.id).status is Status.ASSIGNED
    assert work_orders.get(office.desk, second.id).status is told


@pytest.mark.parametrize("stands", [Status.ON_SITE, Status.ON_THE_TOOLS])
def test_nobody_says_to_be_at_two_sites_at_once(office, stands):
    technician = office.technician()
    here, there = office.assigned(technician=technician), office.assigned(technician=technician)
    for status in (Status.ON_SITE, Status.ON_THE_TOOLS)[: 1 + (stands is Status.ON_THE_TOOLS)]:
        work_orders.step(office.desk, here.id, status, actor=DISPATCHER)
    with pytest.raises(TransitionNotAllowed, match=f"complete {here.number}, or ask for help"):
        work_orders.step(office.desk, there.id, Status.ON_SITE, actor=DISPATCHER)
    assert work_orders.get(office.desk, there.id) == there
    work_orders.step(office.desk, here.id, Status.COMPLETE, actor=DISPATCHER, note="done")
    there = work_orders.step(office.desk, there.id, Status.ON_SITE, actor=DISPATCHER)
    assert there.status is Status.ON_SITE


def test_who_left_for_help_goes_on_only_when_they_are_nowhere_else(office):
    technician = office.technician()
    here, there = office.assigned(technician=technician), office.assigned(technician=technician)
    for order, status in ((here, "on_site"), (here, "needs_help"), (there, "on_site")):
        work_orders.step(office.desk, order.id, Status(status), actor=DISPATCHER)
    with pytest.raises(TransitionNotAllowed, match="another site"):
        work_orders.step(office.desk, here.id, Status.ON_SITE, actor=DISPATCHER)
    assert work_orders.get(office.desk, here.id).status is Status.NEEDS_HELP


def test_work_on_two_orders_of_one_site_goes_side_by_side(office):
    technician, site = office.technician(), office.site()
    for _ in range(2):
        order = office.assigned(technician, site=site)
        order = work_orders.step(office.desk, order.id, Status.ON_SITE, actor=DISPATCHER)
        assert order.status is Status.ON_SITE


def test_completing_an_order_leaves_who_is_on_the_way_to_the_next(office):
    technician = office.technician()
    first, second = (office.assigned(technician=technician) for _ in range(2))
    for status in (Status.ON_SITE, Status.ON_THE_TOOLS):
        work_orders.step(office.desk, first.id, status, actor=DISPATCHER)
    office.apply(second.id, c.SetOut(source="gps"))
    work_orders.step(office.desk, first.id, Status.COMPLETE, actor=DISPATCHER, note="done")
    assert work_orders.get(office.desk, second.id).status is Status.EN_ROUTE


def test_an_order_for_an_unknown_site_is_refused_and_leaves_nothing(office):
    with pytest.raises(InvalidInput) as refusal:
        work_orders.place(
            office.desk,
            {"type": "boiler repair", "site_id": "st_no", "customer_id": "cu_no"},
            actor=DISPATCHER,
        )
    assert [fault.where for fault in refusal.value.faults] == ["site_id", "customer_id"]
    with office.desk.store.read() as unit:
        assert unit.last_seq() == 0
        assert unit.orders.list() == []


def test_all_faults_of_an_order_come_at_once(office):
    with pytest.raises(InvalidInput) as refusal:
        office.order(type=" ", priority=9, duration_s=0, required_skills=(SkillRequirement("", 7),))
    assert [fault.where for fault in refusal.value.faults] == [
        "type",
        "priority",
        "duration_s",
        "required_skills[0].name",
        "required_skills[0].level",
    ]


def test_missing_fields_are_named(office):
    with pytest.raises(InvalidInput) as refusal:
        work_orders.place(office.desk, {}, actor=DISPATCHER)
    assert [fault.where for fault in refusal.value.faults] == ["type", "site_id"]


def test_two_people_cannot_overwrite_each_other(office):
    order = office.order()
    work_orders.change(office.desk, order.id, {"priority": 1}, actor=DISPATCHER, expected_version=1)
    with pytest.raises(VersionConflict, match="at version 2, not 1"):
        work_orders.change(
            office.desk, order.id, {"priority": 5}, actor=DISPATCHER, expected_version=1
        )
    assert work_orders.get(office.desk, order.id).priority == 1


def test_a_change_without_a_difference_is_no_change(office):
    order = office.order(notes="ring twice")
    same = work_orders.change(
        office.desk, order.id, {"notes": "ring twice"}, actor=DISPATCHER, expected_version=1
    )
    assert same == order


def test_an_external_id_belongs_to_one_order(office):
    office.order(external_id="crm-7")
    with pytest.raises(Conflict, match="'crm-7' belongs to work order"):
        office.order(external_id="crm-7")


def test_a_taken_external_id_cannot_be_changed_to(office):
    office.order(external_id="crm-7")
    other = office.order()
    with pytest.raises(Conflict, match="'crm-7' belongs to work order"):
        work_orders.change(
            office.desk, other.id, {"external_id": "crm-7"}, actor=DISPATCHER, expected_version=1
        )


def test_unknown_orders_are_not_found(office):
    with pytest.raises(NotFound, match="wo_no"):
        work_orders.get(office.desk, "wo_no")


def test_a_person_walks_an_order_to_its_end(office):
    order = office.assigned()
    for status in ("en_route", "on_site", "on_the_tools"):
        order = work_orders.step(office.desk, order.id, Status(status), actor=DISPATCHER)
        assert order.status == status
        office.clock.go_on(minutes=10)
    order = work_orders.step(
        office.desk, order.id, Status.COMPLETE, actor=DISPATCHER, note="new gasket"
    )
    assert (order.status, order.ended_at) == (Status.COMPLETE, office.clock.now)
    with office.desk.store.read() as unit:
        [visit] = unit.visits.of_order(order.id)
        [assignment] = unit.assignments.of_order(order.id)
    assert visit.source == "person"
    assert visit.departed_at == assignment.released_at == order.ended_at


def test_help_goes_on_where_the_order_stood(office):
    order = office.assigned()
    work_orders.step(office.desk, order.id, Status.EN_ROUTE, actor=DISPATCHER)
    stuck = work_orders.step(
        office.desk, order.id, Status.NEEDS_HELP, actor=DISPATCHER, note="flat"
    )
    assert stuck.helped_from is Status.EN_ROUTE
    again = work_orders.step(office.desk, order.id, Status.EN_ROUTE, actor=DISPATCHER)
    assert (again.status, again.helped_from) == (Status.EN_ROUTE, None)


def test_assigning_is_not_a_status_that_one_sets(office):
    with pytest.raises(InvalidInput, match="assign it instead"):
        work_orders.step(office.desk, office.order().id, Status.ASSIGNED, actor=DISPATCHER)


def test_a_technician_speaks_for_their_own_orders_only(office):
    order = office.assigned()
    stranger = Actor("token:tok_2", Role.TECHNICIAN, office.technician("Van 08").id)
    with pytest.raises(Forbidden, match="WO-1001 is not yours"):
        work_orders.step(office.desk, order.id, Status.EN_ROUTE, actor=stranger)


def test_a_technician_cannot_cancel(office):
    order = office.assigned()
    holder = Actor("token:tok_2", Role.TECHNICIAN, order.technician_id)
    with pytest.raises(Forbidden, match="ask for help"):
        work_orders.step(office.desk, order.id, Status.CANCELLED, actor=holder)


def arrive(office, order, **more):
    command = c.ConfirmArrival(
        visit_id="vi_gps",
        source="gps",
        occurred_at=NOW - timedelta(minutes=3),
        evidence={"rule": "dwell/1", "probability": 0.97, "dwell_s": 150.0, "fixes": []},
        **more,
    )
    return office.apply(order.id, command, WORKER)


@pytest.mark.capability("FA-047")
def test_fixes_alone_bring_an_order_on_site_with_evidence(office):
    order = arrive(office, office.assigned())
    assert (order.status, order.status_at) == (Status.ON_SITE, NOW - timedelta(minutes=3))
    assert order.arrival.source == "gps"
    with office.desk.store.read() as unit:
        [visit] = unit.visits.of_order(order.id)
        types = [logged.type for logged in unit.stream(f"order:{order.id}")]
    assert (visit.evidence.rule, visit.arrived_at) == ("dwell/1", NOW - timedelta(minutes=3))
    assert types[-2:] == ["order.en_route", "order.arrived"]


def test_saying_on_site_after_the_fixes_did_confirms_them(office):
    order = arrive(office, office.assigned())
    order = work_orders.step(office.desk, order.id, Status.ON_SITE, actor=DISPATCHER)
    assert order.arrival.review is Review.CONFIRMED
    assert order.status_source == "person"


def test_a_contested_arrival_puts_the_order_back_on_the_way(office):
    order = arrive(office, office.assigned())
    holder = Actor("token:tok_2", Role.TECHNICIAN, order.technician_id)
    order = work_orders.review(
        office.desk, "vi_gps", "contested", actor=holder, reason="parked next door"
    )
    assert order.status is Status.EN_ROUTE
    with office.desk.store.read() as unit:
        visit = unit.visits.get("vi_gps")
    assert (visit.review, visit.review_reason) == (Review.CONTESTED, "parked next door")


def test_contesting_needs_a_reason(office):
    arrive(office, office.assigned())
    with pytest.raises(InvalidInput, match="needs a reason"):
        work_orders.review(office.desk, "vi_gps", "contested", actor=DISPATCHER)


def test_a_late_fix_takes_an_arrival_back(office):
    order = arrive(office, office.assigned())
    revision = c.ReviseVisit(
        visit_id="vi_gps", technician_id=order.technician_id, arrived_at=None, departed_at=None
    )
    order = office.apply(order.id, revision, WORKER)
    assert (order.status, order.arrival) == (Status.EN_ROUTE, None)
    with office.desk.store.read() as unit:
        assert unit.visits.get("vi_gps").retracted


def test_a_late_fix_does_not_take_back_what_a_person_confirmed(office):
    order = arrive(office, office.assigned())
    work_orders.review(office.desk, "vi_gps", "confirmed", actor=DISPATCHER)
    revision = c.ReviseVisit(
        visit_id="vi_gps", technician_id=order.technician_id, arrived_at=None, departed_at=None
    )
    assert office.apply(order.id, revision, WORKER).status is Status.ON_SITE


def test_only_ended_orders_retire(office):
    order = office.order()
    with pytest.raises(TransitionNotAllowed, match=r"cannot retire; possible now: .*cancel"):
        work_orders.retire(office.desk, order.id, actor=DISPATCHER, expected_version=None)
    work_orders.step(
        office.desk, order.id, Status.CANCELLED, actor=DISPATCHER, note="twice entered"
    )
    assert work_orders.retire(office.desk, order.id, actor=DISPATCHER, expected_version=2).retired
    assert work_orders.page(office.desk) == []
    assert len(work_orders.page(office.desk, retired=True)) == 1


def test_pages_go_on_where_the_last_one_ended(office):
    site = office.site()
    placed = [office.order(site) for _ in range(12)]
    first = work_orders.page(office.desk, limit=10)
    second = work_orders.page(office.desk, limit=10, after=first[-1].id)
    assert first + second == placed


def test_the_stored_order_is_the_fold_of_its_stream(office):
    order = office.assigned(window=Window(NOW, NOW + timedelta(hours=1)))
    work_orders.change(
        office.desk, order.id, {"priority": 2}, actor=DISPATCHER, expected_version=None
    )
    arrive(office, order)
    stored = work_orders.step(office.desk, order.id, Status.COMPLETE, actor=DISPATCHER, note="done")
    with office.desk.store.read() as unit:
        folded = evolve_all(None, [logged.event for logged in unit.stream(f"order:{order.id}")])
    assert replace(folded, version=stored.version) == stored
