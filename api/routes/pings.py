"""GPS pings: each judged on its own, acknowledged once Redis has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Depends, Path, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError

from api.auth import Caller
from api.deps import AppState, State
from api.errors import fault_of, malformed_json
from api.schemas.positions import PingIn, VerdictOut, VerdictsOut
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import Fault, InvalidInput
from geo_dispatch.kernel.time import datetime_to_ms
from geo_dispatch.services.tracking import pings
from geo_dispatch.services.tracking.pings import Ping, PingVerdict

MAX_BATCH: Final = 1000

router = APIRouter(prefix="/v1", tags=["positions"])

_FIELDS: Final = {"malformed": "ping", "off_earth": "lon, lat", "future": "at", "too_old": "at"}
"""Which field of a ping a code of rejection is about; the others are about its technician."""

_PING_SCHEMA: Final = PingIn.model_json_schema()
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "oneOf": [
                        _PING_SCHEMA,
                        {
                            "title": "PingBatch",
                            "type": "object",
                            "required": ["pings"],
                            "properties": {
                                "pings": {
                                    "type": "array",
                                    "items": _PING_SCHEMA,
                                    "maxItems": MAX_BATCH,
                                }
                            },
                        },
                    ]
                },
                "example": {
                    "pings": [
                        {
                            "technician_id": "tc_5q2k7m9x",
                            "at": "2026-11-22T08:00:00Z",
                            "lon": 9.5209,
                            "lat": 47.141,
                            "accuracy_m": 8,
                        }
                    ]
                },
            }
        },
    }
}


async def _body(request: Request) -> dict[str, Any]:
    try:
        body = msgspec.json.decode(await request.body())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise malformed_json(str(error)) from error
    if not isinstance(body, dict):
        raise InvalidInput('send one ping as an object, or several as {"pings": [...]}')
    return body


Body = Annotated[dict[str, Any], Depends(_body)]


@router.post("/pings", operation_id="post_pings", openapi_extra=_BODY)
async def post_pings(state: State, caller: Caller, body: Body) -> VerdictsOut:
    """Send where technicians are: one ping, or a batch with a verdict for each.

    Good pings of a batch are kept whatever is wrong with others. One ping alone that is rejected
    is answered with 422. The same ping twice is one, so repeats do no harm. 429: try again later.
    """
    return await run_in_threadpool(_take, state, caller, body)


@router.post("/pings/{key}", operation_id="post_pings_with_key", openapi_extra=_BODY)
async def post_pings_with_key(
    state: State,
    caller: Caller,
    body: Body,
    key: Annotated[str, Path(description="The phone's ingest key.")],  # noqa: ARG001 - read by `auth`
) -> VerdictsOut:
    """Send pings from an app that can set nothing but a URL."""
    return await run_in_threadpool(_take, state, caller, body)


def _take(state: AppState, caller: Actor, body: dict[str, Any]) -> VerdictsOut:
    items = body.get("pings", [body])
    if not isinstance(items, list) or len(items) > MAX_BATCH:
        raise InvalidInput(
            f"pings must be a list of at most {MAX_BATCH}; send the rest in another request",
            [Fault("pings", f"not a list of at most {MAX_BATCH}")],
        )
    is_batch = "pings" in body
    read = [
        _read(item, caller, f"pings[{index}]" if is_batch else "")
        for index, item in enumerate(items)
    ]
    good = [ping for ping in read if isinstance(ping, Ping)]
    judged = iter(pings.accept(state.context, good, caller) if good else [])
    verdicts = [next(judged) if isinstance(one, Ping) else one for one in read]
    for verdict in verdicts:
        state.metrics.pings.labels(verdict.verdict).inc()
    if not is_batch and verdicts[0].verdict == "rejected":
        _refuse(verdicts[0])
    return VerdictsOut(verdicts=_views(verdicts))


def _read(item: object, caller: Actor, where: str) -> Ping | PingVerdict:
    try:
        told = PingIn.model_validate(item)
    except ValidationError as error:
        faults = [fault_of(found, where) for found in error.errors()]
        return PingVerdict("rejected", "malformed", "; ".join(map(str, faults)))
    return Ping(
        technician_id=told.technician_id or caller.technician_id or "",
        at_ms=datetime_to_ms(told.at),
        lon=told.lon,
        lat=told.lat,
        accuracy_m=told.accuracy_m,
        speed_mps=told.speed_mps,
        heading_deg=told.heading_deg,
        mock=told.mock,
    )


def _refuse(verdict: PingVerdict) -> None:
    where = _FIELDS.get(verdict.code, "technician_id")
    raise InvalidInput(f"the ping is rejected: {verdict.message}", [Fault(where, verdict.message)])


def _views(verdicts: Sequence[PingVerdict]) -> list[VerdictOut]:
    return [
        VerdictOut(verdict=one.verdict, code=one.code or None, message=one.message or None)
        for one in verdicts
    ]
