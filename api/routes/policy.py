"""The policy: read, checked, published after a review; and the figures of performance."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter, Response

from api.auth import Caller
from api.deps import Ctx, MaybeBasedOn, etag
from api.idempotency import IdempotentRoute
from api.schemas.policy import (
    PerformanceOut,
    PolicyCheckIn,
    PolicyCheckOut,
    PolicyIn,
    PolicyOut,
    PolicyVersionsOut,
    SimulateIn,
    SimulationOut,
)
from geo_dispatch.services.policy import performance, simulate
from geo_dispatch.services.policy import versions as policy
from geo_dispatch.services.policy.versions import Listed

router = APIRouter(prefix="/v1", tags=["policy"], route_class=IdempotentRoute)


@router.get("/policy", operation_id="get_policy")
def get_policy(context: Ctx, _caller: Caller, response: Response) -> PolicyOut:
    """Read the policy in force; its ETag is its version."""
    return _answer(response, policy.versions(context)[0])


@router.post("/policy", operation_id="publish_policy", status_code=201)
def publish_policy(
    context: Ctx, caller: Caller, body: PolicyIn, based_on: MaybeBasedOn, response: Response
) -> PolicyOut:
    """Put a document in force as the next version, after somebody else has reviewed it.

    Everything wrong with it comes at once, each fault naming rule, field, value and remedy. With
    `If-Match` it is published only on top of that version.
    """
    published = policy.publish(
        context,
        body.toml,
        author=body.author,
        reviewed_by=body.reviewed_by,
        note=body.note,
        actor=caller,
        based_on=based_on,
    )
    response.headers["Location"] = f"/v1/policy/versions/{published.version.version}"
    return _answer(response, published)


@router.post("/policy/check", operation_id="check_policy")
def check_policy(context: Ctx, _caller: Caller, body: PolicyCheckIn) -> PolicyCheckOut:
    """Say what is wrong with a document, or what it would change; nothing is kept."""
    return PolicyCheckOut.model_validate(msgspec.to_builtins(policy.check(context, body.toml)))


@router.get("/policy/versions", operation_id="list_policy_versions")
def list_policy_versions(context: Ctx, _caller: Caller) -> PolicyVersionsOut:
    """List all versions, the newest first, each with what it changed."""
    items = [_view(one) for one in policy.versions(context)]
    return PolicyVersionsOut.model_validate({"items": items})


@router.get("/policy/versions/{version}", operation_id="get_policy_version")
def get_policy_version(
    context: Ctx, _caller: Caller, version: int, response: Response
) -> PolicyOut:
    """Read one version."""
    return _answer(response, policy.version(context, version))


@router.post("/policy/simulate", operation_id="simulate_policy")
def simulate_policy(context: Ctx, _caller: Caller, body: SimulateIn) -> SimulationOut:
    """Judge past decisions again under a document, each from what was known then.

    Says which orders would have gone to somebody else, been assigned without a dispatcher, or
    been left to one. Nothing is kept.
    """
    found = simulate.simulate(context, body.toml, start=body.start, end=body.end)
    return SimulationOut.model_validate(msgspec.to_builtins(found))


@router.get("/performance", operation_id="get_performance")
def get_performance(context: Ctx, _caller: Caller) -> PerformanceOut:
    """Read the figures that rankings and default durations use now."""
    return PerformanceOut.model_validate(msgspec.to_builtins(performance.in_force(context)))


@router.post("/performance/refresh", operation_id="refresh_performance")
def refresh_performance(context: Ctx, caller: Caller) -> PerformanceOut:
    """Work the figures out anew from completed orders, and put them in force."""
    figures = performance.refresh(context, actor=caller)
    return PerformanceOut.model_validate(msgspec.to_builtins(figures))


def _answer(response: Response, listed: Listed) -> PolicyOut:
    response.headers["ETag"] = etag(listed.version.version)
    return PolicyOut.model_validate(_view(listed))


def _view(listed: Listed) -> dict[str, Any]:
    view: dict[str, Any] = msgspec.to_builtins(listed.version)
    return {**view, "toml": view["text"], "differences": msgspec.to_builtins(listed.differences)}
