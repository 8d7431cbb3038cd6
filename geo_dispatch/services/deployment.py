"""Run a whole deployment on this machine: Redis, then the worker and the API, as one tree."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

import httpx

from geo_dispatch.adapters.graph_files import open_graph
from geo_dispatch.adapters.process_tree import Patience, ProcessTree, Program
from geo_dispatch.adapters.redis_server import RedisServer, find_redis_server
from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.config import Settings, child_environment
from geo_dispatch.kernel.errors import GraphUnavailable, InvalidInput
from geo_dispatch.services.records.shards import check_shards

Say = Callable[[str, str], None]
"""Takes each line that a program prints, after the program's name."""

_STOP_SERVICES_S: Final = 1.6
_STOP_REDIS_S: Final = 1.0
"""Together below 3 s: the worker's last commit comes before Redis ends."""

_READY_S: Final = 300.0
"""The first start on a slow machine compiles for minutes."""

_CHECK_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployment that runs."""

    settings: Settings
    trees: tuple[ProcessTree, ...]

    @property
    def url(self) -> str:
        """Where this machine reaches the API."""
        return local_url(self.settings)

    def check(self) -> None:
        """Raise `Unavailable` if a program died too often to go on."""
        for tree in self.trees:
            tree.check()

    def wait(self) -> None:
        """Stay until a program died too often; the caller's signal handlers break the wait."""
        while True:
            self.check()
            time.sleep(_CHECK_S)


@contextmanager
def running(settings: Settings, say: Say) -> Iterator[Deployment]:
    """Start everything, and end it within 3 seconds on the way out.

    Raises
    ------
    InvalidInput
        The port is taken.
    GraphUnavailable
        The area has no compiled road graph.
    Unavailable
        A program did not start; the message quotes what it said last.
    """
    settings = settings.model_copy(update={"port": free_port(settings.host, settings.port)})
    require_graph(settings)
    migrate(settings)
    environment = {**os.environ, **child_environment(settings)}
    with ExitStack() as stack:
        trees = []
        if not settings.redis_url:
            find_redis_server()  # its error is one clear line; a child's would be quoted
            patience = Patience(stop_s=_STOP_REDIS_S)
            redis = ProcessTree([_redis(settings)], environment, say, patience)
            trees.append(stack.enter_context(redis))
        services = [Program("worker", "geo_dispatch.worker"), _api(settings)]
        patience = Patience(ready_s=_READY_S, stop_s=_STOP_SERVICES_S)
        trees.append(stack.enter_context(ProcessTree(services, environment, say, patience)))
        yield Deployment(settings, tuple(trees))


def migrate(settings: Settings) -> None:
    """Make the data folder and bring the database to this version.

    Raises
    ------
    InvalidInput
        The data folder can't be made; technicians are at home beyond the shards.
    DatabaseUnavailable
        The database can't be used.
    """
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(
            f"the data folder {settings.data_dir} can't be made: {error.strerror}; choose another "
            "with GEO_DISPATCH_DATA"
        ) from error
    store = Store(settings.sql_url)
    try:
        store.migrate()
        check_shards(store, settings.shards)
    finally:
        store.close()


def require_graph(settings: Settings) -> None:
    """Say early, and in one line, that the area has no road graph that can be used.

    Raises
    ------
    GraphUnavailable
        There is no compiled file, or it is of another version or cut short.
    """
    if not settings.graph_path.exists():
        raise GraphUnavailable(
            f"no road graph of {settings.area} in {settings.compiled_dir}; make it with: "
            f"geo-dispatch roads build SOURCE --area {settings.area}"
        )
    open_graph(settings.graph_path)


def free_port(host: str, port: int) -> int:
    """The port itself if it can be had, or any free one for 0.

    Raises
    ------
    InvalidInput
        Someone else listens there, or the address is not this machine's.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(found[0], socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(found[4])
            return int(probe.getsockname()[1])
    except OSError as error:
        raise InvalidInput(
            f"{host}:{port} can't be listened on ({error.strerror}); end what uses it, or choose "
            "another with --port or GEO_DISPATCH_PORT"
        ) from error


def local_url(settings: Settings) -> str:
    """Where this machine reaches the API, also when it listens on every address."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104 - compared, not bound
    return f"http://{host}:{settings.port}"


def _redis(settings: Settings) -> Program:
    server = RedisServer(settings.data_dir)
    return Program(
        "redis",
        "geo_dispatch.adapters.redis_process",
        is_ready=lambda: server.pid() is not None,
    )


def _api(settings: Settings) -> Program:
    url = f"{local_url(settings)}/health/ready"

    def is_ready() -> bool:
        try:
            return httpx.get(url, timeout=2.0, trust_env=False).is_success
        except httpx.HTTPError:
            return False

    return Program("api", "api", is_ready=is_ready)
