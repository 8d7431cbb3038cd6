"""An office on one road, A to D, whose days are upset."""

from datetime import timedelta

from geo_dispatch.dispatch.records.technicians import Leave, Technician
from geo_dispatch.dispatch.repairs.proposals import Cause, Proposal
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.kernel.time import Window
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.repairs import disruptions
from geo_dispatch.services.repairs.disruptions import Disruption
from tests.support.dispatch_office import DispatchOffice
from tests.support.records import DISPATCHER

ROAD = "A" + "-" * 79 + "B" + "-" * 79 + "C" + "-" * 79 + "D"


def van(desk: DispatchOffice, call_sign: str, place: str, **fields) -> Technician:
    """A technician who is there now."""
    technician = desk.technician(call_sign, place, **fields)
    desk.ping(technician, place)
    return technician


def given(
    desk: DispatchOffice,
    technician: Technician,
    place: str,
    sequence: int = 1,
    *,
    crew: tuple[Technician, ...] = (),
    begins_min: float | None = None,
    **fields,
) -> WorkOrder:
    """An order in the technician's hands, and in those of the crew."""
    order = desk.order(place, crew_size=1 + len(crew), **fields)
    agreed = None if begins_min is None else desk.clock.now + timedelta(minutes=begins_min)
    command = c.Assign(
        assignment_id=desk.ctx.new_id("as"),
        technician_id=technician.id,
        sequence=sequence,
        crew=tuple(one.id for one in crew),
        start_at=agreed,
    )
    return desk.office.apply(order.id, command)


def propose(
    desk: DispatchOffice, cause: Cause, technician: Technician, order: WorkOrder | None = None
) -> Proposal:
    """The repair that is proposed for it."""
    return disruptions.propose(
        desk.ctx, Disruption(cause, technician.id, order.id if order else None)
    )


def told(proposal: Proposal) -> list[tuple[str, str | None, str | None]]:
    """The numbers of the orders that would change, and whose they were and would be."""
    return [
        (change.number, change.technician_before, change.technician_after)
        for change in proposal.rearrangement.changes
    ]


def fall_ill(desk: DispatchOffice, technician: Technician) -> None:
    """Leave from a minute ago until tomorrow."""
    now = desk.clock.now
    away = Leave(Window(now - timedelta(minutes=1), now + timedelta(days=1)), "ill")
    records.change(
        desk.ctx,
        records.TECHNICIANS,
        technician.id,
        {"leave": (away,)},
        actor=DISPATCHER,
        expected_version=None,
    )
