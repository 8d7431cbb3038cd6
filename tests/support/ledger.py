"""What must hold of an office whatever happens in it: looked at after each thing that did."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise

from sqlalchemy import select

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.adapters.sql.tables import metadata
from geo_dispatch.dispatch.messages.queueing import Message
from geo_dispatch.dispatch.sla.timekeeping import clocks_of
from geo_dispatch.dispatch.work.events import LoggedEvent, stream_of
from geo_dispatch.dispatch.work.evolution import evolve
from geo_dispatch.dispatch.work.orders import ENDED, OPEN, Status, WorkOrder
from geo_dispatch.kernel.errors import GeoDispatchError, Unavailable
from geo_dispatch.services.context import Context
from geo_dispatch.services.dispatching.plans import load_plans
from geo_dispatch.services.history import audit
from geo_dispatch.services.policy.auto_assign import JUDGED_BY_RULES
from geo_dispatch.services.sla.clocks import terms_of

AT_WORK = frozenset({Status.ON_SITE, Status.ON_THE_TOOLS})
TOLD_BY_HAND = frozenset({"order.changed"})
"""Clients hear of these only when it concerns them."""


@dataclass
class Ledger:
    """All that is known so far, and how it came to be."""

    ctx: Context
    orders: dict[str, WorkOrder] = field(default_factory=dict)
    seq: int = 0
    _messages: set[str] = field(default_factory=set)

    def look(self, *, at_once: bool) -> None:
        """Check what happened since the last look, and remember it.

        Parameters
        ----------
        at_once
            It was one transaction: nobody may hear twice of one order.
        """
        verdict = audit.verify(self.ctx, since=self.seq)
        assert verdict.finding is None, verdict.finding
        with self.ctx.store.read() as unit:
            events = unit.events(after=self.seq)
            orders = {one.id: one for one in unit.orders.list(retired=True)}
            messages = [one for one in unit.messages.search() if one.id not in self._messages]
            self._assert_folded(orders, events)
            for order in orders.values():
                assert_sound(unit, order)
            assert_days(unit, orders)
            assert_booked(unit, orders)
            assert_clocks(self.ctx, unit, [one for one in orders.values() if self._is_new(one)])
        assert_told_clients(events, messages)
        assert_logged(events, messages)
        if at_once:
            assert_told_people(self.orders, orders, messages)
        self.orders, self.seq = orders, verdict.head.seq
        self._messages.update(one.id for one in messages)

    def _is_new(self, order: WorkOrder) -> bool:
        return self.orders.get(order.id) != order

    def _assert_folded(
        self, orders: Mapping[str, WorkOrder], events: Iterable[LoggedEvent]
    ) -> None:
        """Each order is what its events come to, and changes its version with itself."""
        folded: dict[str, WorkOrder] = dict(self.orders)
        for logged in events:
            kind, _, key = logged.stream.partition(":")
            if kind == "order":
                folded[key] = evolve(folded.get(key), logged.event)
        assert folded.keys() == orders.keys()
        for key, stored in orders.items():
            assert replace(folded[key], version=stored.version) == stored
            before = self.orders.get(key)
            if before is not None:
                same = replace(stored, version=before.version) == before
                assert stored.version == before.version if same else stored.version > before.version


def assert_sound(unit: Unit, order: WorkOrder) -> None:
    """One order alone: who has it, what it waits for, and what is still to be judged."""
    rows = unit.assignments.of_order(order.id)
    in_hand = {(one.technician_id) for one in rows if one.released_at is None}
    held = order.status in OPEN - {Status.NEW}
    assert sorted(in_hand) == (sorted(order.technician_ids) if held else []), order.number
    assert len(in_hand) == sum(1 for one in rows if one.released_at is None)
    assert all(one.released_at is None or one.released_at >= one.assigned_at for one in rows)
    assert (order.technician_id is None) == (order.status is Status.NEW) or order.status in ENDED
    assert (order.sequence >= 1) == held
    assert not order.pinned or order.status is not Status.NEW
    assert order.hold is None or not held
    if order.arrival is not None:
        assert unit.visits.get(order.arrival.visit_id).order_id == order.id
    if order.status in ENDED:
        assert order.flag is None
        assert order.risk is None
    if order.flag is not None and order.flag.code in JUDGED_BY_RULES:
        assert order.status is Status.NEW, order.flag
        assert order.hold is None, order.flag


def assert_days(unit: Unit, orders: Mapping[str, WorkOrder]) -> None:
    """Everybody's day holds exactly their orders, numbered from 1; each is under way to one."""
    held: defaultdict[str, set[str]] = defaultdict(set)
    for order in orders.values():
        if order.status in OPEN:
            for one in order.technician_ids:
                held[one].add(order.id)
    for plan in load_plans(unit, unit.technicians.list(), lambda _: None):
        stops = [stop.order for stop in plan.stops]
        assert {one.id for one in stops} == held[plan.technician.id], plan.technician.call_sign
        assert sorted(one.sequence for one in stops) == list(range(1, len(stops) + 1)), [
            (one.number, one.status, one.sequence) for one in stops
        ]
        leads = [one for one in stops if one.technician_id == plan.technician.id]
        under_way = [one.number for one in leads if one.status is Status.EN_ROUTE]
        assert len(under_way) <= 1, under_way
        said = {
            one.site_id for one in leads if one.status in AT_WORK and one.status_source == "person"
        }
        assert len(said) <= 1, "said to be at two sites at once"


def assert_booked(unit: Unit, orders: Mapping[str, WorkOrder]) -> None:
    """Nothing is booked twice for one time; an order that nobody has, has nothing to come."""
    for resource in unit.resources.list():
        found = unit.bookings.of_resource(resource.id)
        for one, other in pairwise(found):
            assert one.window.end <= other.window.start, (one, other)
        for one in found:
            assert one.order_id is None or one.order_id in orders


def assert_clocks(ctx: Context, unit: Unit, orders: Iterable[WorkOrder]) -> None:
    """Clocks that moved event by event stand where all events together bring them."""
    for order in orders:
        if order.sla is None:
            continue
        history = [logged.event for logged in unit.stream(stream_of(order.id))]
        assert order.sla == clocks_of(terms_of(ctx, unit, order.sla), history), order.number
        ended = order.status in ENDED
        for clock in (order.sla.response, order.sla.completion):
            assert clock is None or not ended or clock.stopped_at is not None
            assert clock is None or clock.paused_at is None or order.hold is not None
        completion = order.sla.completion
        assert completion is None or ended or completion.stopped_at is None


def assert_told_clients(events: Iterable[LoggedEvent], messages: Iterable[Message]) -> None:
    """Programs hear of each thing that happened to an order, once."""
    told = Counter((one.order_id, one.type) for one in messages if one.to == "client")
    types = {kind for _, kind in told}
    happened = Counter(
        (logged.stream.removeprefix("order:"), logged.type)
        for logged in events
        if logged.type in CLIENTS_HEAR | types
    )
    for kind in TOLD_BY_HAND:
        told = Counter({key: n for key, n in told.items() if key[1] != kind})
        happened = Counter({key: n for key, n in happened.items() if key[1] != kind})
    assert told == happened


CLIENTS_HEAR = frozenset(
    f"order.{what}"
    for what in (
        *("placed", "assigned", "unassigned", "crew_changed", "bumped", "held", "released"),
        *("flagged", "at_risk", "risk_cleared", "delayed", "eta", "en_route", "arrived"),
        *("started", "needs_help", "resumed", "departed", "completed", "cancelled"),
    )
)


def assert_logged(events: Iterable[LoggedEvent], messages: Iterable[Message]) -> None:
    """Word to people stands in the story of each order that it is about."""
    told = Counter(
        (one.id, stream_of(part.order_id), one.text)
        for one in messages
        if one.to != "client"
        for part in one.parts
    )
    logged = [one for one in events if one.type == "message.queued"]
    assert Counter((one.body["message_id"], one.stream, one.body["text"]) for one in logged) == told


def assert_told_people(
    before: Mapping[str, WorkOrder], after: Mapping[str, WorkOrder], messages: Iterable[Message]
) -> None:
    """Who got an order or lost it hears so, and nobody hears twice of one order."""
    heard = Counter(
        (one.recipient_id, part.order_id)
        for one in messages
        if one.to != "client"
        for part in one.parts
    )
    assert all(count == 1 for count in heard.values()), heard
    for key, order in after.items():
        had = before[key].technician_ids if key in before else ()
        has = order.technician_ids
        cancelled = order.status is Status.CANCELLED and before[key].status is not order.status
        concerned = set(had) if cancelled else set(had) ^ set(has)
        missing = {one for one in concerned if (one, key) not in heard}
        assert not missing, (order.number, missing)


def rows(ctx: Context) -> dict[str, list[str]]:
    """Every row of every table."""
    with ctx.store.read() as unit:
        return {
            name: sorted(map(repr, unit.connection.execute(select(table))))
            for name, table in metadata.tables.items()
        }


@contextmanager
def nothing_changes(ctx: Context) -> Iterator[None]:
    """Whatever is done in here leaves no trace."""
    before = rows(ctx)
    yield
    after = rows(ctx)
    assert {name: after[name] for name in after if after[name] != before[name]} == {}


def assert_helpful(error: GeoDispatchError) -> None:
    """A refusal is one of ours, and says what stands and what could be done."""
    assert not isinstance(error, Unavailable), error.message
    reasons = [*getattr(error, "faults", ()), *getattr(error, "conflicts", ())]
    assert isinstance(error, GeoDispatchError)
    assert reasons or "; " in error.message, error.message
    assert all(one.message for one in reasons), error.message
