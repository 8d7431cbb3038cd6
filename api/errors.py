"""From errors to problem+json (RFC 9457). The one place where HTTP statuses are chosen."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from geo_dispatch.kernel import errors
from geo_dispatch.kernel.errors import Fault

PROBLEM_JSON: Final = "application/problem+json"

STATUSES: Final[dict[type[errors.GeoDispatchError], HTTPStatus]] = {
    errors.InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidPosition: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidGeometry: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidFile: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.UnsupportedMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.VersionConflict: HTTPStatus.PRECONDITION_FAILED,
    errors.TransitionNotAllowed: HTTPStatus.CONFLICT,
    errors.AssignmentConflict: HTTPStatus.CONFLICT,
    errors.IdempotencyKeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.AnswerLost: HTTPStatus.CONFLICT,
    errors.PreconditionRequired: HTTPStatus.PRECONDITION_REQUIRED,
    errors.Unauthenticated: HTTPStatus.UNAUTHORIZED,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.Busy: HTTPStatus.TOO_MANY_REQUESTS,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.RedisUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.DatabaseUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.GraphUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""Every class of the error tree, and how HTTP says it."""

_RETRY_AFTER_S: Final = 2

_MOST_TOLD: Final = 100
"""More faults nobody corrects at once, and an answer is not to be larger than its question."""

_UNREADABLE: Final = (ValueError, RecursionError)
"""What decoding a body raises besides JSONDecodeError: no UTF-8, nested without end."""

_HTTP_CODES: Final = {413: "content-too-large"}
"""Where the phrase is another one from one Python to the next."""

_HTTP_REMEDIES: Final = {
    404: "see /docs for the paths that exist",
    405: "see /docs for the methods of this path",
    413: "send less at once",
}


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    faults: Sequence[Fault] = (),
    conflicts: Sequence[Fault] = (),
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """An answer of type problem+json.

    Parameters
    ----------
    code
        Stable name of the error, for programs.
    detail
        The thing, the value and the remedy, for people.
    """
    body: dict[str, Any] = {
        "type": f"urn:geo-dispatch:error:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    for name, items in (("faults", faults), ("conflicts", conflicts)):
        if items:
            told = items[:_MOST_TOLD]
            body[name] = [{"where": item.where, "message": item.message} for item in told]
    return JSONResponse(body, status, headers=headers, media_type=PROBLEM_JSON)


def error_to_problem(error: errors.GeoDispatchError) -> JSONResponse:
    """The answer for an error of ours."""
    status = next(STATUSES[cls] for cls in type(error).__mro__ if cls in STATUSES)
    headers: dict[str, str] = {}
    if isinstance(error, errors.Busy):
        headers["Retry-After"] = str(max(1, round(error.retry_after_s)))
    elif isinstance(error, errors.Unavailable):
        headers["Retry-After"] = str(_RETRY_AFTER_S)
    elif isinstance(error, errors.Unauthenticated):
        headers["WWW-Authenticate"] = 'Bearer realm="geo-dispatch"'
    faults = error.faults if isinstance(error, errors.InvalidInput) else ()
    untold = [
        str(fault)
        for fault in faults
        if fault.message not in error.message and fault.where not in error.message
    ]
    return problem(
        status,
        error.code,
        f"{error.message}: {_listed(untold)}" if untold else error.message,
        faults=faults,
        conflicts=error.conflicts if isinstance(error, errors.Conflict) else (),
        headers=headers,
    )


def _listed(faults: Sequence[str]) -> str:
    more = len(faults) - _MOST_TOLD
    return "; ".join(faults[:_MOST_TOLD]) + (f"; and {more} more" if more > 0 else "")


def unexpected_problem(request_id: str) -> JSONResponse:
    """The answer when we failed: nothing of the inside shows."""
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal-error",
        f"something failed on our side; the log has it under request id {request_id}",
    )


def install(app: FastAPI) -> None:
    """Make the app answer every error as problem+json."""
    app.add_exception_handler(errors.GeoDispatchError, _on_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_error)


async def _on_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, errors.GeoDispatchError)
    if isinstance(error, errors.Unavailable):
        structlog.get_logger().warning("unavailable", code=error.code, detail=error.message)
    return error_to_problem(error)


async def _on_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        position, why = found[0]["loc"][-1], found[0]["ctx"]["error"]
        return not_json(f"{why}, at character {position}" if isinstance(position, int) else why)
    if any(item["loc"] == ("body",) and isinstance(item.get("input"), bytes) for item in found):
        return _not_called_json(request)
    faults = [fault_of({**item, "loc": item["loc"][1:] or item["loc"]}) for item in found]
    word = "fault" if len(faults) == 1 else "faults"
    return problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid-input",
        f"the request has {len(faults)} {word}: {_listed([str(fault) for fault in faults])}",
        faults=faults,
    )


def not_json(why: str) -> JSONResponse:
    """The answer to a body that is not JSON."""
    return problem(
        HTTPStatus.BAD_REQUEST,
        "malformed-json",
        f"the body is not JSON: {why}; correct it and send it again",
    )


def _not_called_json(request: Request) -> Response:
    named = request.headers.get("content-type") or "nothing in particular"
    return problem(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "unsupported-media-type",
        f"the body says that it is {named}; send JSON with Content-Type: application/json",
    )


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    if status is HTTPStatus.BAD_REQUEST and isinstance(error.__cause__, _UNREADABLE):
        return not_json(str(error.__cause__))
    said = error.detail if error.detail and error.detail != status.phrase else status.phrase
    remedy = _HTTP_REMEDIES.get(status)
    detail = f"{said}: {request.method} {request.url.path}"
    return problem(
        status,
        _HTTP_CODES.get(status) or status.phrase.lower().replace(" ", "-"),
        f"{detail}; {remedy}" if remedy else detail,
        headers=dict(error.headers) if error.headers else None,
    )


def fault_of(item: Mapping[str, Any], root: str = "") -> Fault:
    """One finding of pydantic in our words: where, the value, what would be right."""
    where = root
    for part in item["loc"]:
        where += f"[{part}]" if isinstance(part, int) else f".{part}" if where else str(part)
    message = str(item["msg"]).removeprefix("Value error, ")
    if item["type"] == "missing":
        return Fault(where, "is missing; it must be given")
    if item["type"] == "extra_forbidden":
        return Fault(where, "is not a known field; remove it or correct its name")
    message = _PLAIN.get(item["type"], message)
    return Fault(where, f"{_shown(item.get('input'))}: {message[:1].lower()}{message[1:]}")


def _shown(value: object) -> str:
    """What was given, as JSON has it."""
    try:
        text = json.dumps(value, ensure_ascii=False)
        text.encode()
    except (TypeError, ValueError):  # half of a surrogate pair is no text that can be sent
        text = ascii(value)
    return text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + "…"


_MAX_SHOWN: Final = 80

_PLAIN: Final = {
    "model_attributes_type": "should be an object {…}",
    "model_type": "should be an object {…}",
    "dict_type": "should be an object {…}",
    "list_type": "should be a list […]",
    "string_type": "should be text",
    "string_unicode": "should be text; half of a surrogate pair is none",
    "bool_type": "should be true or false",
}
"""Pydantic's words about Python's types, in those of JSON."""
