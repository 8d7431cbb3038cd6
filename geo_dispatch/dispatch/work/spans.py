"""Who was on the way, on site and on the tools for an order, and when, by its events."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from geo_dispatch.dispatch.work import events as e
from geo_dispatch.dispatch.work.orders import Source, Status
from geo_dispatch.kernel.ids import TechnicianId, VisitId


@dataclass(frozen=True, slots=True)
class Span:
    """Time of one technician; without ``end`` that is not recorded.

    Attributes
    ----------
    start_source, end_source
        Whether fixes said so, or a person.
    """

    technician_id: TechnicianId
    start: datetime
    start_source: Source
    end: datetime | None = None
    end_source: Source | None = None

    @property
    def by_gps(self) -> bool:
        """Whether nobody's word is needed for it."""
        return self.start_source == self.end_source == "gps"

    def ended(self, at: datetime, source: Source) -> Span:
        """The span up to then; what is said to end before it began lasts no time."""
        return replace(self, end=max(at, self.start), end_source=source)

    def touches(self, other: Span) -> bool:
        """Whether it is the same technician's, and no time lies between the two."""
        return (
            self.technician_id == other.technician_id
            and (self.end is None or self.end >= other.start)
            and (other.end is None or other.end >= self.start)
        )

    def until_both_end(self, other: Span) -> Span:
        """The span up to the later end; not recorded if one of the two is not."""
        if self.end is None or (other.end is not None and other.end <= self.end):
            return self
        return replace(self, end=other.end, end_source=other.end_source)


@dataclass(frozen=True, slots=True)
class Spans:
    """All times of an order, in each list by when they were first told.

    Attributes
    ----------
    ways
        From setting out until the arrival that counts.
    visits
        On site. Those of whoever completed the order end then: what follows is no work on it.
    work
        On the tools, as people told: without the time in which they waited for help.
    contested
        Visits that the technician says were none.
    after_end
        Visits that began when the order had ended.
    """

    ways: tuple[Span, ...]
    visits: tuple[Span, ...]
    work: tuple[Span, ...]
    contested: tuple[Span, ...]
    after_end: tuple[Span, ...]


def spans_of(events: Iterable[e.Event]) -> Spans:
    """Everybody's times, from all of the order's events, oldest first."""
    book = _Book()
    for event in events:
        note = _NOTES.get(type(event))
        if note is not None:
            note(book, event)
    return book.close()


@dataclass(slots=True)
class _Way:
    span: Span
    visit_id: VisitId | None = None


@dataclass(slots=True)
class _Book:
    """What is known so far."""

    ways: list[_Way] = field(default_factory=list)
    visits: dict[VisitId, Span] = field(default_factory=dict)
    taken_back: set[VisitId] = field(default_factory=set)
    contested: set[VisitId] = field(default_factory=set)
    work: list[Span] = field(default_factory=list)
    ended_at: datetime | None = None
    ended_by: TechnicianId | None = None

    def counts(self, visit_id: VisitId) -> bool:
        return visit_id not in self.taken_back and visit_id not in self.contested

    def end_work(self, at: datetime) -> None:
        if self.work and self.work[-1].end is None:
            self.work[-1] = self.work[-1].ended(at, "person")

    def close(self) -> Spans:
        there = [span for visit_id, span in self.visits.items() if self.counts(visit_id)]
        late = [span for span in there if self.ended_at is not None and span.start > self.ended_at]
        return Spans(
            ways=tuple(self._way(way) for way in self.ways),
            visits=tuple(self._to_the_end(span) for span in there if span not in late),
            work=tuple(self.work),
            contested=tuple(
                span
                for visit_id, span in self.visits.items()
                if visit_id in self.contested and visit_id not in self.taken_back
            ),
            after_end=tuple(late),
        )

    def _to_the_end(self, span: Span) -> Span:
        if self.ended_at is None or span.technician_id != self.ended_by:
            return span
        if span.end is not None and span.end <= self.ended_at:
            return span
        return span.ended(self.ended_at, "person")

    def _way(self, way: _Way) -> Span:
        if way.visit_id is None or not self.counts(way.visit_id):
            return way.span
        visit = self.visits[way.visit_id]
        return way.span.ended(visit.start, visit.start_source)


def _set_out(book: _Book, event: e.OrderEnRoute) -> None:
    book.ways.append(_Way(Span(event.technician_id, event.occurred_at, event.source)))


def _set_out_revised(book: _Book, event: e.SetOutRevised) -> None:
    way = book.ways.pop()
    if event.occurred_at is not None:
        way.span = replace(way.span, start=event.occurred_at, start_source="gps")
        book.ways.append(way)


def _arrived(book: _Book, event: e.OrderArrived) -> None:
    book.visits[event.visit_id] = Span(event.technician_id, event.occurred_at, event.source)
    way = book.ways[-1] if book.ways else None
    if way is None or way.span.technician_id != event.technician_id:
        return
    if way.visit_id is None or not book.counts(way.visit_id):
        way.visit_id = event.visit_id


def _departed(book: _Book, event: e.OrderDeparted) -> None:
    visit = book.visits.get(event.visit_id)
    if visit is not None:
        book.visits[event.visit_id] = visit.ended(event.occurred_at, "gps")


def _revised(book: _Book, event: e.VisitRevised) -> None:
    known = book.visits.get(event.visit_id)
    if known is not None and known.start_source == "person":
        return
    if event.arrived_at is None:
        book.taken_back.add(event.visit_id)
        return
    span = Span(event.technician_id, event.arrived_at, "gps")
    left = event.departed_at
    book.visits[event.visit_id] = span if left is None else span.ended(left, "gps")
    book.taken_back.discard(event.visit_id)


def _reviewed(book: _Book, event: e.ArrivalReviewed) -> None:
    if event.verdict == "contested":
        book.contested.add(event.visit_id)
    else:
        book.contested.discard(event.visit_id)


def _started(book: _Book, event: e.OrderStarted) -> None:
    book.work.append(Span(event.technician_id, event.occurred_at, "person"))


def _waits(book: _Book, event: e.OrderNeedsHelp) -> None:
    book.end_work(event.occurred_at)


def _resumed(book: _Book, event: e.OrderResumed) -> None:
    if event.status == Status.ON_THE_TOOLS:
        book.work.append(Span(event.technician_id, event.occurred_at, "person"))


def _completed(book: _Book, event: e.OrderCompleted) -> None:
    book.end_work(event.occurred_at)
    book.ended_at, book.ended_by = event.occurred_at, event.technician_id


def _cancelled(book: _Book, event: e.OrderCancelled) -> None:
    book.end_work(event.occurred_at)
    book.ended_at = event.occurred_at


_NOTES: Final[dict[type[e.Event], Callable[[_Book, Any], None]]] = {
    e.OrderEnRoute: _set_out,
    e.SetOutRevised: _set_out_revised,
    e.OrderArrived: _arrived,
    e.OrderDeparted: _departed,
    e.VisitRevised: _revised,
    e.ArrivalReviewed: _reviewed,
    e.OrderStarted: _started,
    e.OrderNeedsHelp: _waits,
    e.OrderResumed: _resumed,
    e.OrderCompleted: _completed,
    e.OrderCancelled: _cancelled,
}
