"""Automatic assignment: what the rules say of an order, carried out as soon as it comes in.

A consumer of the event log. What happens to an order makes it worth a look; what frees somebody,
or changes people, places or rules, makes those worth another look that were left to a dispatcher.
A person's hand goes before: what somebody pinned, set, took away or judged is not touched.
"""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

import structlog

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.boards.status_flags import urgency
from geo_dispatch.dispatch.policy.judging import Left, Sent, asks_for_everybody, judge
from geo_dispatch.dispatch.ranking.replay import inputs_of
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.events import LoggedEvent, RoadsChanged, stream_of
from geo_dispatch.dispatch.work.orders import FlagCode, Status, WorkOrder
from geo_dispatch.kernel.actors import WORKER
from geo_dispatch.kernel.errors import AssignmentConflict, Conflict, NotFound, Unavailable
from geo_dispatch.kernel.ids import OrderId
from geo_dispatch.services.context import Context
from geo_dispatch.services.dispatching import assignments
from geo_dispatch.services.dispatching.candidates import (
    SMALL_FLEET,
    Considered,
    readable_ranking,
    situation,
)
from geo_dispatch.services.orders.lifecycle import apply
from geo_dispatch.services.policy import decisions
from geo_dispatch.services.relay import Follower
from geo_dispatch.services.tracking import whereabouts
from geo_dispatch.tracking.nearest import PositionIndex

CONSUMER: Final = "auto"

JUDGED_BY_RULES: Final = frozenset(
    {
        FlagCode.NO_RULE,
        FlagCode.TOO_CLOSE,
        FlagCode.NOBODY,
        FlagCode.RULES_DISAGREE,
        FlagCode.RULE_LIMIT,
    }
)
"""Flags that automatic assignment raised, and takes back when it can assign after all."""

_BY_THE_RANKING: Final = JUDGED_BY_RULES - {FlagCode.NO_RULE, FlagCode.RULES_DISAGREE}
"""Those that somebody's being free may lift."""

TOP: Final = 50
"""Of larger fleets so many of the best are, where the rule needs no others."""

LOOK_AGAIN_S: Final = 60.0
"""Shifts begin and positions come without an event: so often, real time, flags are looked at."""

LOOK_MOST: Final = 200
"""So many flagged orders at a time: new ones must not wait for old ones. Half of them are the most
urgent ones."""

_BATCH: Final = 100
_FACTS_TOLD: Final = 3

_ABOUT_AN_ORDER: Final = frozenset({"order.placed", "order.changed", "order.released"})
_BY_HAND: Final = frozenset({"order.unassigned", "order.flag_cleared"})
"""After one of these by a person it is theirs, until something happens to the order again."""

_FREEING: Final = frozenset(
    {
        "order.unassigned",
        "order.completed",
        "order.cancelled",
        "resource.released",
        "performance.refreshed",
        RoadsChanged.type,
    }
)
"""What may lift a reason that lies in the ranking."""

_CHANGING: Final = frozenset(
    {"record.created", "record.changed", "territories.published", "policy.published"}
)
"""What may lift any reason: rules, and what they ask for."""

_log = structlog.get_logger(__name__)


def follower(ctx: Context, turn_is_ours: Callable[[], bool], stopping: threading.Event) -> Follower:
    """Automatic assignment, to run beside other work."""
    turns = itertools.count()
    return Follower(
        name="rules",
        follow=lambda: follow(ctx),
        look=lambda: look_again(ctx, turn=next(turns)),
        look_every_s=LOOK_AGAIN_S,
        turn_is_ours=turn_is_ours,
        stopping=stopping,
    )


def follow(ctx: Context, positions: PositionIndex | None = None) -> int:
    """Deal with the next events of the log, and remember how far that is.

    Whoever dies before the cursor is written deals with them again: an order that has somebody is
    left as it is.

    Parameters
    ----------
    positions
        The live positions; None asks Redis for them, if an order is to be judged.

    Returns
    -------
    int
        How many events were dealt with.
    """
    with ctx.store.read() as unit:
        events = unit.events(after=unit.cursor(CONSUMER), limit=_BATCH)
        automatic = unit.policies.in_force().policy.automatic
    if not events:
        return 0
    if automatic:
        if any(logged.type == RoadsChanged.type for logged in events):
            ctx.follow_roads()
        consider_all(ctx, _concerned(events), positions, changed=True)
        types = {logged.type for logged in events}
        if types & _CHANGING:
            look_again(ctx, positions)
        elif types & _FREEING:
            look_again(ctx, positions, _BY_THE_RANKING)
    with ctx.store.write() as unit:
        unit.advance(CONSUMER, events[-1].seq)
        unit.commit()
    return len(events)


def look_again(
    ctx: Context,
    positions: PositionIndex | None = None,
    codes: frozenset[FlagCode] = JUDGED_BY_RULES,
    turn: int = 0,
) -> None:
    """Consider again what was left to a dispatcher; a reason that still holds is not repeated.

    Parameters
    ----------
    turn
        As `whose_turn` has it.
    """
    with ctx.store.read() as unit:
        if not unit.policies.in_force().policy.automatic:
            return
        flagged = unit.orders.flagged(codes)
    some = whose_turn(flagged, ctx.clock(), turn)
    consider_all(ctx, [order.id for order in some], positions, changed=False)


def whose_turn(flagged: Iterable[WorkOrder], now: datetime, turn: int) -> list[WorkOrder]:
    """Those to look at again: the most urgent each time, the others turn by turn."""
    orders = _in_turn(flagged, now)
    half = LOOK_MOST // 2
    first, others = orders[:half], orders[half:]
    start = turn * half % (half * math.ceil(len(others) / half)) if others else 0
    return [*first, *others[start : start + half]]


def consider_all(
    ctx: Context,
    order_ids: Iterable[OrderId],
    positions: PositionIndex | None = None,
    *,
    changed: bool,
) -> None:
    """Judge the orders one after another, the most urgent first.

    Parameters
    ----------
    changed
        Something happened to them: a flag tells its reason anew.
    """
    with ctx.store.read() as unit:
        waiting = [one for one in unit.orders.many(order_ids).values() if _is_ours(one)]
    if not waiting:
        return
    if positions is None:
        positions = whereabouts.everybody(ctx)
    for order in _in_turn(waiting, ctx.clock()):
        try:
            decide(ctx, order.id, positions, changed=changed)
        except (Conflict, NotFound) as error:  # somebody was quicker: their event comes
            _log.info("left alone", order=order.number, reason=error.message)
        except Unavailable:
            raise
        except Exception:  # noqa: BLE001 - the edge of the loop: one order must not hold up others
            _log.exception("an order was not judged", order=order.number)


def decide(
    ctx: Context, order_id: OrderId, positions: PositionIndex, *, changed: bool = True
) -> WorkOrder:
    """Judge one order by the rules: assign it, or flag it for a dispatcher.

    Returns
    -------
    WorkOrder
        As stored; as it was when a person's hand is on it.

    Raises
    ------
    NotFound, Conflict
        It is gone, has ended, or changed while this was decided.
    """
    with ctx.store.read() as unit:
        order = unit.orders.get(order_id)
        if not _is_ours(order) or _left_by_a_person(unit, order):
            return order
    considered = _considered(ctx, order_id, positions)
    if considered.case.order.version != order.version:  # that, too, is an event to come
        return considered.case.order
    verdict = judge(considered.policy, considered.case, readable_ranking(ctx, considered))
    if isinstance(verdict, Left):
        return _flag(ctx, considered, verdict, changed=changed)
    try:
        return assignments.assign(
            ctx,
            order.id,
            verdict.technician_id,
            positions=positions,
            actor=WORKER,
            source=verdict.source,
            reason=verdict.reason,
            considered=considered,
        )
    except AssignmentConflict as refusal:
        return _flag(ctx, considered, _refused(verdict, refusal), changed=changed)


def _refused(sent: Sent, refusal: AssignmentConflict) -> Left:
    """The best can go, but not like this: somebody was faster with a tool."""
    facts = [conflict.message for conflict in refusal.conflicts] or [refusal.message]
    told = "; ".join(dict.fromkeys(facts[:_FACTS_TOLD]))
    return Left(FlagCode.RULE_LIMIT, f"rule {sent.rule_id}: {told}")


def _considered(ctx: Context, order_id: OrderId, positions: PositionIndex) -> Considered:
    """The ranking: of the best, and of everybody where the verdict may hang on others."""
    case, fleet, version = situation(ctx, order_id, positions=positions, now=ctx.clock())
    policy = version.policy
    small = len(fleet.plans) <= SMALL_FLEET
    top = None if small or asks_for_everybody(policy, case) else TOP
    ranking, inputs = inputs_of(case, fleet, top=top, params=policy.ranking)
    if not ranking.candidates and top is not None:  # why, of each of them
        ranking, inputs = inputs_of(case, fleet, params=policy.ranking)
    return Considered(case, ranking, inputs, fleet, policy, version.version)


def _flag(ctx: Context, considered: Considered, left: Left, *, changed: bool) -> WorkOrder:
    case = considered.case
    told = case.order.flag
    if told is not None and told.code is left.code and (not changed or told.fact == left.fact):
        return case.order
    with ctx.store.write() as unit:
        order = unit.orders.expect(case.order.id, case.order.version)
        kept = decisions.keep(
            ctx,
            unit,
            considered,
            kind="flag",
            source=left.code,
            chosen_id=None,
            reason=left.fact,
            actor=WORKER,
        )
        command = c.RaiseFlag(code=left.code, fact=left.fact, decision_id=kept.id)
        order = apply(ctx, unit, order, command, actor=WORKER, now=case.now)
        unit.commit()
    return order


def _is_ours(order: WorkOrder) -> bool:
    """Whether the order waits, and no person has said anything about who goes."""
    return (
        order.status is Status.NEW
        and order.hold is None
        and not order.pinned
        and not order.retired
        and (order.flag is None or order.flag.code in JUDGED_BY_RULES)
    )


def _left_by_a_person(unit: Unit, order: WorkOrder) -> bool:
    """Whether a person took it from somebody, or judged its flag, and it is as it was then."""
    events = unit.events(streams=[stream_of(order.id)], types=_ABOUT_AN_ORDER | _BY_HAND)
    return events[-1].type in _BY_HAND and events[-1].actor != WORKER.label


def _concerned(events: Iterable[LoggedEvent]) -> list[OrderId]:
    """The orders that something happened to, each once."""
    found = (logged.body["order_id"] for logged in events if logged.type in _ABOUT_AN_ORDER)
    return list(dict.fromkeys(found))


def _in_turn(orders: Iterable[WorkOrder], now: datetime) -> list[WorkOrder]:
    """As in the backlog: planned work that is overdue isn't buried here either."""
    return sorted(orders, key=lambda order: urgency(order, now))
