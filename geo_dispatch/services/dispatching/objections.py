"""What speaks against an assignment, told as a refusal."""

from __future__ import annotations

from collections.abc import Sequence

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.ranking.exclusions import NEVER, Code, Exclusion
from geo_dispatch.dispatch.ranking.fixed import fixed_by
from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.kernel.errors import AssignmentConflict, Conflict, Fault
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.services.context import Context
from geo_dispatch.services.dispatching.candidates import Considered, readable_ranking
from geo_dispatch.services.dispatching.placing import Placement


def first_of(ctx: Context, considered: Considered) -> TechnicianId:
    """The first of the ranking.

    Raises
    ------
    AssignmentConflict
        Nobody can be sent; ``conflicts`` says why, of each of them, and names closures.
    """
    ranking = considered.ranking
    if ranking.candidates:
        return ranking.candidates[0].technician_id
    raise AssignmentConflict(
        f"nobody can be sent to {considered.case.order.number}",
        [
            Fault(one.call_sign, sentence(exclusion))
            for one in readable_ranking(ctx, considered).excluded
            for exclusion in one.exclusions
        ]
        or [Fault("technicians", "there are none in service")],
    )


def refuse_excluded(
    considered: Considered, placement: Placement, conflicts: Sequence[Exclusion], *, force: bool
) -> None:
    """Refuse what limits speak against, unless it is forced and may be.

    Raises
    ------
    AssignmentConflict
        ``conflicts`` names each.
    """
    never = any(one.code in NEVER for one in conflicts)
    if not conflicts or (force and not never):
        return
    call_sign, number = placement.plan.technician.call_sign, considered.case.order.number
    remedy = "this can't be forced" if never else "force with a reason to send them all the same"
    raise AssignmentConflict(
        f"{call_sign} cannot be sent to {number}; {remedy}",
        [Fault(conflict.code, sentence(conflict)) for conflict in conflicts],
    )


def against_moving(order: WorkOrder, *, unpins: bool = False) -> tuple[Exclusion, ...]:
    """What keeps the visit where it is, of an order that somebody has.

    Parameters
    ----------
    unpins
        The same call lets go of it.
    """
    fixed = fixed_by(order) if order.technician_id is not None else None
    return () if fixed is None or (unpins and fixed.code is Code.PINNED) else (fixed,)


def refuse_fixed(order: WorkOrder, *, force: bool, unpins: bool = False) -> None:
    """Refuse to move a visit that is fixed, unless it is forced and may be.

    Raises
    ------
    AssignmentConflict
        ``conflicts`` says what keeps it.
    """
    fixed = against_moving(order, unpins=unpins)
    never = any(one.code in NEVER for one in fixed)
    if not fixed or (force and not never):
        return
    remedy = "this can't be forced" if never else "force with a reason to move it all the same"
    raise AssignmentConflict(
        f"{order.number} stays where it is; {remedy}",
        [Fault(one.code, sentence(one)) for one in fixed],
    )


def refuse_unseen(unit: Unit, order: WorkOrder, chosen_id: TechnicianId) -> None:
    """Refuse to take the order from somebody of whom the caller may know nothing.

    Raises
    ------
    Conflict
        Another than who is chosen has it.
    """
    if order.technician_id is None or order.technician_id == chosen_id:
        return
    call_sign = unit.technicians.get(order.technician_id).call_sign
    raise Conflict(
        f"{order.number} is given to {call_sign} already; to give it to another, send the version "
        f'that this is based on (If-Match: "{order.version}"), or unassign it first',
        [Fault("technician_id", f"{call_sign} has {order.number}")],
    )


def sentence(exclusion: Exclusion) -> str:
    """The exclusion as one sentence."""
    return f"{exclusion.fact}; lifted by: {exclusion.lifts}" if exclusion.lifts else exclusion.fact
