"""Serve the API and the pages: ``python -m api``."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from socket import socket
from typing import Final

import uvicorn
from fastapi import FastAPI

from api.app import create_app, end_streams
from api.ingest.direct import Direct
from geo_dispatch.bootstrap import spare_collector, start_logging
from geo_dispatch.config import Settings, load_settings
from geo_dispatch.kernel.errors import GeoDispatchError

_DRAIN_S: Final = 2
"""How long requests in flight may take once we are asked to leave."""


class Server(uvicorn.Server):
    """Uvicorn, but errors at start are ours, and open event streams end instead of lasting."""

    def __init__(
        self, config: uvicorn.Config, app: FastAPI, settled: Callable[[], None] | None
    ) -> None:
        super().__init__(config)
        self._app = app
        self._settled = settled

    async def serve(self, sockets: list[socket] | None = None) -> None:
        """Open what the app stands on, serve, and close it; what is missing is raised."""
        async with self._app.router.lifespan_context(self._app):
            if self._settled is not None:
                self._settled()
            await super().serve(sockets)

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """End the streams, then as uvicorn does."""
        end_streams(self._app)
        await super().shutdown(sockets)


def server_for(settings: Settings, settled: Callable[[], None] | None = None) -> Server:
    """A server of this deployment's app, not yet started.

    Parameters
    ----------
    settled
        Called once all is open, before the first request.
    """
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        interface="asgi3",
        http=Direct,
        proxy_headers=False,  # the app does it: not for pings, of which it was a tenth of the cost
        host=settings.host,
        port=settings.port,
        access_log=False,  # ours leaves keys out
        log_config=None,
        lifespan="off",  # `Server.serve` does it: uvicorn would log a traceback, not the error
        timeout_graceful_shutdown=_DRAIN_S,
        timeout_keep_alive=30,
        server_header=False,
    )
    app.trust_proxies(config.forwarded_allow_ips)
    return Server(config, app, settled)


def main() -> int:
    """Serve until asked to stop; return the exit status."""
    try:
        settings = load_settings()
        start_logging(settings, "api")
        server = server_for(settings, spare_collector)
        for number in (signal.SIGTERM, signal.SIGINT):
            # uvicorn raises again what it caught, before we have closed everything
            signal.signal(number, server.handle_exit)
        server.run()
    except GeoDispatchError as error:
        # on stderr as it is, also when the settings say nothing of logs yet
        print(f"geo-dispatch: {error.message}", file=sys.stderr)  # noqa: T201
        return 1
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(main())
