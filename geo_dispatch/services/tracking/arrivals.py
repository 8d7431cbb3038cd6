"""Orders and visits follow the track: set out, arrived, left; and taken back by late fixes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from geo_dispatch.adapters.sql.jobs import Job
from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.attendance import Pair, differences
from geo_dispatch.dispatch.work.orders import ENDED, UNDER_WAY, Status, WorkOrder
from geo_dispatch.dispatch.work.visits import Visit
from geo_dispatch.kernel.actors import WORKER
from geo_dispatch.kernel.ids import OrderId, TechnicianId, VisitId
from geo_dispatch.kernel.time import datetime_to_ms, ms_to_datetime
from geo_dispatch.services.context import Context
from geo_dispatch.services.orders.lifecycle import apply
from geo_dispatch.services.tracking.plans import Plan
from geo_dispatch.tracking.evidence import Evidence
from geo_dispatch.tracking.geofence import Attendance, suggestion
from geo_dispatch.tracking.track import StopState, TrackState


@dataclass(slots=True)
class Follower:
    """Brings one technician's orders and visits to what the track says, within a unit.

    Orders that are open are compared with the records each time, so that nothing stays behind;
    ended ones only when the track changed.

    Attributes
    ----------
    before, after
        The track without the new fixes and with them.
    happened
        How many changes that came to.
    """

    ctx: Context
    unit: Unit
    technician_id: TechnicianId
    plan: Plan
    before: TrackState
    after: TrackState
    happened: int = 0

    def concerned(self) -> dict[OrderId, list[tuple[Job, StopState]]]:
        """The orders that may have to follow, each with the jobs of this technician."""
        found: defaultdict[OrderId, list[tuple[Job, StopState]]] = defaultdict(list)
        known = {state.id: state for state in self.before.stops}
        told = {state.id: state for state in self.after.stops}
        changed = set()
        for job in self.plan.jobs:
            state = told.get(job.id)
            if state is not None:
                found[job.order_id].append((job, state))
                if job.status not in ENDED or known.get(job.id) != state:
                    changed.add(job.order_id)
        return {order_id: own for order_id, own in found.items() if order_id in changed}

    def follow(self, visits: Mapping[OrderId, Sequence[Visit]]) -> int:
        """Have them follow, given their visits on record; say how much that changed."""
        for order_id, own in self.concerned().items():
            self._follow_order(order_id, own, visits.get(order_id, ()))
        return self.happened

    def _follow_order(
        self,
        order_id: OrderId,
        own: Sequence[tuple[Job, StopState]],
        on_record: Sequence[Visit],
    ) -> None:
        attendances = sorted(
            (attendance for _, state in own for attendance in state.fence.attendances),
            key=lambda attendance: attendance.arrived_ms,
        )
        visits = [
            visit
            for visit in on_record
            if visit.technician_id == self.technician_id and not visit.retracted
        ]
        pairs = differences(attendances, visits)
        current = next(((job, state) for job, state in own if job.current), None)
        asks = current is not None and self._asks(current[1])
        if not pairs and not asks and (current is None or not _may_set_out(*current)):
            return
        order = self.unit.orders.get(order_id)
        for pair in pairs:
            order = self._settle(order, current and current[1], pair)
        if current is not None:
            self._settle_setting_out(order, current[1])
            self._suggest(order, current[1])

    def _settle(self, order: WorkOrder, current: StopState | None, pair: Pair) -> WorkOrder:
        visit, attendance = pair.visit, pair.attendance
        if visit is None:
            return order if attendance is None else self._begin(order, current, attendance)
        if attendance is None:
            return self._revise(order, visit, None)
        if attendance.left_ms is not None and _only_leaves(visit, attendance):
            return self._leave(order, visit.id, attendance.left_ms, attendance.left_evidence)
        return self._revise(order, visit, attendance)

    def _begin(
        self, order: WorkOrder, current: StopState | None, attendance: Attendance
    ) -> WorkOrder:
        """A new visit; it moves the order if that is in hand and stands before an arrival."""
        if current is None or attendance not in current.fence.attendances:
            return self._revise(order, None, attendance)
        visit_id = VisitId(self.ctx.new_id("vi"))
        arrival = c.ConfirmArrival(
            visit_id=visit_id,
            source="gps",
            occurred_at=ms_to_datetime(attendance.arrived_ms),
            evidence=_plain(attendance.evidence),
        )
        arrived = self._do(order, arrival)
        if arrived is order:
            return self._revise(order, None, attendance)
        if attendance.left_ms is None:
            return arrived
        return self._leave(arrived, visit_id, attendance.left_ms, attendance.left_evidence)

    def _leave(
        self, order: WorkOrder, visit_id: VisitId, left_ms: int, evidence: Evidence | None
    ) -> WorkOrder:
        departure = c.Depart(
            visit_id=visit_id,
            technician_id=self.technician_id,
            occurred_at=ms_to_datetime(left_ms),
            evidence=_plain(evidence),
        )
        return self._do(order, departure)

    def _revise(
        self, order: WorkOrder, visit: Visit | None, attendance: Attendance | None
    ) -> WorkOrder:
        left_ms = None if attendance is None else attendance.left_ms
        revision = c.ReviseVisit(
            visit_id=visit.id if visit else VisitId(self.ctx.new_id("vi")),
            technician_id=self.technician_id,
            arrived_at=None if attendance is None else ms_to_datetime(attendance.arrived_ms),
            departed_at=None if left_ms is None else ms_to_datetime(left_ms),
            evidence=None if attendance is None else _plain(attendance.evidence),
            left_evidence=None if attendance is None else _plain(attendance.left_evidence),
            arrived_before=visit.arrived_at if visit else None,
            departed_before=visit.departed_at if visit else None,
        )
        return self._do(order, revision)

    def _asks(self, current: StopState) -> bool:
        """Whether the new fixes made it likely, but not sure, that they arrived."""
        known = self.before.stop(current.id)
        return current.fence.suggested and not (known and known.fence.suggested)

    def _suggest(self, order: WorkOrder, current: StopState) -> None:
        likely = suggestion(current.fence)
        if likely is not None and self._asks(current) and not order.arrival:
            since = ms_to_datetime(likely.fixes[0].at_ms)
            evidence = msgspec.to_builtins(likely)
            self._do(order, c.SuggestVisit(occurred_at=since, evidence=evidence))

    def _settle_setting_out(self, order: WorkOrder, current: StopState) -> None:
        since = None if current.set_out_ms is None else ms_to_datetime(current.set_out_ms)
        if order.status is Status.EN_ROUTE:
            self._do(order, c.ReviseSetOut(occurred_at=since))
        elif order.status is Status.ASSIGNED and since and not current.fence.attendances:
            others = self.unit.orders.open([self.technician_id])
            if not any(one.status in UNDER_WAY and one.status_source == "person" for one in others):
                self._do(order, c.SetOut(source="gps", occurred_at=since))

    def _do(self, order: WorkOrder, command: c.Command) -> WorkOrder:
        after = apply(self.ctx, self.unit, order, command, actor=WORKER)
        self.happened += 1
        return after


def _may_set_out(job: Job, state: StopState) -> bool:
    """Whether the record may differ from when the track says that the technician set out."""
    since = None if state.set_out_ms is None else ms_to_datetime(state.set_out_ms)
    if job.status is Status.EN_ROUTE:
        return job.status_at != since
    return job.status is Status.ASSIGNED and since is not None


def _only_leaves(visit: Visit, attendance: Attendance) -> bool:
    if visit.kept:
        return True
    return (
        visit.departed_at is None
        and visit.evidence == attendance.evidence
        and datetime_to_ms(visit.arrived_at) == attendance.arrived_ms
    )


def _plain(evidence: Evidence | None) -> dict[str, Any] | None:
    return None if evidence is None else msgspec.to_builtins(evidence)
