"""A day in which anything may happen, on a real database: how each thing is done, and looked at."""

from collections.abc import Callable
from contextlib import ExitStack

import structlog
from hypothesis.stateful import RuleBasedStateMachine

from geo_dispatch.dispatch.repairs.changes import same_begin
from geo_dispatch.dispatch.work.orders import ENDED, SkillRequirement, WorkOrder
from geo_dispatch.kernel.errors import GeoDispatchError
from geo_dispatch.services.dispatching import assignments
from geo_dispatch.services.repairs import emergencies, proposals
from tests.support.ledger import Ledger, assert_helpful, nothing_changes
from tests.support.records import DISPATCHER
from tests.support.small_office import SmallOffices


class RandomDay(RuleBasedStateMachine):
    """The base of machines that drive orders through the services."""

    def __init__(self, offices: SmallOffices) -> None:
        super().__init__()
        self.closing = ExitStack()
        self.office = self.closing.enter_context(offices.day())
        self.ctx, self.clock = self.office.ctx, self.office.desk.clock
        self.ledger = Ledger(self.ctx)
        self.ledger.look(at_once=False)

    def teardown(self):
        self.closing.close()

    def order(self, number, rather: Callable[[WorkOrder], object] = bool) -> WorkOrder:
        """One of those that ``rather`` says, as long as there are any."""
        everyone = list(self.ledger.orders.values())
        orders = [one for one in everyone if rather(one)] or everyone
        return orders[number % len(orders)]

    def fields(self, place, needs, minutes):
        needed = {
            "skill": {"required_skills": (SkillRequirement("hvac", 2),)},
            "crane": {"required_equipment": ("crane",)},
            "crew": {"crew_size": 2},
        }
        basics = {"type": "repair", "site_id": self.office.sites[place].id}
        return basics | {"duration_s": 60.0 * minutes} | needed.get(needs, {})

    def give(self, order, van_id, *, force, wish):
        return self.does(
            assignments.assign,
            self.ctx,
            order.id,
            van_id,
            positions=self.office.positions,
            actor=DISPATCHER,
            wish=wish,
            force=force,
            reason="they know the place",
            expected_version=order.version,
        )

    def declare(self, call):
        """Shown first, which changes nothing; then done, and just what was shown."""
        options = {"positions": self.office.positions, "actor": DISPATCHER}
        with nothing_changes(self.ctx):
            shown = self.tries(emergencies.declare, self.ctx, call, dry_run=True, **options)
        before, pinned = self.office.begins(), self.pinned()
        done = self.does(emergencies.declare, self.ctx, call, **options)
        assert (shown is None) == (done is None)
        if done is not None:
            assert plain(shown) == plain(done)
            changes = done.plan.rearrangement.changes
            self.assert_only(changes, before)
            assert pinned.isdisjoint(one.order_id for one in changes)

    def tries(self, act: Callable, *arguments, **options):
        """Do it; refused, it says what could be done, and nothing of it stays."""
        before = self.last_seq()
        try:
            return act(*arguments, **options)
        except GeoDispatchError as error:
            assert_helpful(error)
            stays = {"repair.decided"} if act is proposals.accept else set()
            with self.ctx.store.read() as unit:
                assert {one.type for one in unit.events(after=before)} <= stays
            return None

    def does(self, act: Callable, *arguments, **options):
        """`tries`, as one transaction that is looked at."""
        done = self.tries(act, *arguments, **options)
        self.ledger.look(at_once=True)
        return done

    def by_itself(self, act: Callable, *arguments):
        """Let it happen; what a person pinned or gave stays where it is."""
        before = self.ledger.orders
        with structlog.testing.capture_logs() as logs:
            act(*arguments)
        assert [one for one in logs if one["log_level"] in {"error", "critical"}] == []
        self.ledger.look(at_once=False)
        for key, order in before.items():
            if order.technician_id is not None and order.status not in ENDED:
                assert set_by_hand(self.ledger.orders[key]) == set_by_hand(order)

    def assert_only(self, changes, before):
        """Just what is listed changed; all else is as it was, to the second."""
        listed = {one.order_id: one for one in changes}
        after = self.office.begins()
        for key in {*before, *after} - {*listed}:
            (whose, begin), (whose_then, begin_then) = after[key], before[key]
            assert whose == whose_then
            assert same_begin(begin, begin_then), key
        for key, change in listed.items():
            assert self.ledger.orders[key].technician_id == change.technician_after

    def pinned(self):
        """Orders that a person wants as they are."""
        return {key for key, order in self.ledger.orders.items() if order.pinned}

    def last_seq(self):
        with self.ctx.store.read() as unit:
            return unit.last_seq()


def set_by_hand(order):
    """What only a person, an emergency or an accepted repair changes."""
    return order.technician_ids, order.pinned, order.assignment_source, order.start_at


def plain(declared):
    """What an emergency comes to, apart from what it is called and that it is done now."""
    view = emergencies.view(declared, dry_run=True)
    del view["order"]
    return repr(view).replace(declared.order.id, "it")
