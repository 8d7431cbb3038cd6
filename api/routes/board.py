"""The board's data: a day at a glance, what is in its way, who is free, a technician's calendar."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from api.auth import Caller, only_for
from api.deps import State
from api.records import large_answer
from api.schemas.board import AvailabilitiesOut, BoardOut, DayConflictsOut
from api.schemas.common import Day, Moment
from geo_dispatch.dispatch.boards.status_flags import StatusFlag
from geo_dispatch.dispatch.work.orders import WorkClass
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.services.dispatching import board, board_views

router = APIRouter(prefix="/v1", tags=["board"])

OfDay = Annotated[
    Day | None,
    Query(alias="date", description="Local day; left out: today.", examples=["2026-11-23"]),
]


@router.get(
    "/board",
    operation_id="get_board",
    response_model=BoardOut,
    responses={304: {"description": "Nothing has changed since the version of If-None-Match."}},
)
def get_board(
    state: State,
    _caller: Caller,
    on: OfDay = None,
    flag: Annotated[StatusFlag | None, Query(description="Only orders with this flag.")] = None,
    work_class: Annotated[WorkClass | None, Query(description="Only work of this class.")] = None,
    territory_id: Annotated[
        str | None,
        Query(description="Lanes at home there, waiting orders of sites there.", max_length=100),
    ] = None,
    if_none_match: Annotated[str | None, Header(description="The ETag of what is known.")] = None,
) -> Response:
    """Read one day of everybody: lanes of visits, backlog, what wants judgment, what stalls.

    Every visit says how much later it could be, whether it can be moved and why not.
    """
    context, mirror = state.context, state.feed.mirror
    as_of = mirror.as_of
    filters = board.Filters(flag, work_class, territory_id)
    on = on or board_views.today(context)
    tag = f'W/"{board.version_of(context, on, filters)}"'
    if if_none_match is not None and tag in if_none_match:
        return Response(status_code=304, headers={"ETag": tag})
    sheet = board.sheet(context, on, filters, positions=mirror.index)
    view = board_views.sheet_view(sheet) | {"positions_as_of": as_of}
    return large_answer(view, {"ETag": f'W/"{sheet.version}"'})


@router.get("/board/conflicts", operation_id="list_board_conflicts")
def list_board_conflicts(state: State, _caller: Caller, on: OfDay = None) -> DayConflictsOut:
    """List what is in the way of a day: overlaps, gaps too short for the drive, licences, waits."""
    found = board.conflicts(state.context, on, positions=state.feed.mirror.index)
    return DayConflictsOut.model_validate(board_views.conflicts_view(*found))


@router.get("/availability", operation_id="list_availability")
def list_availability(
    state: State,
    _caller: Caller,
    at: Annotated[Moment | None, Query(description="Left out: now.")] = None,
) -> AvailabilitiesOut:
    """List who is free at a moment, where they are then, and until when; then what others do."""
    found = board.availability(state.context, at, positions=state.feed.mirror.index)
    return AvailabilitiesOut.model_validate(board_views.availability_view(*found))


@router.get(
    "/technicians/{technician_id}/calendar.ics",
    operation_id="get_calendar",
    response_class=Response,
    responses={200: {"content": {"text/calendar": {}}, "description": "iCalendar, RFC 5545."}},
)
def get_calendar(state: State, caller: Caller, technician_id: str) -> Response:
    """Subscribe to a technician's visits, as they are planned on the board.

    Calendar apps can't send headers: a token with the role `calendar` may come as `?key=`.
    """
    only_for(caller, TechnicianId(technician_id), f"technician {technician_id}")
    body = board_views.calendar(state.context, technician_id, positions=state.feed.mirror.index)
    headers = {"Cache-Control": "private, max-age=300"}
    return Response(body, media_type="text/calendar; charset=utf-8", headers=headers)
