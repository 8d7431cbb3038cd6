"""For supervisors and Prometheus: alive, ready, metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from fastapi import APIRouter, Response
from fastapi.concurrency import run_in_threadpool
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import Field

from api.auth import Caller
from api.deps import AppState, State
from api.schemas.common import Output
from geo_dispatch.kernel.errors import GeoDispatchError, Unavailable
from geo_dispatch.services.tracking import process as tracking

router = APIRouter(tags=["running"])


class Alive(Output):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Ready(Output):
    """Whether all that a request may need is there."""

    status: Literal["ok", "unavailable"]
    checks: dict[str, str] = Field(
        description='For each part "ok", or what is wrong and the remedy.',
        examples=[{"sql": "ok", "redis": "ok", "graph": "ok", "kernels": "ok", "mirror": "ok"}],
    )


@router.get("/health/live", operation_id="health_live")
async def health_live() -> Alive:
    """Say that the process answers; nothing else is looked at."""
    return Alive()


@router.get(
    "/health/ready",
    operation_id="health_ready",
    responses={503: {"model": Ready, "description": "Something is away; `checks` names it."}},
)
async def health_ready(state: State, response: Response) -> Ready:
    """Say whether requests can be served, and what is missing if not."""
    checks = await run_in_threadpool(_checks, state)
    ready = all(said == "ok" for said in checks.values())
    if not ready:
        response.status_code = 503
    return Ready(status="ok" if ready else "unavailable", checks=checks)


@router.get("/metrics", operation_id="metrics", response_class=Response)
async def metrics(state: State, _caller: Caller) -> Response:
    """All figures in Prometheus's text format."""
    await run_in_threadpool(_note_shards, state)
    return Response(state.metrics.exposition(), media_type=CONTENT_TYPE_LATEST)


def _note_shards(state: AppState) -> None:
    try:
        shards = tracking.health(state.context)
    except Unavailable:
        shards = []  # how they stand cannot be known while Redis or SQL is away
    state.metrics.note_shards(shards)


def _checks(state: AppState) -> dict[str, str]:
    context = state.context
    checks: dict[str, Callable[[], object]] = {
        "sql": context.store.check,
        "redis": context.live.ping,
        "graph": lambda: context.roads.bounds,
        "kernels": state.preparation.require,
        "mirror": state.feed.mirror.require,
    }
    said = {}
    for name, check in checks.items():
        try:
            check()
        except GeoDispatchError as error:
            said[name] = error.message
        else:
            said[name] = "ok"
    return said
