"""What a person says of an order, as the command that it comes to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from geo_dispatch.dispatch.records.technicians import Part, part_faults
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.orders import OrderFields, Outcome, Status, WorkOrder
from geo_dispatch.dispatch.work.steps import STEPS, refusal
from geo_dispatch.dispatch.work.visits import Review
from geo_dispatch.kernel.errors import Fault, InvalidInput
from geo_dispatch.kernel.ids import NewId, VisitId


def command_for(
    order: WorkOrder,
    target: Status,
    note: str,
    new_id: NewId,
    *,
    outcome: Outcome = "",
    follow_ups: bool = False,
    parts_used: Sequence[Part] = (),
) -> c.Command:
    """The command of a person who says that the order stands at ``target``.

    Parameters
    ----------
    outcome, follow_ups, parts_used
        What a completion came to, whether something is left to be done, and what went into it; an
        outcome that is not told follows from that.

    Raises
    ------
    InvalidInput
        The target is reached by assigning or unassigning; an outcome, follow-ups or parts of
        something else than a completion; a completion without a word, or to be followed up by
        nothing.
    TransitionNotAllowed
        A completion from where it stands.
    """
    if target is Status.COMPLETE:
        outcome = outcome or ("follow_up" if follow_ups else "fixed")
        return _completion(order, note, outcome, parts_used, follow_ups=follow_ups)
    told = {"outcome": outcome, "follow_ups": follow_ups, "parts_used": parts_used}
    _refuse_report(order, [name for name, value in told.items() if value])
    if order.status is Status.NEEDS_HELP and target is order.helped_from:
        return c.Resume()
    unreviewed = _unreviewed(order)
    if target is Status.ON_SITE and unreviewed is not None:
        return c.ReviewArrival(visit_id=unreviewed, verdict="confirmed")
    if target not in _TOLD:
        way = "unassign" if target is Status.NEW else "assign"
        raise InvalidInput(
            f"{order.number} cannot be set to {target}; {way} it instead",
            [Fault("status", f"{target} is reached by {way}ing only")],
        )
    return _TOLD[target](note, new_id)


_TOLD: Final[dict[Status, Callable[[str, NewId], c.Command]]] = {
    Status.EN_ROUTE: lambda _note, _new_id: c.SetOut(source="person"),
    Status.ON_SITE: lambda _note, new_id: c.ConfirmArrival(
        visit_id=VisitId(new_id("vi")), source="person"
    ),
    Status.ON_THE_TOOLS: lambda _note, _new_id: c.Start(),
    Status.NEEDS_HELP: lambda note, _new_id: c.AskForHelp(reason=note),
    Status.CANCELLED: lambda note, _new_id: c.Cancel(reason=note),
}


def _completion(
    order: WorkOrder,
    notes: str,
    outcome: Outcome,
    parts_used: Sequence[Part],
    *,
    follow_ups: bool,
) -> c.Complete:
    if order.status not in STEPS[c.Complete]:
        raise refusal(order, c.Complete.step)
    faults = part_faults(tuple(parts_used), "parts_used")
    if not notes.strip():
        faults.append(Fault("notes", "is empty; say what was done, or why it could not be fixed"))
    if outcome == "follow_up" and not follow_ups:
        faults.append(Fault("follow_ups", "is empty; say what is left to be done"))
    if faults:
        raise InvalidInput(f"{order.number} cannot be closed like that", faults)
    return c.Complete(notes=notes, outcome=outcome, parts_used=tuple(parts_used))


def _refuse_report(order: WorkOrder, told: Sequence[str]) -> None:
    if told:
        raise InvalidInput(
            f"only a completion of {order.number} has an outcome and follow-ups",
            [Fault(name, "is for completions; leave it out") for name in told],
        )


def follow_up_fields(order: WorkOrder, told: OrderFields) -> OrderFields:
    """The follow-up that was told: at the same place, by the same skills, unless it says so."""
    inherited: OrderFields = {
        "type": order.type,
        "site_id": order.site_id,
        "customer_id": order.customer_id,
        "equipment_id": order.equipment_id,
        "required_skills": order.required_skills,
        "required_certificates": order.required_certificates,
    }
    return {**inherited, **told, "parent_id": order.id}


def _unreviewed(order: WorkOrder) -> VisitId | None:
    """The arrival that fixes confirmed and a person now repeats."""
    arrival = order.arrival
    if order.status is not Status.ON_SITE or arrival is None or arrival.source == "person":
        return None
    return arrival.visit_id if arrival.review is Review.OPEN else None
