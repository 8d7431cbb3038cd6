"""Expected arrivals: recomputed as technicians move, told when they changed enough."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.days.drives import Leg
from geo_dispatch.dispatch.days.eta import (
    Eta,
    between,
    legs_ahead,
    remaining,
    unmoved,
    worth_telling,
)
from geo_dispatch.dispatch.days.plan import Basis, Plan
from geo_dispatch.dispatch.work.events import EtaPublished, stream_of
from geo_dispatch.dispatch.work.orders import ENDED, Status, WorkOrder
from geo_dispatch.kernel.actors import WORKER
from geo_dispatch.kernel.ids import OrderId, TechnicianId
from geo_dispatch.kernel.time import Window
from geo_dispatch.services.context import Context
from geo_dispatch.services.dispatching.arriving import tell_arriving
from geo_dispatch.services.dispatching.cut_off import closures_along
from geo_dispatch.services.dispatching.driving import drives_on
from geo_dispatch.services.dispatching.plans import load_plans
from geo_dispatch.services.messages import outbox
from geo_dispatch.services.sla import risks
from geo_dispatch.services.tracking import whereabouts

EVERY: Final = timedelta(seconds=15)
"""A technician's ETAs are worked out no more often, in the deployment's time."""


@dataclass(frozen=True, slots=True)
class OrderEta:
    """What is known of an order's arrival.

    Attributes
    ----------
    eta
        None while nobody has the order, and when ``basis`` says that it can't be told. Once the
        technician is there, the arrival itself.
    computed_at
        When it last held; None while nobody has the order.
    basis
        A `Basis`; ``"unassigned"`` or ``"ended"`` when nobody is expected.
    between
        Between when and when they will be there, by the age of the position; None where the ETA
        rests on none.
    late_by_s
        How late against window and due time; negative is slack.
    reason
        The closures that leave no way there; empty where there is one, or none at any time.
    """

    order_id: OrderId
    technician_id: TechnicianId | None
    eta: datetime | None
    between: Window | None
    drive_s: float | None
    computed_at: datetime | None
    position_at: datetime | None
    basis: str
    late_by_s: float | None
    window: Window | None
    due_at: datetime | None
    reason: str = ""


def refresh(
    ctx: Context, technician_ids: Iterable[str] | None = None, *, anew: bool = False
) -> list[EtaPublished]:
    """Work out the ETAs of these technicians' open orders; tell those that changed enough.

    Parameters
    ----------
    technician_ids
        None for everybody who has an open order: what keeps ETAs true of who sends no fixes.
    anew
        Also those that were worked out a moment ago: the roads changed since.

    Returns
    -------
    list of EtaPublished
        What was told, as it went into the event log.

    Raises
    ------
    RedisUnavailable
        There are no positions to be had.
    """
    now = ctx.clock()
    lately = Window(now - EVERY, now)
    with ctx.store.read() as unit:
        due = unit.orders.holders(technician_ids, no_eta_of=None if anew else lately)
        plans = _plans(ctx, unit, due) if due else []
    news = _etas(ctx, plans, now)
    if not news:
        return []
    with ctx.store.write() as unit:
        published = _tell(ctx, unit, news, now)
        unit.commit()
    return published


def eta_of(ctx: Context, order_id: str) -> OrderEta:
    """When the order's technician is expected, as last told.

    Worked out now if never told, or the roads changed since.

    Raises
    ------
    NotFound
        There is no such order.
    """
    now = ctx.clock()
    with ctx.store.read() as unit:
        order = unit.orders.get(order_id)
        holder = order.technician_id
        eta = unit.etas.find(order_id) if holder is not None else None
        holds = eta is not None and eta.technician_id == holder and not _outdated(ctx, eta)
        stuck = holds and eta is not None and eta.basis is Basis.UNREACHABLE
        plans = _plans(ctx, unit, [holder]) if holder is not None and (stuck or not holds) else []
    if plans and not stuck:
        eta = next((one for one in _etas(ctx, plans, now) if one.order_id == order_id), None)
    reason = ""
    if eta is not None and eta.basis is Basis.UNREACHABLE:
        reason = closures_along(ctx, (leg for plan in plans for leg in _ahead(ctx, plan, now)))
    return _view(order, eta, now, reason)


def _outdated(ctx: Context, eta: Eta) -> bool:
    """Whether the roads changed behind it."""
    since = ctx.live_roads.in_force.since
    return since is not None and eta.computed_at < since


def range_of(order: WorkOrder, eta: Eta, now: datetime) -> Window | None:
    """Between when and when the order's technician will be there, by the age of the position."""
    status = order.helped_from or order.status
    if status not in {Status.ASSIGNED, Status.EN_ROUTE}:
        return None
    promised = order.window if status is Status.ASSIGNED else None
    return between(eta.eta, eta.position_at, promised, now)


def _plans(ctx: Context, unit: Unit, technician_ids: Iterable[str]) -> list[Plan]:
    fleet = unit.technicians.many(technician_ids).values()
    positions = whereabouts.believed(ctx, fleet)
    return load_plans(unit, fleet, lambda one: positions.get(one.id))


def _etas(ctx: Context, plans: Sequence[Plan], now: datetime) -> list[Eta]:
    """Of all their orders; the roads are asked once."""
    drives = drives_on(ctx.roads)
    drives.prefetch(leg for plan in plans for leg in _ahead(ctx, plan, now))
    return [eta for plan in plans for eta in remaining(plan, drives, now, ctx.zone)]


def _ahead(ctx: Context, plan: Plan, now: datetime) -> list[Leg]:
    return legs_ahead(plan, now, ctx.zone)


def _tell(ctx: Context, unit: Unit, news: list[Eta], now: datetime) -> list[EtaPublished]:
    orders = unit.orders.many(eta.order_id for eta in news)
    last = unit.etas.many(eta.order_id for eta in news)
    told, kept = [], []
    for eta in news:
        order = orders[eta.order_id]
        if order.status in ENDED or order.technician_id != eta.technician_id:
            continue  # taken away, or ended, meanwhile
        before = last.get(eta.order_id)
        stays = None if before is None or worth_telling(eta, before) else unmoved(eta, before)
        risk = risks.expected(order, eta, now)
        if stays is None or not risk == order.risk == risks.expected(order, stays, now):
            event = _event(eta)
            kept.append(eta)
            unit.append(stream_of(eta.order_id), [event], actor=WORKER, at=now)
            outbox.note(ctx, unit, order, order, event, actor=WORKER, at=now)
            risks.tell_delay(ctx, unit, order, eta, now)
            told.append(event)
        else:
            kept.append(stays)
        risks.tell_risk(ctx, unit, order, risk, now=now)
        tell_arriving(ctx, unit, order, eta, now)
    unit.etas.put(kept)
    return told


def _event(eta: Eta) -> EtaPublished:
    return EtaPublished(
        order_id=eta.order_id,
        technician_id=eta.technician_id,
        eta=eta.eta,
        drive_s=eta.drive_s,
        position_at=eta.position_at,
        basis=eta.basis,
        late_by_s=eta.late_by_s,
    )


def _view(order: WorkOrder, told: Eta | None, now: datetime, reason: str) -> OrderEta:
    arrival = order.arrival
    if told is not None:
        basis = told.basis.value
    elif arrival is not None:
        basis = Basis.ARRIVED.value
    else:
        basis = "ended" if order.status in ENDED else "unassigned"
    return OrderEta(
        order_id=order.id,
        technician_id=order.technician_id,
        eta=told.eta if told else arrival.at if arrival else None,
        between=range_of(order, told, now) if told else None,
        drive_s=told.drive_s if told else None,
        computed_at=told.computed_at if told else None,
        position_at=told.position_at if told else None,
        basis=basis,
        late_by_s=told.late_by_s if told else None,
        window=order.window,
        due_at=order.due_at,
        reason=reason,
    )
