"""Signing in and out, and who one is."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from urllib.parse import parse_qs

import msgspec
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import Field

from api.auth import SESSION_COOKIE, Caller, require_own_origin
from api.deps import AppState, State
from api.live.log_tail import end_of_log
from api.schemas.common import Output
from geo_dispatch.kernel.actors import Actor, Role
from geo_dispatch.kernel.errors import Forbidden, InvalidInput, Unauthenticated
from geo_dispatch.services import tokens
from geo_dispatch.services.context import Context

router = APIRouter(tags=["session"])

_SESSION_S: Final = 14 * 24 * 3600
_HOMES: Final = {Role.TECHNICIAN: "/t"}
_FORM: Final = "application/x-www-form-urlencoded"


class RunningClockOut(Output):
    """The deployment's clock, which runs faster in simulations.

    It showed `epoch` at the real time `started`, and runs `factor` times as fast.
    """

    epoch: datetime
    started: datetime
    factor: float = Field(examples=[1.0])
    now: datetime


class SessionOut(Output):
    """Who the caller is, where, and what time it is."""

    role: Role
    name: str
    technician_id: str | None
    area: str
    bounds: tuple[float, float, float, float] = Field(
        description="West, south, east and north of the road graph, degrees."
    )
    time_zone: str
    clock: RunningClockOut
    seq: int = Field(
        description="The newest event of the log. A stream that begins behind it, by "
        "`last_event_id`, misses nothing of what is read after this answer."
    )


@router.get("/v1/session", operation_id="get_session")
def get_session(state: State, caller: Caller) -> SessionOut:
    """Say who the token speaks for, which area this is, and what time it is there."""
    return _session(state, caller)


@router.post(
    "/sign-in",
    operation_id="sign_in",
    response_model=SessionOut,
    responses={
        303: {"description": "A form is sent on to the page asked for, or back to sign in."},
        401: {"description": "The token is not valid."},
        403: {"description": "The form is not of our own pages, or the token is of no person."},
        422: {"description": "The body holds no token."},
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["token"],
                        "properties": {"token": {"type": "string", "example": "gd_…"}},
                    }
                }
            },
        },
    },
)
async def sign_in(request: Request, state: State) -> Response:
    """Exchange a token for the session cookie that our pages use.

    A form (`token`, `next`) is answered with a redirect, JSON (`token`) with the session.
    """
    if request.headers.get("origin") is not None:
        require_own_origin(request)
    is_form = request.headers.get("content-type", "").startswith(_FORM)
    fields = _fields(await request.body(), is_form=is_form)
    secret = fields.get("token", "").strip()
    try:
        actor = await run_in_threadpool(_person, state.context, secret)
    except (Unauthenticated, Forbidden):
        if not is_form:
            raise
        return RedirectResponse("/sign-in?failed=1", status_code=303)
    answer: Response
    if is_form:
        answer = RedirectResponse(_next_page(fields.get("next", ""), actor), status_code=303)
    else:
        answer = JSONResponse(
            (await run_in_threadpool(_session, state, actor)).model_dump(mode="json")
        )
    answer.set_cookie(
        SESSION_COOKIE,
        secret,
        max_age=_SESSION_S,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https" or state.settings.public_url.startswith("https:"),
    )
    return answer


@router.post(
    "/sign-out",
    operation_id="sign_out",
    response_class=RedirectResponse,
    status_code=303,
    responses={403: {"description": "The form is not of our own pages."}},
)
async def sign_out(request: Request) -> RedirectResponse:
    """Forget the session in this browser; the token stays good."""
    require_own_origin(request)
    answer = RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict")
    return answer


def _person(context: Context, secret: str) -> Actor:
    actor = tokens.authenticate(context.store, secret)
    if actor.role in (Role.INGEST, Role.FLEET):
        raise Forbidden("an ingest key only posts positions; sign in with a token")
    return actor


def _session(state: AppState, actor: Actor) -> SessionOut:
    settings = state.settings
    now = state.context.clock()
    return SessionOut(
        role=actor.role or Role.ADMIN,
        name=actor.name,
        technician_id=actor.technician_id,
        area=settings.area,
        bounds=state.context.roads.bounds,
        time_zone=settings.time_zone,
        clock=RunningClockOut(
            epoch=settings.clock_epoch or now,
            started=settings.clock_started or now,
            factor=settings.clock_factor,
            now=now,
        ),
        seq=end_of_log(state.context),
    )


def _fields(body: bytes, *, is_form: bool) -> dict[str, str]:
    try:
        if is_form:
            return {key: values[-1] for key, values in parse_qs(body.decode()).items()}
        return msgspec.json.decode(body, type=dict[str, str])
    except (UnicodeDecodeError, msgspec.DecodeError) as error:
        raise InvalidInput('the body must be JSON {"token": "gd_…"}, or a form') from error


def _next_page(asked: str, actor: Actor) -> str:
    """A page of ours, never another site's."""
    ours = asked.startswith("/") and not asked.startswith(("//", "/\\"))
    return asked if ours else _HOMES.get(actor.role or Role.ADMIN, "/map")
