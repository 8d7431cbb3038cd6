"""Whatever people, phones, rules and emergencies do to orders: the record stays consistent.

`tests.support.ledger` has what must hold after each step, `tests.support.small_office` the office.
"""

from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from geo_dispatch.dispatch.records.technicians import Leave
from geo_dispatch.dispatch.repairs.changes import same_begin
from geo_dispatch.dispatch.repairs.proposals import Cause, ProposalState
from geo_dispatch.dispatch.work.orders import (
    HoldReason,
    Status,
)
from geo_dispatch.kernel.actors import Actor, Role
from geo_dispatch.kernel.time import Window
from geo_dispatch.services.dispatching import assignments, bookings, crews, eta
from geo_dispatch.services.dispatching.placing import Wish
from geo_dispatch.services.orders import holds, work_orders
from geo_dispatch.services.policy import versions as policy
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.repairs import disruptions, emergencies, proposals
from geo_dispatch.services.repairs.disruptions import Disruption
from tests.support.ledger import AT_WORK, nothing_changes
from tests.support.random_day import RandomDay
from tests.support.records import DISPATCHER
from tests.support.small_office import POLICIES, SITES, SmallOffices

MAX_ORDERS = 9
BY_WORD = [
    Status.EN_ROUTE,
    Status.ON_SITE,
    Status.ON_THE_TOOLS,
    Status.NEEDS_HELP,
    Status.COMPLETE,
    Status.CANCELLED,
]
UPSETS = [Cause.LATE, Cause.ILL, Cause.STUCK, Cause.OVERRUN, Cause.CANCELLED, Cause.HELD]
REASONS = [HoldReason.MATERIAL, HoldReason.CUSTOMER, HoldReason.NO_ACCESS]

places = st.sampled_from(SITES)
which = st.integers(0, MAX_ORDERS - 1)
vans = st.integers(0, 2)
windows = st.none() | st.tuples(st.integers(-60, 240), st.integers(10, 90))
wishes = st.builds(
    lambda position, pinned: Wish(position=position, pinned=pinned),
    st.sampled_from([None, None, 0, 1]),
    st.sampled_from([None, None, True, False]),
)
some_orders = precondition(lambda self: self.ledger.orders)
room = precondition(lambda self: len(self.ledger.orders) < MAX_ORDERS)


class OrderLifecycle(RandomDay):
    """What people do with a handful of orders, what upsets them, what happens by itself."""

    # what people do

    @initialize(
        first=st.lists(st.tuples(places, vans, windows, st.booleans()), min_size=3, max_size=5),
        text=st.sampled_from(POLICIES),
    )
    def begin(self, first, text):
        """A day that is under way: some have work, something waits, rules may be in force."""
        self.publish(text)
        for place, van, window, pinned in first:
            self.place(place, 4, "", 60, window)
            self.assign_without_a_look(-1, van)
            self.pin(-1, pinned)
        self.place("A", 5, "", 20, None)
        self.the_worker_works()

    @room
    @rule(
        place=places,
        priority=st.integers(1, 5),
        needs=st.sampled_from(["", "", "skill", "crane", "crew"]),
        minutes=st.sampled_from([20, 60, 180]),
        window=windows,
    )
    def place(self, place, priority, needs, minutes, window):
        fields = self.fields(place, needs, minutes) | {"priority": priority}
        if window is not None:
            fields["window"] = self.office.desk.window(window[0], window[0] + window[1])
        self.does(work_orders.place, self.ctx, fields, actor=DISPATCHER)

    @some_orders
    @rule(order=which, van=st.none() | vans, force=st.booleans(), wish=wishes)
    def assign(self, order, van, force, wish):
        """What it would do is told before, which changes nothing, and is what it then does."""
        before, van_id = self.order(order), None if van is None else self.office.vans[van].id
        with nothing_changes(self.ctx):
            told = self.tries(
                assignments.preview,
                self.ctx,
                before.id,
                van_id,
                positions=self.office.positions,
                wish=wish,
            )
        given = self.give(before, van_id, force=force and van is not None, wish=wish)
        if given is not None:
            assert told is not None, "what can be done can be told"
            whose, begin_at = self.office.begins()[before.id]
            assert whose[0] == told.technician_id
            assert same_begin(begin_at, told.begin_at)

    @some_orders
    @rule(order=which, van=vans)
    def assign_what_changed_meanwhile(self, order, van):
        before = self.order(order)
        stale = replace(before, version=before.version - 1)
        given = self.give(stale, self.office.vans[van].id, force=True, wish=Wish())
        assert given in {None, before}

    @some_orders
    @rule(order=which, van=vans)
    def assign_without_a_look(self, order, van):
        """What somebody has is given to nobody else by who doesn't say that they know."""
        before, van_id = self.order(order), self.office.vans[van].id
        self.give(replace(before, version=None), van_id, force=True, wish=Wish())
        assert before.technician_id in {None, self.order(order).technician_id}

    @some_orders
    @rule(order=which, members=st.sets(vans, max_size=2))
    def change_the_crew(self, order, members):
        ids = [self.office.vans[one].id for one in sorted(members)]
        self.does(crews.change, self.ctx, self.order(order).id, ids, actor=DISPATCHER)

    @some_orders
    @rule(order=which)
    def unassign(self, order):
        self.does(assignments.unassign, self.ctx, self.order(order).id, actor=DISPATCHER)

    @some_orders
    @rule(order=which, pinned=st.booleans())
    def pin(self, order, pinned):
        self.does(holds.pin, self.ctx, self.order(order).id, pinned=pinned, actor=DISPATCHER)

    @some_orders
    @rule(order=which, reason=st.sampled_from(REASONS))
    def hold(self, order, reason):
        self.does(holds.hold, self.ctx, self.order(order).id, reason, actor=DISPATCHER)

    @some_orders
    @rule(order=which)
    def release(self, order):
        key = self.order(order, lambda one: one.hold).id
        self.does(holds.release, self.ctx, key, actor=DISPATCHER)

    @some_orders
    @rule(
        order=which,
        fields=st.sampled_from(
            [
                {"priority": 2},
                {"duration_s": 5400.0, "notes": "bigger than we thought"},
                {"duration_s": -1.0},
            ]
        ),
    )
    def change(self, order, fields):
        key, version = self.order(order).id, self.order(order).version
        self.does(
            work_orders.change, self.ctx, key, fields, actor=DISPATCHER, expected_version=version
        )

    @some_orders
    @rule(
        order=which,
        status=st.sampled_from(BY_WORD),
        note=st.sampled_from(["", "because"]),
        by_van=st.none() | vans,
    )
    def say(self, order, status, note, by_van):
        actor = DISPATCHER
        if by_van is not None:
            actor = Actor("token:tok_van", Role.TECHNICIAN, self.office.vans[by_van].id)
        self.does(work_orders.step, self.ctx, self.order(order).id, status, actor=actor, note=note)

    @room
    @some_orders
    @rule(order=which, faulty=st.booleans())
    def close_with_a_follow_up(self, order, faulty):
        parent = self.order(order, lambda one: one.status in AT_WORK)
        closed = self.does(
            work_orders.step,
            self.ctx,
            parent.id,
            Status.COMPLETE,
            actor=DISPATCHER,
            note="part missing",
            follow_ups=[{"type": "the rest", "priority": 9 if faulty else 2}],
        )
        if closed is not None:
            assert not faulty
            (draft,) = work_orders.page(self.ctx, parent_id=parent.id)
            assert draft.hold.reason is HoldReason.DRAFT

    @some_orders
    @rule(order=which)
    def retire(self, order):
        key = self.order(order).id
        self.does(work_orders.retire, self.ctx, key, actor=DISPATCHER, expected_version=None)

    @rule(minutes=st.integers(1, 240))
    def lend_the_crane(self, minutes):
        window, crane = self.office.desk.window(0, minutes), self.office.crane
        self.does(bookings.block, self.ctx, crane.id, window, reason="lent", actor=DISPATCHER)

    @rule(van=vans, hours=st.integers(0, 3))
    def fall_ill(self, van, hours):
        """For some hours from now; for none, they are well again."""
        now = self.clock.now
        leave = (Leave(Window(now, now + timedelta(hours=hours)), "ill"),) if hours else ()
        self.does(
            records.change,
            self.ctx,
            records.TECHNICIANS,
            self.office.vans[van].id,
            {"leave": leave},
            actor=DISPATCHER,
            expected_version=None,
        )

    # emergencies, disruptions, rules

    @room
    @rule(
        place=places,
        needs=st.sampled_from(["", "", "skill", "crane", "crew"]),
        minutes=st.sampled_from([None, 0, 10]),
    )
    def emergency(self, place, needs, minutes):
        by = None if minutes is None else self.clock.now + timedelta(minutes=minutes)
        self.declare(emergencies.Call(fields=self.fields(place, needs, 60), respond_by=by))

    @some_orders
    @rule(order=which)
    def emergency_of_one_that_waits(self, order):
        self.declare(emergencies.Call(order_id=self.order(order).id))

    @some_orders
    @rule(cause=st.sampled_from(UPSETS), van=vans, order=which)
    def upset(self, cause, van, order):
        about = self.order(order)
        order_id = None if cause in {Cause.LATE, Cause.ILL} else about.id
        disruption = Disruption(cause, self.office.vans[van].id, order_id)
        self.does(disruptions.propose, self.ctx, disruption, actor=DISPATCHER)

    def proposal(self, number):
        """One that is open, as long as there is one."""
        found = proposals.search(self.ctx, states=[ProposalState.OPEN])
        found = found or proposals.search(self.ctx)
        return found[number % len(found)] if found else None

    @rule(number=st.integers(0, 2))
    def accept(self, number):
        proposal = self.proposal(number)
        if proposal is None:
            return
        before, pinned = self.office.begins(), self.pinned()
        done = self.does(proposals.accept, self.ctx, proposal.id, actor=DISPATCHER)
        if done is not None:
            assert proposal.state is ProposalState.OPEN
            self.assert_only(done.rearrangement.changes, before)
            for change in done.rearrangement.changes:
                stays = change.technician_before == change.technician_after
                assert stays or change.order_id not in pinned or done.cause is Cause.ILL

    @rule(number=st.integers(0, 2), reason=st.sampled_from(["", "they know best"]))
    def reject(self, number, reason):
        proposal = self.proposal(number)
        if proposal is not None:
            self.does(proposals.reject, self.ctx, proposal.id, actor=DISPATCHER, reason=reason)

    @rule(text=st.sampled_from(POLICIES))
    def publish(self, text):
        self.does(
            policy.publish,
            self.ctx,
            text,
            author="Ann",
            reviewed_by="Ben",
            note="a try",
            actor=DISPATCHER,
        )

    # what happens by itself

    @rule()
    def the_worker_works(self):
        """Rules, proposals and what waits: whatever a person said stays."""
        self.by_itself(self.office.work)

    @rule()
    def etas_are_worked_out(self):
        self.by_itself(eta.refresh, self.ctx)

    @rule(van=vans, place=places, minutes=st.integers(0, 12))
    def stand(self, van, place, minutes):
        self.by_itself(self.office.stand, van, place, minutes)

    @some_orders
    @rule(order=which, van=vans, minutes=st.integers(3, 12))
    def give_and_go(self, order, van, minutes):
        """The order is given, and the van stands at its site before anybody says so."""
        before = self.order(order)
        self.give(before, self.office.vans[van].id, force=True, wish=Wish())
        sites = self.office.sites.items()
        place = next(name for name, site in sites if site.id == before.site_id)
        self.by_itself(self.office.stand, van, place, minutes)

    @rule(van=vans, place=places, ago=st.integers(10, 60), minutes=st.integers(1, 9))
    def learn_late(self, van, place, ago, minutes):
        """Fixes from before come in, and may change what was believed."""
        self.by_itself(self.office.stand, van, place, minutes, ago)

    @rule(minutes=st.integers(1, 90), seen=st.sampled_from([True, True, True, False]))
    def time_goes_on(self, minutes, seen):
        self.clock.go_on(minutes=minutes)
        for van, place in zip(self.office.vans, SITES, strict=False):
            if seen:
                self.office.desk.ping(van, place)


def test_the_record_stays_consistent(tmp_path, empty_redis):
    offices = SmallOffices(tmp_path, empty_redis)
    run_state_machine_as_test(
        lambda: OrderLifecycle(offices),
        settings=settings(
            max_examples=20,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
