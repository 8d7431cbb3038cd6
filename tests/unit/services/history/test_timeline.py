"""The timeline tells an order's whole story in words."""

from dataclasses import replace
from datetime import timedelta

import pytest

from geo_dispatch.dispatch.records.technicians import Part
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.events import EVENT_TYPES, EtaPublished, OrderBumped, RecordRetired
from geo_dispatch.dispatch.work.orders import SkillRequirement, Status
from geo_dispatch.kernel.actors import WORKER
from geo_dispatch.kernel.errors import NotFound
from geo_dispatch.services.history import timeline
from geo_dispatch.services.history.story import TEXTS
from geo_dispatch.services.orders import work_orders
from tests.support.records import DISPATCHER, NOW, open_office


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as office:
        yield office


def story_of(office, order):
    """Without what was told to whom."""
    story = timeline.of_order(office.desk, order.id)
    return [one for one in story if one.type not in {"order.briefed", "message.queued"}]


@pytest.mark.capability("FA-006")
def test_it_tells_everything_in_order_with_who_and_when(office):
    order = office.assigned(required_skills=(SkillRequirement("hvac", 2),), priority=1)
    with office.desk.store.write() as unit:
        eta = EtaPublished(
            order_id=order.id,
            technician_id=order.technician_id,
            eta=NOW + timedelta(minutes=42),
            drive_s=900.0,
            position_at=NOW,
            basis="position",
            late_by_s=720.0,
        )
        unit.append(f"order:{order.id}", [eta], actor=WORKER, at=NOW)
        unit.commit()
    arrival = c.ConfirmArrival(
        visit_id="vi_1",
        source="gps",
        occurred_at=office.clock.go_on(minutes=40),
        evidence={"rule": "dwell/1", "probability": 0.9, "dwell_s": 150, "fixes": []},
    )
    office.clock.go_on(minutes=3)
    office.apply(order.id, arrival, WORKER)
    work_orders.review(office.desk, "vi_1", "confirmed", actor=DISPATCHER)
    work_orders.step(office.desk, order.id, Status.ON_THE_TOOLS, actor=DISPATCHER)
    work_orders.step(office.desk, order.id, Status.NEEDS_HELP, actor=DISPATCHER, note="no key")
    work_orders.step(office.desk, order.id, Status.ON_THE_TOOLS, actor=DISPATCHER)
    office.clock.go_on(minutes=30)
    done = {"note": "new gasket", "parts_used": (Part("gasket"),)}
    work_orders.step(office.desk, order.id, Status.COMPLETE, actor=DISPATCHER, **done)
    office.clock.go_on(minutes=1)
    departure = c.Depart(visit_id="vi_1", technician_id=order.technician_id)
    office.apply(order.id, departure, WORKER)

    story = story_of(office, order)
    assert [entry.text for entry in story] == [
        "WO-1001 placed: boiler repair at Bakery Vaduz, priority 1, needs hvac 2",
        "Assigned to Van 07 by hand",
        "Van 07 expected at 09:42, 12 min late",
        "Van 07 is on the way since 09:40, as fixes show",
        "Van 07 arrived 09:40, confirmed by 0 fixes",
        "Arrival confirmed",
        "Van 07 is on the tools",
        "Van 07 needs help: no key",
        "Van 07 goes on",
        "Completed by Van 07: new gasket; used 1 gasket",
        (
            "Invoice draft: 30 min of labour, 0 min of travel, 1 gasket; "
            "to settle: no setting out is recorded"
        ),
        "Van 07 left the site",
    ]
    arrived = story[4]
    assert (arrived.at, arrived.occurred_at) == (
        NOW + timedelta(minutes=43),
        NOW + timedelta(minutes=40),
    )
    assert story[0].occurred_at is None
    assert (arrived.actor, story[0].actor) == ("worker", "dispatcher:token:tok_office")
    assert arrived.data["evidence"]["rule"] == "dwell/1"
    assert [entry.seq for entry in story] == sorted(entry.seq for entry in story)


def test_it_tells_of_hands_changed_and_ends(office):
    order = office.assigned()
    other = office.technician("Van 08")
    work_orders.change(
        office.desk, order.id, {"priority": 1}, actor=DISPATCHER, expected_version=None
    )
    office.apply(
        order.id,
        c.Assign(
            assignment_id="as_b",
            technician_id=other.id,
            sequence=1,
            source="auto",
            reason="Van 07 is stuck",
            conflicts=({"fact": "off shift at 06:00"}, {"fact": "has no skill hvac"}),
        ),
    )
    office.apply(order.id, c.Unassign(reason="storm"))
    office.apply(order.id, c.Cancel(reason="called off"))
    assert [entry.text for entry in story_of(office, order)][2:] == [
        "Changed priority",
        "Taken from Van 07: Van 07 is stuck",
        (
            'Assigned to Van 08 as the best candidate in spite of "off shift at 06:00; '
            'has no skill hvac": Van 07 is stuck'
        ),
        "Taken from Van 08: storm",
        "Cancelled: called off",
    ]


def test_times_never_go_back_and_sentences_say_when_the_past_was(office):
    order = office.assigned()
    office.clock.go_on(hours=20)
    set_out = c.SetOut(source="gps", occurred_at=NOW + timedelta(minutes=1))
    office.apply(order.id, set_out, WORKER)
    arrived_at = NOW + timedelta(hours=19, minutes=58)
    arrival = c.ConfirmArrival(visit_id="vi_1", source="gps", occurred_at=arrived_at)
    office.apply(order.id, arrival, WORKER)
    started = c.Start(occurred_at=NOW + timedelta(hours=19, minutes=59))
    office.apply(order.id, started)
    office.apply(order.id, c.Complete(occurred_at=NOW + timedelta(hours=20, seconds=-1)))
    left = c.Depart(
        visit_id="vi_1", technician_id=order.technician_id, occurred_at=office.clock.now
    )
    office.apply(order.id, left, WORKER)
    with office.desk.store.write() as unit:
        slow = RecordRetired(kind="work_order")
        unit.append(f"order:{order.id}", [slow], actor=WORKER, at=NOW + timedelta(hours=19))
        unit.commit()

    story = story_of(office, order)
    assert [entry.text for entry in story][2:] == [
        "Van 07 is on the way since 2 Mar 09:01, as fixes show",
        "Van 07 arrived 04:58, confirmed by 0 fixes",
        "Van 07 is on the tools since 04:59",
        "Completed by Van 07 at 04:59",
        "Van 07 left the site",
        "Retired",
        "Invoice draft: 1 min of labour, 19 h 57 min of travel",
    ]
    times = [entry.at for entry in story]
    assert times == sorted(times)
    assert [entry.occurred_at for entry in story][-3:] == [None] * 3
    assert story[3].occurred_at == arrived_at


@pytest.mark.parametrize(
    ("basis", "eta", "words"),
    [
        ("position", NOW, "Van 07 expected at 09:00"),
        ("arrived", NOW, "ETA settled: Van 07 arrived 09:00"),
        ("unreachable", None, "No ETA for Van 07: unreachable"),
        ("no_position", None, "No ETA for Van 07: no position"),
    ],
)
def test_an_eta_says_whether_it_is_still_ahead(office, basis, eta, words):
    order = office.assigned()
    told = EtaPublished(
        order_id=order.id,
        technician_id=order.technician_id,
        eta=eta,
        drive_s=None,
        position_at=None,
        basis=basis,
    )
    with office.desk.store.write() as unit:
        unit.append(f"order:{order.id}", [told], actor=WORKER, at=NOW)
        unit.commit()
    assert timeline.of_order(office.desk, order.id)[-1].text == words


def test_every_event_of_an_order_has_words():
    told = set(TEXTS)
    of_orders = (
        "order.",
        "visit.",
        "message.",
        "resource.",
        "record.retired",
        "technician.arriving",
    )
    assert {cls for name, cls in EVENT_TYPES.items() if name.startswith(of_orders)} == told


def test_unknown_orders_have_no_story(office):
    with pytest.raises(NotFound, match="wo_no"):
        timeline.of_order(office.desk, "wo_no")


def test_it_speaks_as_people_do_of_fields_times_and_moves(office):
    order = office.assigned()
    other = office.technician("Van 08")
    changes = {"duration_s": 7200.0, "notes": "ring twice", "due_at": NOW}
    work_orders.change(office.desk, order.id, changes, actor=DISPATCHER, expected_version=None)
    told = EtaPublished(
        order_id=order.id,
        technician_id=order.technician_id,
        eta=NOW,
        drive_s=None,
        position_at=None,
        basis="position",
    )
    bumped = OrderBumped(
        order_id=order.id,
        technician_before=order.technician_id,
        technician_after=other.id,
        by_order_id=None,
        begin_before=NOW,
        begin_after=NOW + timedelta(hours=30),
        occurred_at=NOW,
        reason="storm",
    )
    events = [
        replace(told, late_by_s=20.0),
        replace(told, late_by_s=5.5 * 3600),
        bumped,
        replace(bumped, technician_after=order.technician_id, begin_before=None, reason=""),
        replace(bumped, technician_after=None, begin_after=None),
    ]
    with office.desk.store.write() as unit:
        unit.append(f"order:{order.id}", events, actor=WORKER, at=NOW)
        unit.commit()
    assert [entry.text for entry in story_of(office, order)][2:] == [
        "Changed due, duration, notes",
        "Van 07 expected at 09:00",
        "Van 07 expected at 09:00, 5 h 30 min late",
        "Pushed aside, to Van 08, to begin at 3 Mar 15:00 instead of 09:00: storm",
        "Pushed aside, to begin at 3 Mar 15:00",
        "Pushed back to the backlog, 09:00 is lost: storm",
    ]
