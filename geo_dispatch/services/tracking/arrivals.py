"""Orders and visits follow the track: set out, arrived, left; and taken back by late fixes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

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
from geo_dispatch.tracking.geofence import Attendance
from geo_dispatch.tracking.track import Stop, StopState, TrackState


@dataclass(frozen=True, slots=True)
class Follower:
    """Brings one technician's orders and visits to what the track says, within a unit."""

    ctx: Context
    unit: Unit
    technician_id: TechnicianId

    def follow(self, plan: Sequence[Stop], before: TrackState, after: TrackState) -> None:
        """Do so after new fixes.

        Orders that are open are compared with the records each time, so that nothing stays
        behind; ended ones only when the track changed.
        """
        stops: dict[OrderId, list[StopState]] = {}
        for stop in plan:
            state = after.stop(stop.id)
            if state is not None:
                stops.setdefault(stop.order_id, []).append(state)
        orders = self.unit.orders.many(stops)
        for order_id, states in stops.items():
            changed = any(before.stop(state.id) != state for state in states)
            if changed or orders[order_id].status not in ENDED:
                self._follow_order(orders[order_id], states)

    def _follow_order(self, order: WorkOrder, states: Sequence[StopState]) -> None:
        attendances = sorted(
            (attendance for state in states for attendance in state.fence.attendances),
            key=lambda attendance: attendance.arrived_ms,
        )
        visits = [
            visit
            for visit in self.unit.visits.of_order(order.id)
            if visit.technician_id == self.technician_id and not visit.retracted
        ]
        current = next((state for state in states if state.id == order.assignment_id), None)
        for pair in differences(attendances, visits):
            order = self._settle(order, current, pair)
        if current is not None:
            self._settle_setting_out(order, current)

    def _settle(self, order: WorkOrder, current: StopState | None, pair: Pair) -> WorkOrder:
        visit, attendance = pair.visit, pair.attendance
        if visit is None:
            return order if attendance is None else self._begin(order, current, attendance)
        if attendance is None:
            return self._revise(order, visit.id, None)
        if attendance.left_ms is not None and _only_leaves(visit, attendance):
            return self._leave(order, visit.id, attendance.left_ms)
        return self._revise(order, visit.id, attendance)

    def _begin(
        self, order: WorkOrder, current: StopState | None, attendance: Attendance
    ) -> WorkOrder:
        """A new visit; it moves the order if that is in hand and stands before an arrival."""
        visit_id = VisitId(self.ctx.new_id("vi"))
        if current is None or attendance not in current.fence.attendances:
            return self._revise(order, visit_id, attendance)
        arrival = c.ConfirmArrival(
            visit_id=visit_id,
            source="gps",
            occurred_at=ms_to_datetime(attendance.arrived_ms),
            evidence=_plain(attendance),
        )
        arrived = self._do(order, arrival)
        if arrived is order:
            return self._revise(order, visit_id, attendance)
        if attendance.left_ms is None:
            return arrived
        return self._leave(arrived, visit_id, attendance.left_ms)

    def _leave(self, order: WorkOrder, visit_id: VisitId, left_ms: int) -> WorkOrder:
        departure = c.Depart(
            visit_id=visit_id,
            technician_id=self.technician_id,
            occurred_at=ms_to_datetime(left_ms),
        )
        return self._do(order, departure)

    def _revise(
        self, order: WorkOrder, visit_id: VisitId, attendance: Attendance | None
    ) -> WorkOrder:
        left_ms = None if attendance is None else attendance.left_ms
        revision = c.ReviseVisit(
            visit_id=visit_id,
            technician_id=self.technician_id,
            arrived_at=None if attendance is None else ms_to_datetime(attendance.arrived_ms),
            departed_at=None if left_ms is None else ms_to_datetime(left_ms),
            evidence=None if attendance is None else _plain(attendance),
        )
        return self._do(order, revision)

    def _settle_setting_out(self, order: WorkOrder, current: StopState) -> None:
        since = None if current.set_out_ms is None else ms_to_datetime(current.set_out_ms)
        if order.status is Status.EN_ROUTE:
            self._do(order, c.ReviseSetOut(occurred_at=since))
        elif order.status is Status.ASSIGNED and since and not current.fence.attendances:
            others = self.unit.orders.open([self.technician_id])
            if not any(one.status in UNDER_WAY and one.status_source == "person" for one in others):
                self._do(order, c.SetOut(source="gps", occurred_at=since))

    def _do(self, order: WorkOrder, command: c.Command) -> WorkOrder:
        return apply(self.ctx, self.unit, order, command, actor=WORKER)


def _only_leaves(visit: Visit, attendance: Attendance) -> bool:
    if visit.source == "person":
        return True
    return (
        visit.departed_at is None
        and visit.evidence == attendance.evidence
        and datetime_to_ms(visit.arrived_at) == attendance.arrived_ms
    )


def _plain(attendance: Attendance) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(attendance.evidence)
    return plain
