"""The FastAPI application: routes, errors, and what lives as long as the process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any, Final, cast

from fastapi import FastAPI
from fastapi.concurrency import contextmanager_in_threadpool
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from api import errors
from api.deps import AppState
from api.ingest.wrapper import Ingest
from api.live.feed import Feed
from api.metrics import Metrics
from api.middleware import Envelope
from api.openapi import describe
from api.routes import ROUTERS, assets
from geo_dispatch import __version__
from geo_dispatch.bootstrap import open_context, open_intake
from geo_dispatch.config import Settings
from geo_dispatch.services.areas.preparation import preparing
from geo_dispatch.services.areas.road_keeper import keeping
from geo_dispatch.services.tracking.phone_fences import PhoneFences

_LARGE_BYTES: Final = 16 * 1024
_COMPRESSION: Final = 3
"""More effort saves little: measured with a board of 4000 visits."""

_NOT_COMPRESSED: Final = (
    *DEFAULT_EXCLUDED_CONTENT_TYPES,
    "application/octet-stream",
    "application/vnd.pmtiles",
    "font/*",
    "image/*",
    "text/*",
)
"""Everything but JSON: assets have strong ETags, and event streams must not wait."""


class App(FastAPI):
    """FastAPI, but pings are taken before any of its layers."""

    def __init__(self, metrics: Metrics, **options: Any) -> None:
        super().__init__(**options)
        self._ingest = Ingest(super().__call__, self, metrics)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:  # type: ignore[override]
        """Serve one request."""
        return self._ingest(scope, receive, send)

    def trust_proxies(self, hosts: list[str] | str) -> None:
        """Believe what those say of the scheme and the client of a request; pings tell neither."""
        inner = cast("Any", self._ingest.app)  # uvicorn has types of its own for ASGI
        self._ingest.app = cast("ASGIApp", ProxyHeadersMiddleware(inner, hosts))


def create_app(settings: Settings) -> App:
    """The app of one deployment; it opens its records and live state when it starts."""
    metrics = Metrics()
    app = App(
        metrics,
        title="geo-dispatch",
        version=__version__,
        lifespan=lambda app: _lifespan(app, settings, metrics),
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    errors.install(app)
    app.add_middleware(
        GZipMiddleware,
        minimum_size=_LARGE_BYTES,
        compresslevel=_COMPRESSION,
        exclude_content_types=_NOT_COMPRESSED,
    )
    app.add_middleware(Envelope, metrics=metrics)
    for router in ROUTERS:
        app.include_router(router)
    assets.mount_static(app)
    describe(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI, settings: Settings, metrics: Metrics) -> AsyncIterator[None]:
    async with contextmanager_in_threadpool(open_context(settings)) as context:
        feed = Feed(context, metrics)
        async with open_intake(context) as intake:
            fences = PhoneFences(context)
            with preparing(context.live_roads.built) as preparation:
                app.state.geo = AppState(
                    settings, context, intake, fences, feed, metrics, preparation
                )
                async with feed.running():
                    with keeping(context):
                        yield
            await fences.looked()


def end_streams(app: FastAPI) -> None:
    """End all open event streams, so that the server need not wait for their readers."""
    state: AppState | None = getattr(app.state, "geo", None)
    if state is not None:
        state.feed.hub.close()
