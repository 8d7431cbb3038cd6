"""The recipes of the fast path: who sends, what it says, what becomes of it, what is answered."""

from __future__ import annotations

from typing import Final, NamedTuple

import structlog
from fastapi.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from api.auth import in_url, refuse_way, require_role, shown_by
from api.deps import AppState
from api.errors import error_to_problem, not_json
from api.ingest import named, native
from api.ingest.forms import Form, Incoming, Reply
from api.ingest.registry import operation_of
from api.roles import ROLES
from api.unambiguous import refuse_unknown
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import (
    Busy,
    Forbidden,
    GeoDispatchError,
    Unauthenticated,
    Unavailable,
)
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.kernel.time import datetime_to_ms
from geo_dispatch.services.tracking import devices
from geo_dispatch.services.tracking.phone_fences import Phone

Headers = list[tuple[bytes, bytes]]

JSON: Final[Headers] = [(b"content-type", b"application/json")]
_BEARER: Final = b"Bearer "
_SENDERS: Final = ROLES["post_pings"]


class Call(NamedTuple):
    """A request for the fast path, whole.

    Attributes
    ----------
    authorization
        The header's value; empty without one.
    key
        What follows the path of the form; empty when nothing does.
    """

    scope: Scope
    authorization: bytes
    key: str
    body: bytes


class Answer(NamedTuple):
    """What goes back; the length and what all answers carry is added later."""

    status: int
    headers: Headers
    body: bytes


class Native:
    """Takes `POST /v1/pings`: see `api.ingest.native`."""

    methods = frozenset({"POST"})

    def operation(self, _method: str, key: str) -> str:
        """The operation's id."""
        return "post_pings_with_key" if key else "post_pings"

    async def answer(self, state: AppState, call: Call) -> Answer:
        """Take the pings of a request; errors are answered too."""
        try:
            actor = _caller_at_hand(state, call) or await _caller(
                state, call, self.operation("POST", call.key), by_name=True
            )
            items, is_batch = native.read(call.body, actor.technician_id or "")
            verdicts = await state.intake.accept(items, actor)
            state.metrics.count_pings(verdicts)
            if not is_batch:
                native.refuse_alone(verdicts[0])
            return Answer(200, JSON, native.verdicts_to_json(verdicts))
        except native.NotJson as error:
            return to_answer(not_json(str(error)))
        except GeoDispatchError as error:
            _tell(error)
            return to_answer(error_to_problem(error))


class Spoken:
    """Takes what a phone's app sends in its own form."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.methods = form.methods

    def operation(self, method: str, _key: str) -> str:
        """The operation's id."""
        return operation_of(self.form, method)

    async def answer(self, state: AppState, call: Call) -> Answer:
        """Take what is in a request; apps are answered as they expect it, errors too."""
        form = self.form
        try:
            actor = await _caller(
                state, call, self.operation(call.scope["method"], call.key), by_name=False
            )
            incoming = _incoming(call, actor, datetime_to_ms(state.context.clock()))
            reading = await named.by_id(state.context, form.read(incoming), actor)
            verdicts = await state.intake.accept(reading.items, actor)
            state.metrics.count_pings(verdicts)
            if reading.statuses:
                await run_in_threadpool(devices.note, state.context, reading.statuses)
            told = _told(state, form, incoming)
            return _reply(told or form.accepted(incoming, reading, tuple(verdicts)))
        except (Unauthenticated, Forbidden):
            return _reply(
                form.unauthenticated, (b"www-authenticate", b'Basic realm="geo-dispatch"')
            )
        except (Busy, Unavailable) as error:
            _tell(error)
            retry_after = error_to_problem(error).headers["retry-after"].encode()
            return _reply(form.busy, (b"retry-after", retry_after))


def is_sender(actor: Actor) -> bool:
    """Whether they may send pings."""
    return actor.role in _SENDERS


def _caller_at_hand(state: AppState, call: Call) -> Actor | None:
    """The usual caller, whose key comes as it should and is known; None: `_caller` finds out."""
    if call.key or call.scope["query_string"] or not call.authorization.startswith(_BEARER):
        return None
    actor = state.intake.known.actor_at_hand(call.authorization[len(_BEARER) :].strip())
    return actor if actor is not None and is_sender(actor) else None


async def _caller(state: AppState, call: Call, operation: str, *, by_name: bool) -> Actor:
    """Who sends, when they may; ``by_name``: and the query holds nothing that isn't known."""
    if call.authorization.startswith(_BEARER):
        actor = await state.intake.known.actor(call.authorization[len(_BEARER) :].strip())
    else:
        request = Request({**call.scope, "path_params": {"key": call.key}})
        shown = shown_by(request)
        actor = await state.intake.known.actor(shown.secret.encode("utf-8", "replace"))
        refuse_way(shown, actor, request)
    require_role(actor, operation)
    if by_name and call.scope["query_string"]:
        refuse_unknown(Request(call.scope).query_params, {}, in_url(actor))
    return actor


def _incoming(call: Call, actor: Actor, received_ms: int) -> Incoming:
    scope = call.scope
    return Incoming(
        method=scope["method"],
        query_string=scope["query_string"],
        headers={n.decode("latin-1"): v.decode("latin-1") for n, v in scope["headers"]},
        body=call.body,
        technician_id=actor.technician_id or "",
        received_ms=received_ms,
    )


def _told(state: AppState, form: Form, incoming: Incoming) -> Reply | None:
    """The answer that tells the phone its fences; None when it knows them, as far as is known."""
    if form.fences is None or not incoming.technician_id:
        return None
    phone = Phone(TechnicianId(incoming.technician_id), form.fences.device(incoming))
    news = state.fences.take(phone, hash(incoming.body))
    return None if news is None else form.fences.accepted(incoming, news)


def _tell(error: GeoDispatchError) -> None:
    if isinstance(error, Unavailable):
        structlog.get_logger().warning("unavailable", code=error.code, detail=error.message)


def _reply(reply: Reply, *more: tuple[bytes, bytes]) -> Answer:
    headers = [(b"content-type", reply.content_type.encode()), *more]
    return Answer(reply.status, headers, reply.body)


def to_answer(response: Response) -> Answer:
    """What a response of Starlette says."""
    headers = [pair for pair in response.raw_headers if pair[0] != b"content-length"]
    return Answer(int(response.status_code), headers, bytes(response.body))
