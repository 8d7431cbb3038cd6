"""A real deployment for tests: our Redis, SQLite, the Liechtenstein graph, the API on a port."""

import asyncio
import fcntl
import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import uvicorn

from api.__main__ import server_for
from geo_dispatch.adapters.redis_server import RedisServer
from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.bootstrap import open_context
from geo_dispatch.config import Settings
from geo_dispatch.kernel.actors import CLI, Role
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.services import tokens
from geo_dispatch.services.areas import roads, territories
from geo_dispatch.services.context import Context
from tests.support.extract import LIECHTENSTEIN, MUNICIPALITIES
from tests.support.plain_http import NO_TLS
from tests.support.waiting import until

AREA = "liechtenstein"
MONDAY_MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""What time it is in the deployment when it starts: ten o'clock in Vaduz."""

VADUZ = {"lon": 9.5209, "lat": 47.1410}
SCHAAN = {"lon": 9.5086, "lat": 47.1650}
BALZERS = {"lon": 9.5008, "lat": 47.0660}

WORKING_HOURS = [{"weekday": day, "start": "07:00", "end": "19:00"} for day in range(7)]


def build_workspace(folder: Path) -> Path:
    """A workspace with the area compiled; whoever comes second finds it done."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            shutil.copytree(LIECHTENSTEIN.parent, folder / "road_graphs" / AREA)
            shutil.copytree(MUNICIPALITIES.parent, folder / "territories" / AREA)
            roads.build(None, AREA, folder)
            (folder / "done").touch()
    return folder


@dataclass
class Deployment:
    """A deployment that runs: the API at ``url``, and its insides for arranging tests."""

    settings: Settings
    context: Context
    redis: RedisServer
    url: str
    clients: list[httpx.Client] = field(default_factory=list)

    def token(self, role: Role | str, technician_id: str | None = None) -> str:
        """The secret of a new token."""
        holder = None if technician_id is None else TechnicianId(technician_id)
        return tokens.create(self.context, Role(role), technician_id=holder)[1]

    def client(self, role: Role | str | None, technician_id: str | None = None) -> httpx.Client:
        """A client with a new token of the role; None for one without a token."""
        headers = (
            {} if role is None else {"Authorization": f"Bearer {self.token(role, technician_id)}"}
        )
        client = httpx.Client(
            base_url=self.url, headers=headers, timeout=10.0, trust_env=False, verify=NO_TLS
        )
        self.clients.append(client)
        return client

    def now(self) -> datetime:
        """The deployment's time."""
        return self.context.clock()


@contextmanager
def running(
    workspace: Path, data: Path, *, redis: RedisServer | None = None, **overrides
) -> Iterator[Deployment]:
    """Start a deployment on the workspace; all of it ends with the block.

    Parameters
    ----------
    redis
        The server to start for the data folder, if not the usual one.
    """
    clock = {"clock_epoch": MONDAY_MORNING, "clock_started": datetime.now(UTC)}
    settings = Settings(
        workspace=workspace,
        data=data,
        area=AREA,
        port=0,
        log_level="warning",
        **(clock | overrides),
    )
    with ExitStack() as stack:
        redis = stack.enter_context(redis or RedisServer(settings.data_dir))
        prepare(settings)
        context = stack.enter_context(open_context(settings))
        url = stack.enter_context(serving(settings))
        deployment = Deployment(settings, context, redis, url)
        stack.callback(lambda: [client.close() for client in deployment.clients])
        until(
            lambda: httpx.get(f"{url}/health/ready", trust_env=False, verify=NO_TLS).is_success,
            30,
            "the API to be ready",
        )
        yield deployment


def prepare(settings: Settings) -> None:
    """Make the tables, and put the area's territories in force."""
    store = Store(settings.sql_url)
    store.migrate()
    store.close()
    with open_context(settings) as context:
        territories.publish(context, territories.files(settings)[0], CLI)


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """The API in a thread; yields its URL."""
    with in_thread(server_for(settings)) as url:
        yield url


@contextmanager
def in_thread(server: uvicorn.Server) -> Iterator[str]:
    """The server in a thread; yields its URL."""
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), name="api")
    thread.start()
    try:
        until(lambda: server.started or not thread.is_alive(), 60, "the API to start")
        assert thread.is_alive(), "the API ended at once"
        yield f"http://127.0.0.1:{_port(server)}"
    finally:
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive(), "the API did not end"


def _port(server: uvicorn.Server) -> int:
    return server.servers[0].sockets[0].getsockname()[1]
