"""What an order's record gives for an invoice: hours, ways and parts; nothing is entered anew.

Quantities only: there is no price list, and the record keeps no metres driven.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal

from geo_dispatch.dispatch.records.technicians import Part
from geo_dispatch.dispatch.work import events as e
from geo_dispatch.dispatch.work.evolution import evolve_all
from geo_dispatch.dispatch.work.orders import ENDED, Status, WorkOrder
from geo_dispatch.dispatch.work.spans import Span, Spans, spans_of
from geo_dispatch.kernel.ids import OrderId, TechnicianId


class Gap(StrEnum):
    """What the record leaves open. Stable: clients rely on the codes."""

    NOT_ENDED = "not_ended"
    WORK_GOES_ON = "work_goes_on"
    NO_DEPARTURE = "no_departure"
    NO_SET_OUT = "no_set_out"
    NO_ARRIVAL = "no_arrival"
    NO_ATTENDANCE = "no_attendance"
    NOT_COUNTED = "not_counted"
    CONTESTED = "contested"
    PARTS_NOT_TOLD = "parts_not_told"

    @property
    def fact(self) -> str:
        """For a person: ``"no departure is recorded"``."""
        return _FACTS[self]


_FACTS: Final = {
    Gap.NOT_ENDED: "the order has not ended",
    Gap.WORK_GOES_ON: "the end of the work is not recorded",
    Gap.NO_DEPARTURE: "no departure is recorded",
    Gap.NO_SET_OUT: "no setting out is recorded",
    Gap.NO_ARRIVAL: "no arrival is recorded",
    Gap.NO_ATTENDANCE: "no attendance is recorded",
    Gap.NOT_COUNTED: "an attendance without work is not counted",
    Gap.CONTESTED: "a contested arrival is not counted",
    Gap.PARTS_NOT_TOLD: "the order asks for parts, none is told as used",
}


@dataclass(frozen=True, slots=True)
class Missing:
    """An open question: what is missing, about whom and since when."""

    code: Gap
    technician_id: TechnicianId | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TimeLine:
    """Time of one technician.

    Attributes
    ----------
    basis
        ``"steps"``: on the tools, as told; ``"visit"``: on site, where no such step was told;
        ``"way"``: from setting out until the arrival.
    minutes
        Whole, to the nearest; None while the end is not recorded.
    """

    span: Span
    basis: Literal["steps", "visit", "way"]
    minutes: int | None


@dataclass(frozen=True, slots=True)
class Minutes:
    """The sum over lines: by fixes at both ends, and by a person's word at one of them at least."""

    total: int
    by_gps: int
    by_word: int


@dataclass(frozen=True, slots=True)
class InvoiceDraft:
    """What was put into an order, by its record.

    Attributes
    ----------
    parts
        Used, each once, by name.
    missing
        What somebody has to settle before an invoice is written.
    """

    order_id: OrderId
    number: str
    status: Status
    ended_at: datetime | None
    labour: tuple[TimeLine, ...]
    travel: tuple[TimeLine, ...]
    parts: tuple[Part, ...]
    labour_min: Minutes
    travel_min: Minutes
    missing: tuple[Missing, ...]


def draft(events: Sequence[e.Event]) -> InvoiceDraft:
    """What the record of one order says so far.

    Parameters
    ----------
    events
        All of the order's, oldest first.

    Raises
    ------
    ValueError
        The order was never placed.
    """
    order, spans = evolve_all(None, events), spans_of(events)
    labour = sorted([*_by_steps(spans), *_by_visits(spans)], key=_place)
    travel = sorted((_line(way, "way") for way in spans.ways if _leads_there(way)), key=_place)
    parts = _parts(events)
    return InvoiceDraft(
        order_id=order.id,
        number=order.number,
        status=order.status,
        ended_at=order.ended_at,
        labour=tuple(labour),
        travel=tuple(travel),
        parts=parts,
        labour_min=_sum(labour),
        travel_min=_sum(travel),
        missing=tuple(_missing(order, spans, [*labour, *travel], parts)),
    )


def _by_steps(spans: Spans) -> Iterator[TimeLine]:
    return (_line(span, "steps") for span in spans.work)


def _by_visits(spans: Spans) -> Iterator[TimeLine]:
    """Of technicians who were never on the tools as far as anybody told; no minute twice."""
    told = {span.technician_id for span in spans.work}
    counted: list[Span] = []
    for span in sorted(spans.visits, key=lambda visit: (visit.technician_id, visit.start)):
        if span.technician_id in told:
            continue
        if counted and counted[-1].touches(span):
            counted[-1] = counted[-1].until_both_end(span)
        else:
            counted.append(span)
    return (_line(span, "visit") for span in counted)


def _line(span: Span, basis: Literal["steps", "visit", "way"]) -> TimeLine:
    lasted = None if span.end is None else span.end - span.start
    minutes = None if lasted is None else (lasted + _MINUTE / 2) // _MINUTE
    return TimeLine(span, basis, minutes)


_MINUTE: Final = timedelta(minutes=1)


def _place(line: TimeLine) -> tuple[datetime, TechnicianId]:
    return line.span.start, line.span.technician_id


def _leads_there(way: Span) -> bool:
    """Not one that an arrival implied: it would begin when it ends."""
    return way.end is None or way.end > way.start


def _sum(lines: Iterable[TimeLine]) -> Minutes:
    known = [(line.minutes, line.span.by_gps) for line in lines if line.minutes is not None]
    by_gps = sum(minutes for minutes, gps in known if gps)
    total = sum(minutes for minutes, _gps in known)
    return Minutes(total, by_gps, total - by_gps)


def _parts(events: Iterable[e.Event]) -> tuple[Part, ...]:
    used: Counter[str] = Counter()
    for event in events:
        if isinstance(event, e.OrderCompleted):
            for part in event.parts_used:
                used[part.sku] += part.quantity
    return tuple(Part(sku, quantity) for sku, quantity in sorted(used.items()))


def _missing(
    order: WorkOrder, spans: Spans, lines: Sequence[TimeLine], parts: Sequence[Part]
) -> Iterator[Missing]:
    if order.status not in ENDED:
        yield Missing(Gap.NOT_ENDED)
    for line in lines:
        if line.minutes is None:
            yield Missing(_OPEN_ENDS[line.basis], line.span.technician_id, line.span.start)
    yield from _unaccounted(order, lines)
    for span in spans.contested:
        yield Missing(Gap.CONTESTED, span.technician_id, span.start)
    for span in (*spans.visits, *spans.after_end):
        if not any(line.basis != "way" and line.span.touches(span) for line in lines):
            yield Missing(Gap.NOT_COUNTED, span.technician_id, span.start)
    if order.status is Status.COMPLETE and order.required_parts and not parts:
        yield Missing(Gap.PARTS_NOT_TOLD)


def _unaccounted(order: WorkOrder, lines: Sequence[TimeLine]) -> Iterator[Missing]:
    """Who worked and came from nowhere, and who had a completed order and was never there."""
    worked = {line.span.technician_id for line in lines if line.basis != "way"}
    travelled = {line.span.technician_id for line in lines if line.basis == "way"}
    for technician_id in sorted(worked - travelled):
        yield Missing(Gap.NO_SET_OUT, technician_id)
    if order.status is Status.COMPLETE:
        for technician_id in order.technician_ids:
            if technician_id not in worked:
                yield Missing(Gap.NO_ATTENDANCE, technician_id)


_OPEN_ENDS: Final = {
    "steps": Gap.WORK_GOES_ON,
    "visit": Gap.NO_DEPARTURE,
    "way": Gap.NO_ARRIVAL,
}
