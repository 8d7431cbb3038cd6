"""What messages say to people, in one sentence each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

from geo_dispatch.dispatch.days.availability import so_long
from geo_dispatch.dispatch.messages.queueing import Facts, Happening, clipped
from geo_dispatch.dispatch.work.orders import HoldReason, WorkOrder

Text = Callable[[Happening, Facts], str]


def _who(technician_id: str | None, facts: Facts) -> str:
    technician = facts.technicians.get(technician_id or "")
    return technician.call_sign if technician else technician_id or "nobody"


def _what(order: WorkOrder, facts: Facts) -> str:
    site = facts.sites.get(order.site_id)
    return f"{order.type} at {site.name}" if site else order.type


def _clock(moment: datetime, h: Happening, facts: Facts) -> str:
    """``"14:20"``; ``"1 Mar 14:20"`` on another day than the event's."""
    local, today = moment.astimezone(facts.zone), h.at.astimezone(facts.zone)
    day = "" if local.date() == today.date() else f"{local.day} {local:%b} "
    return f"{day}{local:%H:%M}"


def _because(reason: str) -> str:
    return f": {clipped(reason)}" if reason else ""


def in_words(fields: Iterable[str]) -> str:
    """``"duration, preferred technician"``: fields of an order as people call them."""
    names = (name.removesuffix("_s").removesuffix("_id").removesuffix("_at") for name in fields)
    return ", ".join(sorted(name.replace("_", " ") for name in names))


def placed(h: Happening, facts: Facts) -> str:
    """An order came in."""
    order = h.after
    return f"{order.number} placed: {_what(order, facts)}, priority {order.priority}"


def yours(h: Happening, facts: Facts) -> str:
    """For the technician who gets it."""
    order = h.after
    urgent = "Emergency: " if order.emergency else ""
    place = f", number {order.sequence} of your jobs" if order.sequence else ""
    return f"{urgent}{order.number} is yours: {_what(order, facts)}{place}"


def yours_too(h: Happening, facts: Facts) -> str:
    """For the technician who goes with the one who has it."""
    order = h.after
    lead = _who(order.technician_id, facts)
    return f"{order.number} is yours too: {_what(order, facts)}, with {lead}"


def no_longer_yours(h: Happening, facts: Facts) -> str:
    """For the technician who has it no longer."""
    order = h.after
    why = _because(getattr(h.event, "reason", ""))
    return f"{order.number}, {_what(order, facts)}, is no longer yours{why}"


def changed(h: Happening, _facts: Facts) -> str:
    """What it asks for changed."""
    return f"{h.after.number} changed: {in_words(_event(h).changes)}"


def _room(h: Happening, facts: Facts) -> str:
    by = _event(h).by_order_id
    return f"makes room for {facts.numbers.get(by, by)}" if by else "is moved"


def bumped(h: Happening, facts: Facts) -> str:
    """For clients, and the technician from whom it was pushed aside."""
    event = _event(h)
    begin = f", to begin at {_clock(event.begin_after, h, facts)}" if event.begin_after else ""
    if event.technician_after is None:
        where = "it waits in the backlog"
    elif event.technician_after == event.technician_before:
        where = f"it stays with {_who(event.technician_after, facts)}{begin}"
    else:
        where = f"it goes to {_who(event.technician_after, facts)}{begin}"
    return f"{h.after.number} {_room(h, facts)}: {where}"


def bumped_customer(h: Happening, facts: Facts) -> str:
    """For the customer whose visit was pushed aside."""
    event, what = _event(h), _what(h.after, facts)
    if event.begin_after is None:
        return f"Your visit, {what}, must wait; you will hear when somebody comes"
    was = f" from {_clock(event.begin_before, h, facts)}" if event.begin_before else ""
    return f"Your visit, {what}, moves{was} to {_clock(event.begin_after, h, facts)}"


def at_risk(h: Happening, _facts: Facts) -> str:
    """It is expected to miss a limit."""
    event = _event(h)
    limit = _LIMITS.get(event.limit, event.limit)
    return f"{h.after.number} is expected {so_long(event.late_by_s)} after {limit}"


_LIMITS: Final = {
    "window": "the promised window",
    "due": "the due time",
    "sla_response": "the promised response",
    "sla_completion": "the promised completion",
}


def eta(h: Happening, facts: Facts) -> str:
    """For clients: a new ETA."""
    event = _event(h)
    if event.eta is None:
        return f"{h.after.number} has no ETA: {event.basis.replace('_', ' ')}"
    who = _who(event.technician_id, facts)
    return f"{who} is expected at {h.after.number} at {_clock(event.eta, h, facts)}"


def expected(h: Happening, facts: Facts) -> str:
    """For the customer: when somebody comes."""
    who, when = _who(h.after.technician_id, facts), _clock(_event(h).eta, h, facts)
    return f"{who} is expected at {when}: {_what(h.after, facts)}"


def arriving(h: Happening, facts: Facts) -> str:
    """For the customer: the technician is nearly there."""
    who, when = _who(h.after.technician_id, facts), _clock(_event(h).eta, h, facts)
    return f"{who} is nearly there, expected at {when}: {_what(h.after, facts)}"


def delayed(h: Happening, facts: Facts) -> str:
    """For clients: later than was told."""
    event = _event(h)
    was, now = (_clock(moment, h, facts) for moment in (event.eta_before, event.eta))
    return f"{h.after.number} is delayed: {_who(event.technician_id, facts)} {now}, not {was}"


def delayed_customer(h: Happening, facts: Facts) -> str:
    """For the customer: later than they were told."""
    event = _event(h)
    told = facts.told.get(h.after.id, event.eta_before)
    was, now = (_clock(moment, h, facts) for moment in (told, event.eta))
    who = _who(event.technician_id, facts)
    return f"{who} comes at {now} instead of {was}: {_what(h.after, facts)}"


def on_the_way(h: Happening, facts: Facts) -> str:
    """For the customer: the technician set out."""
    told = facts.told.get(h.after.id)
    when = f", expected at {_clock(told, h, facts)}" if told is not None and told > h.at else ""
    return f"{_who(h.after.technician_id, facts)} is on the way to you{when}: " + _what(
        h.after, facts
    )


def says(words: str) -> Text:
    """``"WO-1042 <words>"`` with the event's technician and reason in it."""

    def text(h: Happening, facts: Facts) -> str:
        who = _who(getattr(h.event, "technician_id", None), facts)
        why = getattr(h.event, "reason", "") or getattr(h.event, "note", "")
        return f"{h.after.number} {words.format(who=who)}{_because(str(why).replace('_', ' '))}"

    return text


def held(h: Happening, _facts: Facts) -> str:
    """It waits for something."""
    return f"{h.after.number} is on hold: {HoldReason(_event(h).reason).in_words}"


def flagged(h: Happening, _facts: Facts) -> str:
    """The office must judge."""
    return f"{h.after.number} needs a dispatcher: {clipped(_event(h).fact)}"


def done(h: Happening, facts: Facts) -> str:
    """The customer's work is done."""
    return f"Done: {_what(h.after, facts)}"


def cancelled(h: Happening, facts: Facts) -> str:
    """The customer's visit will not happen."""
    return f"Cancelled: {_what(h.after, facts)}"


def _event(h: Happening) -> Any:
    """The event, whose type the table's key says."""
    return h.event
