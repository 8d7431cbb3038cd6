"""The OpenAPI document: tags, how to show a token, and errors as problem+json everywhere."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.errors import PROBLEM_JSON
from api.ingest.registry import OPERATIONS
from api.roles import ROLES
from api.schemas.common import Problem
from geo_dispatch.services.idempotency import MAX_KEY_LENGTH

DESCRIPTION: Final = """\
The API of a geo-dispatch deployment. Each page of ours uses nothing else.

* **Tokens.** `Authorization: Bearer gd_…`, made by `geo-dispatch tokens create --role …`. What a
  role may do stands at each operation.
* **Times** are ISO 8601 with a zone; answers are in UTC. **Places** are `{"lon": …, "lat": …}`,
  WGS84. Distances are metres, durations seconds unless a name says otherwise.
* **Versions.** Records carry an `ETag`; `PATCH` and `DELETE` need it back in `If-Match`. Missing
  is 428, outdated 412. `DELETE` retires: history stays.
* **Repeats.** Send an `Idempotency-Key` with a POST, and repeat it safely: the first answer comes
  again. Pings need none, the same fix twice is one.
* **Errors** are `application/problem+json` with a stable `code`; `faults` lists all that is wrong
  with the input, `conflicts` the rules that a request would break.
"""

TAGS: Final = [
    {"name": "work orders", "description": "What is to be done, by whom, and how it went."},
    {"name": "board", "description": "A day at a glance, what is in its way, and who is free."},
    {"name": "emergencies", "description": "Who goes at once, and what that does to the day."},
    {"name": "history", "description": "What was done before, and briefings."},
    {"name": "evidence", "description": "Who was where and when, and a record that proves itself."},
    {"name": "technicians", "description": "Who can be sent, with which skills, when."},
    {"name": "privacy", "description": "Private times, who looked at whose trail, erasure."},
    {"name": "customers", "description": "Who orders the work."},
    {"name": "sites", "description": "Where work is done, and the fence that confirms arrivals."},
    {"name": "equipment", "description": "What is worked on, at its site."},
    {"name": "resources", "description": "Vehicles and tools that are shared, and booked."},
    {"name": "crews", "description": "Technicians who are sent as one."},
    {"name": "imports", "description": "Many records at once, from the text of a CSV file."},
    {"name": "contracts", "description": "Service agreements: their tier, and their renewal."},
    {"name": "service levels", "description": "What was promised, and how well it is kept."},
    {"name": "disruptions", "description": "What upsets a day, and the repairs proposed."},
    {"name": "positions", "description": "GPS pings in, live positions out."},
    {"name": "streams", "description": "Server-sent events: positions, changes, ETAs."},
    {"name": "roads", "description": "Drive times, routes and reach on the area's streets."},
    {"name": "territories", "description": "The areas that planners drew, and address search."},
    {"name": "policy", "description": "Rules, prices, promises, and what was decided by them."},
    {"name": "webhooks", "description": "What people and programs are told, and how it arrives."},
    {"name": "session", "description": "Signing in, and who one is."},
    {"name": "running", "description": "Health and metrics."},
]

_ALWAYS: Final = {
    400: "The body is not JSON, or the URL is no URL of ours.",
    401: "No token, or one that is not valid.",
    403: "The role may not do this.",
    422: "The input has faults; `faults` lists all.",
    503: "Redis, the database or the road graph is away; `Retry-After` says when to try again.",
}
_WITH_BODY: Final = {413: "The body is too large.", 415: "The body does not say that it is JSON."}
_VERSIONED: Final = {
    409: "The state of things forbids it; `conflicts` lists why.",
    412: "Someone changed it first.",
}
_BY_METHOD: Final[dict[str, dict[int, str]]] = {
    "post": _WITH_BODY | _VERSIONED,
    "patch": _WITH_BODY | _VERSIONED | {428: "`If-Match` is missing."},
    "delete": _VERSIONED | {428: "`If-Match` is missing."},
    "get": {},
}
UNVERSIONED: Final = frozenset({"undo_road_change"})
"""Takes back what never changes: whoever does so first wins, and the others see the same."""

_INGEST: Final = {413: _WITH_BODY[413], 429: "Too much at once; `Retry-After` says when."}
_IDEMPOTENCY_KEY: Final[dict[str, Any]] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Any text of your own, new for each new request: repeats get the same answer.",
    "schema": {"type": "string", "maxLength": MAX_KEY_LENGTH},
}


_LOCAL_TIME: Final = {
    "format": "local-time",
    "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?$",
}


def describe(app: FastAPI) -> None:
    """Make the app answer /openapi.json with our document."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's own way to extend it


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=DESCRIPTION,
        tags=TAGS,
        routes=app.routes,
    )
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs"))
    schemas["Problem"] = problem
    _tell_local_times(schemas)
    components["securitySchemes"] = SECURITY_SCHEMES
    for path in document["paths"].values():
        for method, operation in path.items():
            _complete(method, operation)
    return document


def _tell_local_times(schema: Any) -> None:
    """Call local hours what they are: a ``time`` of JSON Schema has an offset."""
    if isinstance(schema, dict):
        if schema.get("type") == "string" and schema.get("format") == "time":
            schema |= _LOCAL_TIME
        for part in schema.values():
            _tell_local_times(part)
    elif isinstance(schema, list):
        for part in schema:
            _tell_local_times(part)


def _complete(method: str, operation: dict[str, Any]) -> None:
    """Add what every operation of its kind has in common."""
    name = operation["operationId"]
    responses = operation["responses"]
    if responses.get("422", {}).get("description") == "Validation Error":  # FastAPI's, not ours
        del responses["422"]
    if name in ROLES:
        ingest = name.startswith("post_pings") or name in OPERATIONS
        operation["security"] = INGEST_SECURITY if ingest else TOKEN_SECURITY
        roles = ", ".join(sorted(ROLES[name]))
        operation["description"] = f"{operation.get('description', '')}\n\nRoles: {roles}."
        of_its_kind = "get" if name in UNVERSIONED else method
        said = _ALWAYS | (_INGEST if ingest else _BY_METHOD[of_its_kind])
        if name in OPERATIONS:  # answered as the app expects it, but for what is no request
            said = {400: "The URL holds a NUL.", 413: _WITH_BODY[413]}
        if "{" in _path_parameters(operation):
            said = said | {404: "There is no such thing."}
        for status, description in sorted(said.items()):
            problem = _problem_response(description)
            response = responses.setdefault(str(status), problem)
            response.setdefault("content", {}).update(problem["content"])
        if method == "post" and not ingest:
            operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
    for status, response in responses.items():
        if status >= "4" and "content" not in response:
            response.update(_problem_response(response["description"]))


def _path_parameters(operation: dict[str, Any]) -> str:
    return "".join(
        "{" + item["name"] + "}" for item in operation.get("parameters", ()) if item["in"] == "path"
    )


def _problem_response(description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": description, "content": {PROBLEM_JSON: {"schema": schema}}}


SECURITY_SCHEMES: Final = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token from `geo-dispatch tokens create`, `gd_…`.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "gd_session",
        "description": "Set by `POST /sign-in`; writes with it must come from our own pages.",
    },
    "ingestBasic": {
        "type": "http",
        "scheme": "basic",
        "description": "An ingest key as the password.",
    },
    "ingestQuery": {
        "type": "apiKey",
        "in": "query",
        "name": "key",
        "description": "An ingest key; `api_key` is understood as well.",
    },
}
TOKEN_SECURITY: Final[list[dict[str, list[str]]]] = [{"token": []}, {"session": []}]
INGEST_SECURITY: Final[list[dict[str, list[str]]]] = [
    {"token": []},
    {"ingestBasic": []},
    {"ingestQuery": []},
]
