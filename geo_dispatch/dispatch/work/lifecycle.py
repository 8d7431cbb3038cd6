"""How a work order moves: `steps` says what may be, `evolution` folds what is decided here.

::

    new ──> assigned ──> en_route ──> on_site ──> on_the_tools ──> complete
                │            │           │             │
                └────────────┴─ needs_help ────────────┘   resumes where it stood
    everything open ──> cancelled

What fixes say moves an order forward only; what a person said stays.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work import events as e
from geo_dispatch.dispatch.work import field_steps, office_steps
from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.dispatch.work.steps import STEPS, refusal
from geo_dispatch.kernel.time import utc

_DECIDERS: Final = office_steps.DECIDERS | field_steps.DECIDERS


def decide(order: WorkOrder | None, command: c.Command, now: datetime) -> list[e.Event]:
    """What happens when the command comes; empty when it changes nothing.

    Fixes (``source="gps"``) that would move the order backwards, or out of turn, change nothing.

    Raises
    ------
    TransitionNotAllowed
        The order stands where the step is not possible; the message names what is.
    InvalidInput
        What the order asks for makes no sense; every fault found.
    """
    if isinstance(command, c.PlaceOrder):
        return office_steps.place(command)
    if order is None:
        raise ValueError(f"there is no order to {command.step}")
    if isinstance(command, c.ChangeOrder) and replace(order, **command.changes) == order:
        return []
    if order.status not in STEPS[type(command)] or (order.retired and not _tells(command)):
        if getattr(command, "source", None) == "gps":
            return []
        raise refusal(order, command.step)
    return _DECIDERS[type(command)](order, command, utc(now))


def _tells(command: c.Command) -> bool:
    return isinstance(command, c.ReviseVisit | c.Depart)
