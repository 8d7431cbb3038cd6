"""Which steps a work order may take where it stands: one table."""

from __future__ import annotations

from typing import Final

from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.orders import ENDED, OPEN, UNDER_WAY, Status, WorkOrder
from geo_dispatch.kernel.errors import Fault, TransitionNotAllowed
from geo_dispatch.kernel.ids import TechnicianId

_S = Status
STEPS: Final[dict[type[c.Command], frozenset[Status]]] = {
    c.ChangeOrder: OPEN,
    c.Assign: frozenset({_S.NEW, _S.ASSIGNED, _S.EN_ROUTE, _S.NEEDS_HELP}),
    c.Resequence: OPEN - {_S.NEW},
    c.ChangeCrew: OPEN - {_S.NEW},
    c.Unassign: frozenset({_S.ASSIGNED, _S.EN_ROUTE, _S.NEEDS_HELP}),
    c.Pin: frozenset({_S.ASSIGNED}),
    c.PutOnHold: OPEN,
    c.Release: OPEN,
    c.RaiseFlag: OPEN,
    c.ClearFlag: OPEN,
    c.TellRisk: OPEN,
    c.SetOut: frozenset({_S.ASSIGNED}),
    c.ConfirmArrival: frozenset({_S.ASSIGNED, _S.EN_ROUTE}),
    c.Start: frozenset({_S.ON_SITE}),
    c.AskForHelp: UNDER_WAY - {_S.NEEDS_HELP} | {_S.ASSIGNED},
    c.Resume: frozenset({_S.NEEDS_HELP}),
    c.Complete: frozenset({_S.ON_SITE, _S.ON_THE_TOOLS}),
    c.Cancel: OPEN,
    c.ReviewArrival: frozenset(Status),
    c.ReviseVisit: frozenset(Status),
    c.SuggestVisit: frozenset({_S.ASSIGNED, _S.EN_ROUTE}),
    c.Depart: frozenset(Status),
    c.ReviseSetOut: frozenset({_S.EN_ROUTE}),
    c.Retire: ENDED,
}
"""Which steps an order may take where it stands."""

_BESIDE: Final = {
    c.ChangeCrew,
    c.Resequence,
    c.Release,
    c.RaiseFlag,
    c.ClearFlag,
    c.TellRisk,
    c.ReviewArrival,
    c.ReviseVisit,
    c.SuggestVisit,
    c.ReviseSetOut,
    c.Depart,
}
_BY_PEOPLE: Final = tuple(step for step in STEPS if step not in _BESIDE)


def possible_steps(status: Status) -> list[str]:
    """Names of the steps that people may take from there."""
    return [step.step for step in _BY_PEOPLE if status in STEPS[step]]


def refusal(order: WorkOrder, step: str, why: str = "") -> TransitionNotAllowed:
    """What to raise for a step that the order can't take where it stands."""
    possible = possible_steps(order.status) if not order.retired else []
    stands = "retired" if order.retired else order.status.value
    can = f"possible now: {', '.join(possible)}" if possible else "nothing more is possible"
    return TransitionNotAllowed(
        f"{order.number} is {stands}: cannot {step}{f' ({why})' if why else ''}; {can}",
        [Fault("status", f"{order.number} is {stands}; {can}")],
    )


def holder(order: WorkOrder) -> TechnicianId:
    """Whose it is.

    Raises
    ------
    ValueError
        Nobody's: a step was taken that the table forbids.
    """
    if order.technician_id is None:
        raise ValueError(f"{order.number} is {order.status} without a technician")
    return order.technician_id
