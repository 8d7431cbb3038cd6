"""Random commands never bring an order where it must not be, and the log tells the same story."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.events import stream_of
from geo_dispatch.dispatch.work.evolution import evolve_all
from geo_dispatch.dispatch.work.invoicing import draft
from geo_dispatch.dispatch.work.lifecycle import decide
from geo_dispatch.dispatch.work.orders import ENDED, Status, WorkOrder
from geo_dispatch.dispatch.work.steps import STEPS
from geo_dispatch.kernel.actors import WORKER
from geo_dispatch.kernel.errors import InvalidInput, TransitionNotAllowed
from tests.support.records import open_office

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
TECHNICIANS = ["tc_1", "tc_2"]

_ORDER = {
    Status.NEW: 0,
    Status.ASSIGNED: 1,
    Status.EN_ROUTE: 2,
    Status.ON_SITE: 3,
    Status.ON_THE_TOOLS: 4,
    Status.COMPLETE: 5,
}

sources = st.sampled_from(["gps", "person"])
moments = st.none() | st.integers(-120, 0).map(lambda minutes: NOW + timedelta(minutes=minutes))


def step(cls, **fields):
    return st.builds(cls, **fields)


commands = st.one_of(
    step(c.ChangeOrder, changes=st.fixed_dictionaries({"priority": st.integers(0, 6)})),
    step(
        c.Assign,
        assignment_id=st.uuids().map(str),
        technician_id=st.sampled_from(TECHNICIANS),
        sequence=st.integers(1, 3),
    ),
    step(c.Resequence, sequence=st.integers(1, 3)),
    step(c.Unassign),
    step(c.SetOut, source=sources, occurred_at=moments),
    step(c.ConfirmArrival, visit_id=st.uuids().map(str), source=sources, occurred_at=moments),
    step(c.Start),
    step(c.AskForHelp),
    step(c.Resume),
    step(c.Complete),
    step(c.Cancel),
    step(c.Retire),
)
late = st.sampled_from(["confirmed", "contested", "moved", "taken back", "departed", "set out"])


def told_late(order, what):
    """A command about the order's latest visit, if it has one."""
    if what == "set out":
        return c.ReviseSetOut(occurred_at=None)
    if order.arrival is None:
        return c.Resume()
    visit, technician = order.arrival.visit_id, order.technician_id
    if what in {"confirmed", "contested"}:
        return c.ReviewArrival(visit_id=visit, verdict=what, reason="because")
    if what == "departed":
        return c.Depart(visit_id=visit, technician_id=technician)
    at = order.arrival.at - timedelta(minutes=1) if what == "moved" else None
    return c.ReviseVisit(visit_id=visit, technician_id=technician, arrived_at=at, departed_at=None)


def assert_sound(order):
    has = order.technician_id is not None
    if order.status is Status.NEW:
        assert not has
        assert order.arrival is None
    if order.status not in {Status.NEW, Status.CANCELLED}:
        assert has
        assert order.assignment_id is not None
    assert (order.helped_from is not None) == (order.status is Status.NEEDS_HELP)
    assert (order.ended_at is not None) == (order.status in ENDED)
    assert not order.retired or order.status in ENDED
    if order.status in {Status.ON_SITE, Status.ON_THE_TOOLS}:
        assert order.arrival is not None


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(commands | late, max_size=40))
def test_no_commands_lead_to_an_illegal_state(given_commands):
    order = WorkOrder("wo_1", "WO-1001", "repair", "st_1", NOW, status_at=NOW)
    for given_command in given_commands:
        command = (
            told_late(order, given_command) if isinstance(given_command, str) else given_command
        )
        try:
            events = decide(order, command, NOW)
        except TransitionNotAllowed:
            continue
        except InvalidInput:
            assert not 1 <= command.changes["priority"] <= 5
            continue
        after = evolve_all(order, events)
        if events:
            assert order.status in STEPS[type(command)]
        if getattr(command, "source", None) == "gps":
            assert _ORDER.get(after.status, 0) >= _ORDER.get(order.status, 0)
        assert_sound(after)
        order = after


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(commands | late, max_size=40))
def test_every_record_gives_a_draft_of_an_invoice_that_adds_up(given_commands):
    order = WorkOrder("wo_1", "WO-1001", "repair", "st_1", NOW, status_at=NOW)
    log = decide(None, c.PlaceOrder(order=order), NOW)
    for minutes, given_command in enumerate(given_commands):
        command = (
            told_late(order, given_command) if isinstance(given_command, str) else given_command
        )
        try:
            log += decide(order, command, NOW + timedelta(minutes=minutes))
        except (TransitionNotAllowed, InvalidInput):
            continue
        order = evolve_all(None, log)
    made = draft(log)
    for lines, total in ((made.labour, made.labour_min), (made.travel, made.travel_min)):
        known = [line.minutes for line in lines if line.minutes is not None]
        assert min(known, default=0) >= 0
        assert sum(known) == total.total == total.by_gps + total.by_word
        without_end = [one for one in made.missing if one.at in {line.span.start for line in lines}]
        assert len(known) == len(lines) or without_end
    by_visit = [line.span for line in made.labour if line.basis == "visit"]
    assert not any(a.touches(b) for i, a in enumerate(by_visit) for b in by_visit[:i])


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(commands | late, max_size=25))
def test_what_is_stored_is_the_fold_of_the_log(tmp_path_factory, given_commands):
    with open_office(tmp_path_factory.mktemp("office")) as office:
        holders = [office.technician("Van 01").id, office.technician("Van 02").id]
        order = office.order()
        for given_command in given_commands:
            office.clock.go_on(minutes=1)
            command = (
                told_late(order, given_command) if isinstance(given_command, str) else given_command
            )
            if isinstance(command, c.Assign):
                number = TECHNICIANS.index(command.technician_id)
                command = replace(command, technician_id=holders[number])
            try:
                order = office.apply(order.id, command, WORKER)
            except (TransitionNotAllowed, InvalidInput):
                continue
        with office.desk.store.read() as unit:
            log = unit.stream(stream_of(order.id))
            stored = unit.orders.get(order.id)
            assignments = unit.assignments.of_order(order.id)
            visits = unit.visits.of_order(order.id)
        folded = evolve_all(None, [logged.event for logged in log])
        assert replace(folded, version=stored.version) == stored == order
        in_hand = [one.id for one in assignments if one.released_at is None]
        held = stored.status in set(Status) - ENDED - {Status.NEW}
        assert in_hand == ([stored.assignment_id] if held else [])
        if stored.arrival is not None:
            assert stored.arrival.visit_id in {visit.id for visit in visits}
