"""The embedded Redis as one process of a tree: ``python -m geo_dispatch.adapters.redis_process``.

Its supervisor lives in a process of its own, under `geo_dispatch.adapters.guarded`, so that the
server ends even when the rest of the tree is killed.
"""

from __future__ import annotations

import signal
import sys
import threading

from geo_dispatch.adapters.logs import start_logging
from geo_dispatch.adapters.redis_server import RedisServer
from geo_dispatch.config import load_settings
from geo_dispatch.kernel.errors import GeoDispatchError


def main() -> int:
    """Keep the server of the data folder running until SIGTERM."""
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    try:
        settings = load_settings()
        start_logging(settings, "redis")
        with RedisServer(settings.data_dir, settings.redis_fsync):
            ended.wait()
    except GeoDispatchError as error:
        print(error.message, file=sys.stderr)  # noqa: T201 - the tree quotes it
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
