"""How much later each stop of a day could be before a limit breaks that holds now.

A stop that is set out for later is merely later, until one of its own comparisons comes out
otherwise (`sliding`). Meanwhile the rest of the day begins later by as much or, behind a wait, as
it would have. So a limit breaks when the stop breaks one, or when the rest of the day does from
the state that the stop leaves. Told from the last stop to the first, and remembered: many delays
leave the same state, only later.
"""

from __future__ import annotations

from collections.abc import Container, Generator, Sequence
from datetime import timedelta
from typing import Final

from geo_dispatch.dispatch.days.feasibility import Limit
from geo_dispatch.dispatch.days.plan import Stop
from geo_dispatch.dispatch.days.sliding import TICK, At, Room
from geo_dispatch.dispatch.days.state import State
from geo_dispatch.dispatch.days.visiting import World
from geo_dispatch.kernel.ids import OrderId

_ENDLESS: Final = timedelta(days=14)
"""A visit that could be so much later has no limit that anybody plans by."""

_NONE: Final = timedelta(0)


def slacks_s(
    world: World,
    stops: Sequence[Stop],
    states: Sequence[State],
    holds: Container[tuple[Limit, OrderId]],
) -> list[float | None]:
    """How much later each stop could be, seconds; None without end, and for what is unreachable.

    Parameters
    ----------
    states
        Before each stop, and after the last.
    holds
        The limits that are broken already.
    """
    rest = _Rest(world, stops, holds)
    delays: list[timedelta] = []
    for number in reversed(range(len(stops))):
        if states[number + 1].driven_s is None:
            rest.learn(number, states[number], _ENDLESS)
        delays.append(rest.breaks_by(number, states[number]))
    return [
        None if delay >= _ENDLESS else max(_NONE, delay - TICK).total_seconds()
        for delay in reversed(delays)
    ]


class _Rest:
    """A day from some stop on, begun from any state: what is known of when it breaks a limit."""

    def __init__(
        self, world: World, stops: Sequence[Stop], holds: Container[tuple[Limit, OrderId]]
    ) -> None:
        self._world, self._holds = world, holds
        self._errands = [world.errand(stop) for stop in stops]
        self._known: list[list[tuple[State, timedelta]]] = [[] for _ in stops]

    def learn(self, number: int, state: State, delay: timedelta) -> None:
        """Remember the least delay of that state before that stop that breaks a limit."""
        self._known[number].append((state, delay))

    def breaks_by(self, number: int, state: State) -> timedelta:
        """The least delay that breaks a limit, at that stop or behind.

        Slides stop within stop, on a list rather than by recursion: a day may have more stops
        than Python has frames.
        """
        found = self._recalled(number, state)
        if found is not None:
            return found
        asked = [(number, state, self._slide(number, state))]
        while True:
            number, state, sliding = asked[-1]
            try:
                behind = next(sliding) if found is None else sliding.send(found)
            except StopIteration as told:
                asked.pop()
                delay: timedelta = told.value
                self.learn(number, state, delay)
                if not asked:
                    return delay
                found = delay
            else:
                found = None
                asked.append((number + 1, behind, self._slide(number + 1, behind)))

    def _recalled(self, number: int, state: State) -> timedelta | None:
        """The same, as far as it is known already."""
        if number == len(self._errands):
            return _ENDLESS
        for known, delay in self._known[number]:
            later = state.later_than(known)
            if later is not None and _NONE <= later <= delay:
                return delay if delay >= _ENDLESS else delay - later
        return None

    def _slide(self, number: int, state: State) -> Generator[State, timedelta, timedelta]:
        """Delay the stop until a limit breaks; asks for what isn't known of the rest of the day."""
        delay, errand = _NONE, self._errands[number]
        while delay < _ENDLESS:
            room = Room()
            later = state._replace(at=At(state.at.when + delay, slides=True))
            visit, after = self._world.visit(later, errand, room)
            if any((one.limit, one.order_id) not in self._holds for one in visit.violations):
                return delay
            behind = self._recalled(number + 1, after)
            if behind is None:
                behind = yield after
            if behind < room.left and (after.at.slides or not behind):
                return delay + behind
            delay += min(room.left, _ENDLESS)
        return _ENDLESS
