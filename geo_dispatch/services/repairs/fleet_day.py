"""Everybody's day as it stands, for repairs: who has what to do, who fits what, who waits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.day import day_of
from geo_dispatch.dispatch.days.drives import Drives
from geo_dispatch.dispatch.days.plan import Basis, Plan, Stop, origin
from geo_dispatch.dispatch.ranking.qualification import of_the_order, off_duty
from geo_dispatch.dispatch.ranking.requirements import lacking, nowhere
from geo_dispatch.dispatch.repairs.repair import Repair
from geo_dispatch.dispatch.repairs.upset_day import Trouble, urgency
from geo_dispatch.dispatch.repairs.workings import RepairInputs, repair_kept
from geo_dispatch.dispatch.work.orders import OPEN, Status, WorkOrder
from geo_dispatch.kernel.ids import OrderId, TechnicianId
from geo_dispatch.roads.engine import RoadEngine
from geo_dispatch.services.context import Context
from geo_dispatch.services.dispatching.cases import case_of
from geo_dispatch.services.dispatching.driving import drives_on
from geo_dispatch.services.dispatching.plans import load_plans
from geo_dispatch.services.tracking import whereabouts

_PLACED: frozenset[Basis] = frozenset({Basis.POSITION, Basis.SITE, Basis.HOME})
"""Whoever else is sent, nobody knows where they start."""


@dataclass(slots=True)
class FleetDay:
    """Everybody in service at one moment.

    Attributes
    ----------
    as_of
        Seq of the newest event when it was read.
    versions
        Of every open order.
    backlog
        Orders that nobody has and somebody may get.
    """

    ctx: Context
    now: datetime
    as_of: int
    plans: Sequence[Plan]
    drives: Drives
    versions: dict[OrderId, int]
    backlog: Sequence[WorkOrder]
    _cases: dict[OrderId, Case] = field(default_factory=dict)

    def repaired(self, trouble: Trouble) -> tuple[Repair, RepairInputs]:
        """The repair, and all that it was worked out from."""
        return repair_kept(
            self.plans,
            self.drives,
            self.now,
            self.ctx.zone,
            fits=lambda stop, one: self._can_do(self._case(stop.order), one),
            helps=lambda stop, one: self._can_do(self._case(stop.order).for_member(self.now), one),
            trouble=trouble,
        )

    def waiting(self) -> tuple[Stop, ...]:
        """Orders that nobody has, the most urgent first, as stops."""
        cases = [self._case(order) for order in sorted(self.backlog, key=urgency)]
        return tuple(
            Stop(
                replace(case.order, status=Status.ASSIGNED),
                case.site.location,
                case.site.access_windows,
            )
            for case in cases
        )

    def free_at(self, technician_id: TechnicianId) -> datetime | None:
        """When the technician has nothing more to do."""
        plan = self._plan(technician_id)
        return day_of(plan, self.drives, self.now, self.ctx.zone).schedule.free_at

    def _plan(self, technician_id: TechnicianId) -> Plan:
        return next(one for one in self.plans if one.technician.id == technician_id)

    def _can_do(self, case: Case, technician_id: TechnicianId) -> bool:
        plan = self._plan(technician_id)
        start, technician = origin(plan, self.now, self.ctx.zone), plan.technician
        return (
            start is not None
            and start.basis in _PLACED
            and not of_the_order(case)
            and not off_duty(case, technician)
            and not lacking(case, technician, case.earliest)
            and not nowhere(case, technician)
        )

    def _case(self, order: WorkOrder) -> Case:
        known = self._cases.get(order.id)
        if known is None:
            with self.ctx.store.read() as unit:
                policy = unit.policies.in_force().policy
                known = self._cases[order.id] = case_of(self.ctx, unit, order, policy, self.now)
        return known


def load(
    ctx: Context,
    now: datetime,
    *,
    roads: RoadEngine | None = None,
    adjust: Callable[[Plan], Plan] | None = None,
) -> FleetDay:
    """Everybody in service, and what each has to do.

    Parameters
    ----------
    roads
        Other drive times than the usual.
    adjust
        What is known of a technician's day that the records don't say.

    Raises
    ------
    RedisUnavailable
        There are no positions to be had.
    """
    positions = whereabouts.everybody(ctx)
    with ctx.store.read() as unit:
        as_of = unit.last_seq()
        technicians = unit.technicians.list()
        plans = load_plans(unit, technicians, lambda one: positions.get(one.id))
        orders = unit.orders.search(statuses=OPEN)
    return FleetDay(
        ctx=ctx,
        now=now,
        as_of=as_of,
        plans=[adjust(plan) if adjust else plan for plan in plans],
        drives=drives_on(roads or ctx.roads),
        versions={order.id: order.version for order in orders},
        backlog=[one for one in orders if one.technician_id is None and one.hold is None],
    )
