"""What a dispatcher does with an order in one call: send, move, take back, pin, hold, judge."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.auth import Caller
from api.deps import AppState, Ctx, MaybeBasedOn, State
from api.idempotency import IdempotentRoute
from api.records import answer
from api.routes.work_orders import readable
from api.schemas.moves import (
    AssignIn,
    HoldIn,
    JudgeIn,
    MoveIn,
    NoteIn,
    PinIn,
    RippleOut,
    UnassignIn,
)
from api.schemas.orders import WorkOrderOut
from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.services.dispatching import assignments
from geo_dispatch.services.dispatching.placing import ripple_view
from geo_dispatch.services.orders import holds
from geo_dispatch.services.views import order_view

router = APIRouter(prefix="/v1/work-orders", tags=["work orders"], route_class=IdempotentRoute)

DryRun = Annotated[
    bool, Query(description="Answer what would happen, visit by visit; change nothing.")
]


@router.post("/{order_id}/assign", operation_id="assign_work_order")
def assign_work_order(
    state: State,
    caller: Caller,
    order_id: str,
    body: AssignIn,
    version: MaybeBasedOn,
    response: Response,
    dry_run: DryRun = False,
) -> WorkOrderOut | RippleOut:
    """Send a technician, or with `auto` the best of the ranking.

    It goes into the day where it fits best, or at `position`. What speaks against it comes as 409
    with `conflicts`; `force` overrides it, with a `reason`.
    """
    order = readable(state.context, caller, order_id)
    if dry_run:
        return _preview(state, order.id, body, body.technician_id)
    given = _assign(state, order.id, body, body.technician_id, actor=caller, version=version)
    return answer(response, given, order_view, WorkOrderOut)


@router.post("/{order_id}/move", operation_id="move_work_order")
def move_work_order(
    state: State,
    caller: Caller,
    order_id: str,
    body: MoveIn,
    version: MaybeBasedOn,
    response: Response,
    dry_run: DryRun = False,
) -> WorkOrderOut | RippleOut:
    """Move an order: to another place in the day, another time, another technician.

    Refused like an assignment, with every reason; `dry_run` tells each visit that would move.
    """
    order = readable(state.context, caller, order_id)
    target = body.technician_id or order.technician_id
    if dry_run:
        return _preview(state, order.id, body, target)
    moved = _assign(state, order.id, body, target, actor=caller, version=version)
    return answer(response, moved, order_view, WorkOrderOut)


@router.post("/{order_id}/unassign", operation_id="unassign_work_order")
def unassign_work_order(
    context: Ctx,
    caller: Caller,
    order_id: str,
    body: UnassignIn,
    version: MaybeBasedOn,
    response: Response,
) -> WorkOrderOut:
    """Take the order from its technician; it waits again.

    Refused while it is pinned or on the way, unless forced with a reason, and while they are there.
    """
    order = readable(context, caller, order_id)
    taken = assignments.unassign(
        context,
        order.id,
        actor=caller,
        reason=body.reason,
        force=body.force,
        expected_version=version,
    )
    return answer(response, taken, order_view, WorkOrderOut)


@router.post("/{order_id}/pin", operation_id="pin_work_order")
def pin_work_order(
    context: Ctx,
    caller: Caller,
    order_id: str,
    body: PinIn,
    version: MaybeBasedOn,
    response: Response,
) -> WorkOrderOut:
    """Keep it where it is: nothing automatic moves it; or let it go with `"pinned": false`."""
    order = readable(context, caller, order_id)
    pinned = holds.pin(
        context, order.id, pinned=body.pinned, actor=caller, expected_version=version
    )
    return answer(response, pinned, order_view, WorkOrderOut)


@router.post("/{order_id}/hold", operation_id="hold_work_order")
def hold_work_order(
    context: Ctx,
    caller: Caller,
    order_id: str,
    body: HoldIn,
    version: MaybeBasedOn,
    response: Response,
) -> WorkOrderOut:
    """Let it wait for what no technician can bring; whoever has it loses it.

    Refused like taking it back.
    """
    order = readable(context, caller, order_id)
    held = holds.hold(
        context,
        order.id,
        body.reason,
        note=body.note,
        actor=caller,
        force=body.force,
        expected_version=version,
    )
    return answer(response, held, order_view, WorkOrderOut)


@router.post("/{order_id}/release", operation_id="release_work_order")
def release_work_order(
    context: Ctx,
    caller: Caller,
    order_id: str,
    body: NoteIn,
    version: MaybeBasedOn,
    response: Response,
) -> WorkOrderOut:
    """Say that what it waited for has come: somebody can be sent again."""
    order = readable(context, caller, order_id)
    released = holds.release(
        context, order.id, note=body.note, actor=caller, expected_version=version
    )
    return answer(response, released, order_view, WorkOrderOut)


@router.post("/{order_id}/judge", operation_id="judge_work_order")
def judge_work_order(
    context: Ctx,
    caller: Caller,
    order_id: str,
    body: JudgeIn,
    version: MaybeBasedOn,
    response: Response,
) -> WorkOrderOut:
    """Say that you have judged what it is flagged for: the flag goes, the reason is kept.

    No rule touches it until something happens to it again.
    """
    order = readable(context, caller, order_id)
    judged = holds.judge(context, order.id, body.reason, actor=caller, expected_version=version)
    return answer(response, judged, order_view, WorkOrderOut)


def _preview(state: AppState, order_id: str, body: MoveIn, technician_id: str | None) -> RippleOut:
    state.feed.mirror.require()
    told = assignments.preview(
        state.context,
        order_id,
        technician_id,
        positions=state.feed.mirror.index,
        wish=body.wish(),
    )
    return RippleOut.model_validate(ripple_view(told))


def _assign(
    state: AppState,
    order_id: str,
    body: MoveIn,
    technician_id: str | None,
    *,
    actor: Actor,
    version: int | None,
) -> WorkOrder:
    state.feed.mirror.require()
    return assignments.assign(
        state.context,
        order_id,
        technician_id,
        positions=state.feed.mirror.index,
        actor=actor,
        wish=body.wish(),
        force=body.force,
        reason=body.reason,
        expected_version=version,
    )
