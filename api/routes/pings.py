"""GPS pings, as the OpenAPI document has them; `api.ingest` takes them before they come here."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Response

from api.auth import Caller
from api.ingest.forms import Form, Incoming, Reading
from api.ingest.native import MAX_BATCH
from api.ingest.registry import FORMS, operation_of
from api.schemas.positions import PingIn, VerdictsOut

router = APIRouter(prefix="/v1", tags=["positions"])

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


@router.post("/pings", operation_id="post_pings", openapi_extra=_BODY)
async def post_pings(_caller: Caller) -> VerdictsOut:
    """Send where technicians are: one ping, or a batch with a verdict for each.

    Good pings of a batch are kept whatever is wrong with others. One ping alone that is rejected
    is answered with 422. The same ping twice is one, so repeats do no harm. 429: try again later.
    """
    raise _NotHere


@router.post("/pings/{key}", operation_id="post_pings_with_key", openapi_extra=_BODY)
async def post_pings_with_key(
    _caller: Caller,
    key: Annotated[str, Path(description="The phone's ingest key.")],  # noqa: ARG001 - documented
) -> VerdictsOut:
    """Send pings from an app that can set nothing but a URL."""
    raise _NotHere


_NotHere = AssertionError("`api.ingest.wrapper` takes these requests; here they are documented")


def _document(form: Form) -> None:
    """Tell of a form in the OpenAPI document, and refuse other methods on its path."""

    async def taken_before(_caller: Caller) -> None:
        raise _NotHere

    body = {"application/json": {"schema": form.body_schema, "examples": _examples(form)}}
    for method in sorted(form.methods):
        router.add_api_route(
            form.path.removeprefix(router.prefix),
            taken_before,
            methods=[method],
            operation_id=operation_of(form, method),
            summary=form.summary,
            description=(
                f"{form.summary}\n\nThe key also comes as Basic, as `?key=`, as `?api_key=`, or as "
                f"the last part of the path: `{form.path}/{{key}}`."
            ),
            response_class=Response,
            responses=_replies(form),
            openapi_extra=None if method == "GET" else {"requestBody": {"content": body}},
        )


def _replies(form: Form) -> dict[int | str, dict[str, Any]]:
    """What the app hears, instead of verdicts and problems."""
    nothing = Incoming("POST", b"", {}, b"", "", 0)
    said = (
        (form.accepted(nothing, Reading(), ()), "What the app waits for: it may forget these."),
        (form.unauthenticated, "The key is not good, or the device is nobody's."),
        (form.busy, "Nothing can be kept now; `Retry-After` says when."),
    )
    return {
        reply.status: {"description": text, "content": {reply.content_type.split(";")[0]: {}}}
        for reply, text in said
    }


def _examples(form: Form) -> dict[str, Any]:
    return {str(number): {"value": one} for number, one in enumerate(form.examples, 1)}


for _form in FORMS:
    _document(_form)
