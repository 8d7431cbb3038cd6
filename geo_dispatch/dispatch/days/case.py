"""An order that somebody is wanted for, with everything that bears on who that can be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from geo_dispatch.dispatch.days.availability import clock_text
from geo_dispatch.dispatch.days.plan import Plan, Prior, Stop
from geo_dispatch.dispatch.records.equipment import Equipment
from geo_dispatch.dispatch.records.resources import Booking, Resource
from geo_dispatch.dispatch.records.sites import Customer, Site
from geo_dispatch.dispatch.work.orders import Status, WorkOrder
from geo_dispatch.dispatch.work.performance import Performance
from geo_dispatch.kernel.ids import OrderId, TechnicianId, TerritoryId


@dataclass(frozen=True, slots=True)
class Experience:
    """Completed visits of one technician that bear on an order.

    Attributes
    ----------
    site_visits
        At this site.
    equipment_visits
        To this piece of equipment.
    type_visits
        To any equipment of this type.
    """

    site_visits: int = 0
    equipment_visits: int = 0
    type_visits: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """An order that somebody is wanted for, and the moment at which that is asked.

    Attributes
    ----------
    equipment
        What is worked on; None when the order names none.
    equipment_type
        What the technician has to know; of the equipment, or of the job type. Empty: nothing.
    prior
        The orders that must be complete before, as they stand.
    done_at
        When those of them that somebody has planned are expected to be complete.
    experience
        Whoever isn't in it has none.
    performance
        The snapshot that is in force; None leaves past results out of the score.
    resources, bookings
        What can be booked for the visit, and what is booked already.
    territories
        What people call them.
    joins_at
        When the lead of a crew begins, for a further member: only time and place are asked of
        them. None for the lead, who brings everything that the work needs.
    """

    order: WorkOrder
    site: Site
    now: datetime
    zone: ZoneInfo
    customer: Customer | None = None
    equipment: Equipment | None = None
    equipment_type: str = ""
    prior: tuple[WorkOrder, ...] = ()
    done_at: Mapping[OrderId, datetime] = field(default_factory=dict)
    experience: Mapping[TechnicianId, Experience] = field(default_factory=dict)
    performance: Performance | None = None
    resources: tuple[Resource, ...] = ()
    bookings: tuple[Booking, ...] = ()
    joins_at: datetime | None = None
    territories: Mapping[TerritoryId, str] = field(default_factory=dict)

    def territory(self, territory_id: TerritoryId) -> str:
        """What people call it."""
        return self.territories.get(territory_id, territory_id)

    def clock(self, moment: datetime) -> str:
        """The moment as a dispatcher says it."""
        return clock_text(moment, self.zone, self.now)

    @property
    def earliest(self) -> datetime:
        """The first moment at which the work can begin, whoever does it."""
        waits = (self.done_at.get(prior.id) for prior in self.unfinished)
        limits = (self.now, self.order.not_before, self.joins_at, *waits)
        return max(moment for moment in limits if moment is not None)

    @property
    def day(self) -> date:
        """The local day of that moment."""
        return self.earliest.astimezone(self.zone).date()

    @property
    def unfinished(self) -> tuple[WorkOrder, ...]:
        """The prior orders that are not complete."""
        return tuple(order for order in self.prior if order.status is not Status.COMPLETE)

    @property
    def preferred_technician_id(self) -> TechnicianId | None:
        """Whom the order asks for, else whom the customer likes to see."""
        if self.order.preferred_technician_id is not None:
            return self.order.preferred_technician_id
        return self.customer.preferred_technician_id if self.customer is not None else None

    @property
    def stop(self) -> Stop:
        """The visit, to be put into a plan."""
        priors = tuple(
            Prior(prior.id, prior.number, self.done_at.get(prior.id)) for prior in self.unfinished
        )
        site = self.site
        return Stop(self.order, site.location, site.access_windows, priors, self.joins_at)

    def for_member(self, begin_at: datetime) -> Case:
        """The case of a further technician who joins the lead at that moment."""
        return replace(self, joins_at=begin_at)

    def plan_before(self, plan: Plan) -> Plan:
        """What the technician of the plan does before the order, were it theirs."""
        return plan.without(self.order.id).up_to(self.day, self.zone)
