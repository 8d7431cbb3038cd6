"""A day worked out: the one function that says when everything happens.

`walk` does the stops of a plan one after another, as `visiting` describes, and tells what that
breaks. ETAs, rankings, emergencies and the board all use it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from geo_dispatch.dispatch.days.drives import Drives
from geo_dispatch.dispatch.days.feasibility import Limit, Violation, by_limit
from geo_dispatch.dispatch.days.labour import Pause
from geo_dispatch.dispatch.days.plan import Basis, Origin, Plan, Stop
from geo_dispatch.dispatch.days.resting import rested
from geo_dispatch.dispatch.days.slack import slacks_s
from geo_dispatch.dispatch.days.sliding import At, Room
from geo_dispatch.dispatch.days.state import State, Visit
from geo_dispatch.dispatch.days.visiting import World
from geo_dispatch.kernel.ids import OrderId
from geo_dispatch.kernel.time import Window

__all__ = ["Pause", "Schedule", "Stay", "walk"]


@dataclass(frozen=True, slots=True)
class Stay:
    """One stop of a plan, worked out.

    Attributes
    ----------
    depart_at
        When the drive there begins; for a stop that is reached, now.
    drive_s
        Of this leg.
    driven_s
        All driving until there, from now on.
    begin_at
        When work begins: not before the window opens, whatever the arrival.
    wait_s
        From the arrival to the beginning of the work.
    slack_s
        How much later the technician could set out (or, on site, be done) before a limit breaks
        that holds now, here or behind. None when no limit would within two weeks, and where slack
        wasn't asked for.
    basis
        What it is worked out from. Times are None with ``NO_POSITION`` and ``UNREACHABLE``.
    """

    stop: Stop
    depart_at: datetime | None
    drive_s: float | None
    driven_s: float | None
    arrive_at: datetime | None
    begin_at: datetime | None
    finish_at: datetime | None
    wait_s: float
    slack_s: float | None
    basis: Basis

    @property
    def away(self) -> Window | None:
        """What the visit takes of whoever and whatever goes there; None when nobody can tell.

        From the last moment to set out, which leaves a wait at the door out, to the end of the
        work. Shared vehicles and tools are judged, booked and moved by it.
        """
        if self.begin_at is None or self.finish_at is None:
            return None
        return Window(self.begin_at - timedelta(seconds=self.drive_s or 0.0), self.finish_at)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A plan worked out.

    Attributes
    ----------
    free_at
        When the technician is done with everything; None when the plan can't be driven or starts
        nowhere.
    violations
        What it breaks, in the order of the stops.
    overtime_s
        How long work goes on after the shifts that it belongs to; 0 where none is allowed.
    """

    stays: tuple[Stay, ...]
    pauses: tuple[Pause, ...]
    free_at: datetime | None
    basis: Basis
    violations: tuple[Violation, ...] = ()
    overtime_s: float = 0.0

    @property
    def drive_s(self) -> float:
        """All driving in it."""
        return sum(stay.drive_s or 0.0 for stay in self.stays)


def walk(
    plan: Plan,
    start: Origin | None,
    drives: Drives,
    now: datetime,
    zone: ZoneInfo,
    *,
    slack: bool = False,
) -> Schedule:
    """Work the plan out from its origin.

    Parameters
    ----------
    slack
        Tell how much later each visit could be as well; takes a few walks more.
    """
    if start is None:
        lost = tuple(_nowhere(stop, Basis.NO_POSITION) for stop in plan.stops)
        return Schedule(lost, (), None, Basis.NO_POSITION)
    journey = Journey.through(plan, start, drives, now=now, zone=zone)
    return journey.schedule(slack=slack)


@dataclass(frozen=True, slots=True)
class Journey:
    """A walk with the state before each stop, so that it can be taken up anywhere.

    Attributes
    ----------
    states
        Before each stop, and after the last.
    resting
        The break that goes on now.
    """

    world: World
    start: Origin
    stops: tuple[Stop, ...]
    visits: tuple[Visit, ...]
    states: tuple[State, ...]
    resting: Pause | None = None

    @classmethod
    def through(
        cls,
        plan: Plan,
        start: Origin,
        drives: Drives,
        *,
        now: datetime,
        zone: ZoneInfo,
        also: Sequence[OrderId] = (),
    ) -> Journey:
        """Walk the whole plan; orders ``also`` named count as planned, though they come later."""
        world = World(
            technician=plan.technician,
            drives=drives,
            now=now,
            zone=zone,
            planned=frozenset((*(stop.order.id for stop in plan.stops), *also)),
            overtime=timedelta(seconds=plan.overtime_s),
        )
        had = rested(plan.technician, plan.breaks, now, zone)
        at = At(now if had.pause is None else had.pause.end_at)
        state = State(at, start.place, taken=had.taken)
        return cls(world, start, (), (), (state,), had.pause).then(plan.stops)

    def then(self, stops: Sequence[Stop]) -> Journey:
        """With these stops behind it."""
        visits, states = self._walked(self.states[-1], stops)
        return replace(
            self,
            stops=(*self.stops, *stops),
            visits=(*self.visits, *visits),
            states=(*self.states, *states),
        )

    def up_to(self, number: int) -> Journey:
        """The first so many stops of it."""
        return replace(
            self,
            stops=self.stops[:number],
            visits=self.visits[:number],
            states=self.states[: number + 1],
        )

    def schedule(self, *, slack: bool = False) -> Schedule:
        """What it comes to; with the slack of each stop, if asked for."""
        violations = _violations(self.visits)
        slacks: Sequence[float | None] = [None] * len(self.stops)
        if slack:
            holds = frozenset(by_limit(violations))
            slacks = slacks_s(self.world, self.stops, self.states, holds)
        stays = tuple(
            _stay(visit, state, self._basis(visit), slack_s)
            for visit, state, slack_s in zip(self.visits, self.states[1:], slacks, strict=True)
        )
        last = self.states[-1]
        pauses = tuple(pause for visit in self.visits for pause in visit.pauses)
        pauses = pauses if self.resting is None else (self.resting, *pauses)
        if last.driven_s is None:
            return Schedule(stays, pauses, None, Basis.UNREACHABLE, violations)
        if not self.visits:
            start = self.start
            return Schedule((), pauses, max(start.ready_at, last.at.when), start.basis)
        overtime_s = _overtime_s(self.states) if self.world.overtime else 0.0
        return Schedule(stays, pauses, last.at.when, Basis.SITE, violations, overtime_s)

    def _walked(self, state: State, stops: Sequence[Stop]) -> tuple[list[Visit], list[State]]:
        visits: list[Visit] = []
        states: list[State] = []
        for stop in stops:
            visit, state = self.world.visit(state, self.world.errand(stop), Room())
            visits.append(visit)
            states.append(state)
        return visits, states

    def _basis(self, visit: Visit) -> Basis:
        if visit.begin is None:
            return Basis.UNREACHABLE
        return Basis.ARRIVED if visit.stop.reached else self.start.basis


def _overtime_s(states: Iterable[State]) -> float:
    """How long after the end of each duty its last work goes on, in all."""
    over = {
        state.duty: (state.at.when - state.duty.window.end).total_seconds()
        for state in states
        if state.duty is not None
    }
    return sum(max(0.0, over_s) for over_s in over.values())


def _violations(visits: Sequence[Visit]) -> tuple[Violation, ...]:
    """What the visits break, each for itself and by their sequence."""
    places = {visit.stop.order.id: visit for visit in visits}
    behind: set[str] = set()
    found: list[Violation] = []
    for visit in visits:
        found.extend(visit.violations)
        behind.add(visit.stop.order.id)
        for prior in visit.stop.priors:
            other = places.get(prior.order_id)
            if other is not None and prior.order_id not in behind:
                found.append(_out_of_turn(visit, other, prior.number))
    return tuple(found)


def _out_of_turn(visit: Visit, prior: Visit, number: str) -> Violation:
    late_s = math.inf
    if visit.begin is not None and prior.finish is not None:
        late_s = (prior.finish.when - visit.begin.when).total_seconds()
    fact = f"waits for {number}, which comes after it in this day"
    at = prior.finish.when if prior.finish is not None else None
    return Violation(Limit.PREDECESSOR, visit.stop.order.id, late_s, at, fact)


def _stay(visit: Visit, after: State, basis: Basis, slack_s: float | None) -> Stay:
    stop = visit.stop
    if visit.depart is None or visit.arrive is None or visit.begin is None or visit.finish is None:
        return _nowhere(stop, basis)
    arrive_at, begin_at = visit.arrive.when, visit.begin.when
    if stop.reached:
        arrive_at = stop.arrived_at or arrive_at
        begin_at = stop.order.started_at or arrive_at
    return Stay(
        stop=stop,
        depart_at=visit.depart.when,
        drive_s=visit.drive_s,
        driven_s=after.driven_s,
        arrive_at=arrive_at,
        begin_at=begin_at,
        finish_at=visit.finish.when,
        wait_s=(begin_at - arrive_at).total_seconds(),
        slack_s=slack_s,
        basis=basis,
    )


def _nowhere(stop: Stop, basis: Basis) -> Stay:
    return Stay(stop, None, None, None, None, None, None, 0.0, None, basis)
