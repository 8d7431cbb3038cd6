"""Whatever people, phones and late fixes do to orders: the record stays consistent."""

import tempfile
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from geo_dispatch.adapters.live_redis.records import Entry
from geo_dispatch.dispatch.records.technicians import Skill
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.events import stream_of
from geo_dispatch.dispatch.work.evolution import evolve_all
from geo_dispatch.dispatch.work.orders import ENDED, FlagCode, HoldReason, SkillRequirement, Status
from geo_dispatch.kernel.actors import Actor, Role
from geo_dispatch.kernel.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
)
from geo_dispatch.kernel.time import Window, datetime_to_ms
from geo_dispatch.services.dispatching import assignments
from geo_dispatch.services.history import audit
from geo_dispatch.services.orders import work_orders
from geo_dispatch.services.tracking import process as tracking
from geo_dispatch.tracking.fixes import DEGREE_SCALE, Fix
from tests.support.ascii_map import AsciiMap, Town
from tests.support.dispatch_office import open_dispatch_office
from tests.support.records import DISPATCHER

STREET = "A----------B----------C----------D"
MAX_ORDERS = 6
REFUSED = (Conflict, InvalidInput, Forbidden)
TOLD = [
    Status.EN_ROUTE,
    Status.ON_SITE,
    Status.ON_THE_TOOLS,
    Status.NEEDS_HELP,
    Status.COMPLETE,
    Status.CANCELLED,
]

places = st.sampled_from("ABCD")
which = st.integers(0, MAX_ORDERS - 1)
vans = st.integers(0, 2)
notes = st.sampled_from(["", "because"])


@cache
def town():
    return Town(AsciiMap(STREET), Path(tempfile.mkdtemp(prefix="street-")))


class OrderLifecycle(RuleBasedStateMachine):
    """Drives a handful of orders through the services, on a real database."""

    def __init__(self):
        super().__init__()
        self.closing = ExitStack()
        folder = self.closing.enter_context(tempfile.TemporaryDirectory(prefix="lifecycle-"))
        self.desk = self.closing.enter_context(open_dispatch_office(Path(folder), town()))
        self.ctx = self.desk.ctx
        self.vans = [
            self.desk.technician("Van 01", "A", skills=(Skill("hvac", 3),)),
            self.desk.technician("Van 02", "C"),
            self.desk.technician("Van 03", "D"),
        ]
        self.sites = {name: self.desk.site(name) for name in "ABCD"}
        self.keys = []
        self.known = {}
        self.seq, self.checked = 0, 0
        self.entries = 0

    def teardown(self):
        verdict = audit.verify(self.ctx)
        assert verdict.finding is None, verdict.finding
        self.closing.close()

    # what happens

    @initialize(first=places, second=places)
    def begin(self, first, second):
        for place in (first, second):
            self.place(place, 3, hvac=False, window=None)

    @precondition(lambda self: len(self.keys) < MAX_ORDERS)
    @rule(
        place=places,
        priority=st.integers(1, 5),
        hvac=st.booleans(),
        window=st.none() | st.tuples(st.integers(-60, 240), st.integers(1, 240)),
    )
    def place(self, place, priority, hvac, window):
        fields = {"type": "repair", "site_id": self.sites[place].id, "priority": priority}
        if hvac:
            fields["required_skills"] = (SkillRequirement("hvac", 2),)
        if window is not None:
            start = self.desk.clock.now + timedelta(minutes=window[0])
            fields["window"] = Window(start, start + timedelta(minutes=window[1]))
        self.keys.append(work_orders.place(self.ctx, fields, actor=DISPATCHER).id)

    @precondition(lambda self: self.keys)
    @rule(order=which, van=st.none() | vans, force=st.booleans(), stale=st.booleans())
    def assign(self, order, van, force, stale):
        key = self.key(order)
        version = self.known[key].version
        if stale and version > 1:
            self.changes_nothing(self.give, key, van or 0, True, version - 1)
        self.attempt(self.give, key, van, force and van is not None, version)

    def give(self, key, van, force, version):
        return assignments.assign(
            self.ctx,
            key,
            None if van is None else self.vans[van].id,
            positions=self.desk.positions,
            actor=DISPATCHER,
            force=force,
            reason="they know the place",
            expected_version=version,
        )

    @precondition(lambda self: self.keys)
    @rule(order=which)
    def unassign(self, order):
        self.attempt(assignments.unassign, self.ctx, self.key(order), actor=DISPATCHER)

    @precondition(lambda self: self.keys)
    @rule(order=which, status=st.sampled_from(TOLD), note=notes, by_van=st.booleans())
    def say(self, order, status, note, by_van):
        key = self.key(order)
        holder = self.known[key].technician_id
        actor = DISPATCHER
        if by_van and holder is not None:
            actor = Actor("token:tok_van", Role.TECHNICIAN, holder)
        self.attempt(work_orders.step, self.ctx, key, status, actor=actor, note=note)

    @precondition(lambda self: len(self.keys) < MAX_ORDERS)
    @precondition(lambda self: self.keys)
    @rule(
        order=which, outcome=st.sampled_from(["", "follow_up", "not_fixed"]), faulty=st.booleans()
    )
    def close_with_a_follow_up(self, order, outcome, faulty):
        key = self.key(order)
        follow_up = {"type": "the rest", "priority": 9 if faulty else 2}
        closed = self.attempt(
            work_orders.step,
            self.ctx,
            key,
            Status.COMPLETE,
            actor=DISPATCHER,
            note="part missing",
            outcome=outcome,
            follow_ups=[follow_up],
        )
        if closed is not None:
            assert not faulty
            (draft,) = work_orders.page(self.ctx, parent_id=key)
            assert draft.hold.reason is HoldReason.DRAFT
            self.keys.append(draft.id)

    @precondition(lambda self: self.keys)
    @rule(
        order=which,
        command=st.sampled_from(
            [
                c.Pin(pinned=True),
                c.Pin(pinned=False),
                c.PutOnHold(reason=HoldReason.MATERIAL, note="on order"),
                c.PutOnHold(reason=HoldReason.CUSTOMER),
                c.Release(),
                c.RaiseFlag(code=FlagCode.TOO_CLOSE, fact="2 min apart"),
                c.ClearFlag(),
                c.ChangeOrder(changes={"priority": 2}),
                c.ChangeOrder(changes={"duration_s": 5400.0, "notes": "bigger than we thought"}),
                c.Cancel(reason="called off"),
                c.Retire(),
            ]
        ),
    )
    def decide(self, order, command):
        before = self.known[self.key(order)]
        after = self.attempt(self.desk.office.apply, before.id, command)
        if after is not None:
            assert after.version in {before.version, before.version + 1}

    @precondition(lambda self: self.keys)
    @rule(order=which, van=vans, minutes=st.integers(3, 12))
    def give_and_go(self, order, van, minutes):
        """The order is given, and the van stands at its site before anybody says so."""
        key = self.key(order)
        self.attempt(self.give, key, van, True, None)
        site = self.known[key].site_id
        place = next(name for name, one in self.sites.items() if one.id == site)
        self.drive_and_stand(self.vans[van], place, timedelta(0), minutes)

    @rule(van=vans, place=places, minutes=st.integers(0, 12))
    def stand(self, van, place, minutes):
        """The van is there for a while, as its phone tells."""
        self.drive_and_stand(self.vans[van], place, timedelta(0), minutes)
        self.desk.see(self.vans[van], place)

    @rule(van=vans, place=places, ago=st.integers(10, 60), minutes=st.integers(1, 9))
    def learn_late(self, van, place, ago, minutes):
        """Fixes from before come in, and may change what was believed."""
        self.drive_and_stand(self.vans[van], place, timedelta(minutes=ago), minutes)

    @rule(minutes=st.integers(1, 90))
    def time_goes_on(self, minutes):
        self.desk.clock.go_on(minutes=minutes)

    # what holds

    @invariant()
    def nothing_is_written_outside_the_chain(self):
        verdict = audit.verify(self.ctx, since=self.checked)
        assert verdict.finding is None, verdict.finding
        self.checked = verdict.head.seq

    @invariant()
    def orders_are_the_fold_of_their_events(self):
        with self.ctx.store.read() as unit:
            for key in self.keys:
                log = unit.stream(stream_of(key))
                stored = unit.orders.get(key)
                folded = evolve_all(None, [logged.event for logged in log])
                assert replace(folded, version=stored.version) == stored
                self.assert_version(stored)
                self.assert_assignments(unit, stored)
                self.assert_briefed(log)
                self.known[key] = stored

    @invariant()
    def everybody_has_their_orders_in_sequence(self):
        held = [one for one in self.known.values() if one.status not in ENDED | {Status.NEW}]
        places_of = Counter((one.technician_id, one.sequence) for one in held)
        assert all(count == 1 for count in places_of.values()), places_of
        assert all(one.sequence >= 1 for one in held)
        assert all(one.sequence == 0 for one in self.known.values() if one not in held)

    @invariant()
    def whoever_was_told_is_in_the_outbox_and_in_the_story(self):
        with self.ctx.store.read() as unit:
            queued = {message.id: message for message in unit.messages.search()}
            logged = unit.events(types=["message.queued"])
        said = [
            (key, stream_of(part.order_id), part.type, message.text, place > 0)
            for key, message in queued.items()
            if message.to != "client"
            for place, part in enumerate(message.parts)
        ]
        names = ("message_type", "text", "repeated")
        assert Counter(said) == Counter(
            (one.body["message_id"], one.stream, *(one.body[name] for name in names))
            for one in logged
        )

    def assert_version(self, stored):
        before = self.known.get(stored.id)
        if before is None:
            return
        assert stored.version >= before.version
        unchanged = replace(stored, version=before.version) == before
        assert unchanged or stored.version > before.version

    def assert_assignments(self, unit, order):
        rows = unit.assignments.of_order(order.id)
        in_hand = [(one.id, one.technician_id) for one in rows if one.released_at is None]
        if order.status in ENDED | {Status.NEW}:
            assert in_hand == []
        else:
            assert in_hand == [(order.assignment_id, order.technician_id)]
        assert all(one.released_at is None or one.released_at >= one.assigned_at for one in rows)
        if order.hold is not None and order.status is not Status.NEW:
            assert order.status in ENDED
        if order.arrival is not None:
            assert unit.visits.get(order.arrival.visit_id).order_id == order.id
        assert order.risk is None or order.status not in ENDED

    def assert_briefed(self, log):
        given = [one.body["assignment_id"] for one in log if one.type == "order.assigned"]
        briefed = [one.body["assignment_id"] for one in log if one.type == "order.briefed"]
        assert given == briefed

    # how it is done

    def key(self, number):
        return self.keys[number % len(self.keys)]

    def attempt(self, act, *arguments, **options):
        """Do it; refused, nothing of it must stay."""
        before = self.last_seq()
        try:
            return act(*arguments, **options)
        except REFUSED:
            assert self.last_seq() == before
            return None

    def changes_nothing(self, act, *arguments):
        before = self.last_seq()
        with suppress(Conflict):
            act(*arguments)
        assert self.last_seq() == before

    def last_seq(self):
        with self.ctx.store.read() as unit:
            return unit.last_seq()

    def drive_and_stand(self, van, place, ago, minutes):
        start = self.desk.clock.now - ago
        at = town().at(place)
        fixes = [
            Fix(
                van.id,
                datetime_to_ms(start + timedelta(seconds=20 * step)),
                round(at.lon * DEGREE_SCALE),
                round(at.lat * DEGREE_SCALE),
                accuracy_m=8.0,
                speed_mps=0.0,
            )
            for step in range(3 * minutes + 1)
        ]
        if not ago:
            self.desk.clock.go_on(minutes=minutes)
        self.entries += 1
        now_ms = datetime_to_ms(self.desk.clock.now)
        entry = Entry(van.shard, f"{self.entries}-0", now_ms, tuple(fixes))
        tracking.process(self.ctx, van.shard, [entry], 1)


TestOrderLifecycle = OrderLifecycle.TestCase
TestOrderLifecycle.settings = settings(
    max_examples=25,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
