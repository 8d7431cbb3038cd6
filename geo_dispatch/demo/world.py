"""The demo's deployment: a fresh data folder, roads, territories, tokens, one scaled clock."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import httpx

from geo_dispatch.adapters.clock import clock_from, random_id
from geo_dispatch.adapters.redis_server import find_redis_server
from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.config import Settings, load_settings
from geo_dispatch.demo.client import Api, Json
from geo_dispatch.demo.seeding import Entered, enter, publish_policy, working_hours
from geo_dispatch.demo.seeds import AREA, Seeds, load_seeds
from geo_dispatch.demo.workspace import demo_workspace
from geo_dispatch.kernel.actors import CLI, Role
from geo_dispatch.kernel.errors import GraphUnavailable, InvalidInput
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.kernel.progress import Progress
from geo_dispatch.kernel.time import Clock
from geo_dispatch.services import deployment, tokens
from geo_dispatch.services.areas import roads, territories
from geo_dispatch.services.desk import BackOffice
from geo_dispatch.services.history import audit

DAY_BEGINS: Final = time(7, 45)
"""Local time at which a demo that runs faster than real time begins."""


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What may be asked of the demo.

    Attributes
    ----------
    speed
        How many times as fast as real time.
    port
        0 is any free one.
    data
        None: a temporary folder.
    keep
        Leave the data folder behind.
    """

    speed: float = 10.0
    port: int = 8080
    host: str = "127.0.0.1"
    data: Path | None = None
    keep: bool = False

    def __post_init__(self) -> None:
        if self.data is not None and self.data.exists() and any(self.data.iterdir()):
            raise InvalidInput(
                f"{self.data} is not empty, and the demo begins with fresh data; "
                "give --data a folder that is new or empty"
            )


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the demo shows what it does: lines of its own, of its programs, and progress."""

    say: Callable[[str], None]
    say_line: Callable[[str, str], None]
    progress: Progress


@dataclass(frozen=True, slots=True)
class World:
    """The demo's deployment, running and filled.

    Attributes
    ----------
    office, client
        The API as a dispatcher and as a customer's program see it.
    secrets
        Tokens by what they are for, to be shown once.
    """

    running: deployment.Deployment
    clock: Clock
    seeds: Seeds
    entered: Entered
    office: Api
    client_token: str
    secrets: dict[str, str]
    tokens: tuple[str, ...]
    ingest_keys: tuple[str, ...]
    connections: httpx.HTTPTransport

    def api(self, token: str) -> Api:
        """The API as the holder of the token sees it."""
        return Api(self.running.url, token, self.connections)

    def checked_record(self) -> Json | None:
        """How much of the record was checked, and its head; None: it is not as it was written."""
        with _desk(self.running.settings) as desk:
            verdict = audit.verify(desk)
        if verdict.finding is not None:
            return None
        return {"events": verdict.events, "head": verdict.head.chain}


@contextmanager
def opened(options: DemoOptions, stage: Stage) -> Iterator[World]:
    """Make everything, start it, fill it; end it and clean up on the way out.

    Raises
    ------
    GeoDispatchError
        Something that the demo needs is missing; the message says how to get it.
    """
    find_redis_server()  # before the minutes that building roads may take
    with ExitStack() as stack:
        data = stack.enter_context(_data_folder(options))
        _isolate(data)
        settings = _settings(options, demo_workspace(Path.cwd(), data), data)
        _build_roads(settings, stage)
        settings = _start_clock(settings, options)
        deployment.migrate(settings)
        with _desk(settings) as desk:
            territories.publish(desk, territories.files(settings)[0], CLI)
        running = stack.enter_context(deployment.running(settings, stage.say_line))
        yield _fill(running, stage, stack)


def _isolate(data: Path) -> None:
    # an environment or TOML file of a real deployment must not lead the demo into its data
    for name in [name for name in os.environ if name.startswith("GEO_DISPATCH_")]:
        del os.environ[name]
    empty = data / "demo.toml"
    empty.touch()
    os.environ["GEO_DISPATCH_CONFIG"] = str(empty)


@contextmanager
def _data_folder(options: DemoOptions) -> Iterator[Path]:
    if options.data is not None:
        options.data.mkdir(parents=True, exist_ok=True)
        folder = options.data.resolve()
    else:
        folder = Path(tempfile.mkdtemp(prefix="geo-dispatch-demo-"))
    try:
        yield folder
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)


def _settings(options: DemoOptions, workspace: Path, data: Path) -> Settings:
    return load_settings(
        workspace=workspace,
        data=data,
        area=AREA,
        host=options.host,
        port=options.port,
        log_level="warning",
        log_format="console",
    )


def _build_roads(settings: Settings, stage: Stage) -> None:
    try:
        if not roads.info(AREA, settings.workspace).stale:
            return
    except GraphUnavailable:
        pass  # not built yet, or by another version: both are mended by building
    roads.build(None, AREA, settings.workspace, stage.progress)


@contextmanager
def _desk(settings: Settings) -> Iterator[BackOffice]:
    with closing(Store(settings.sql_url)) as store:
        yield BackOffice(settings, store, clock_from(settings), random_id)


def _start_clock(settings: Settings, options: DemoOptions) -> Settings:
    if options.speed == 1:
        return settings
    now = datetime.now(UTC)
    zone = ZoneInfo(settings.time_zone)
    begins = datetime.combine(now.astimezone(zone).date(), DAY_BEGINS, zone)
    return settings.model_copy(
        update={
            "clock_epoch": begins.astimezone(UTC),
            "clock_started": now,
            "clock_factor": options.speed,
        }
    )


def _fill(running: deployment.Deployment, stage: Stage, stack: ExitStack) -> World:
    settings = running.settings
    clock = clock_from(settings)
    seeds = load_seeds()
    connections = httpx.HTTPTransport(limits=httpx.Limits(max_keepalive_connections=8))
    stack.callback(connections.close)
    real_time = settings.clock_epoch is None
    with _desk(settings) as desk:
        secrets = {
            role.value: tokens.create(desk, role, f"demo {role}")[1]
            for role in (Role.DISPATCHER, Role.PLANNER, Role.CLIENT, Role.ADMIN)
        }
        office = Api(running.url, secrets["dispatcher"], connections)
        zone = ZoneInfo(settings.time_zone)
        now = clock()
        hours = working_hours(now, zone, real_time=real_time)
        today = now.astimezone(zone).date()
        entered = enter(office, seeds, hours, today, stage.progress, with_visitor=real_time)
        author, reviewer = (
            Api(running.url, secrets[one], connections) for one in ("planner", "admin")
        )
        publish_policy(author, reviewer)

        def token(role: Role, technician_id: str) -> str:
            return tokens.create(desk, role, technician_id=TechnicianId(technician_id))[1]

        mine = tuple(token(Role.TECHNICIAN, one) for one in entered.technicians)
        keys = tuple(token(Role.INGEST, one) for one in entered.technicians)
        secrets[f"technician {seeds.technicians[6].call_sign}"] = mine[6]
        if entered.visitor is not None:
            secrets["technician Phone 01"] = token(Role.TECHNICIAN, entered.visitor)
            secrets["ingest key Phone 01"] = token(Role.INGEST, entered.visitor)
    return World(
        running, clock, seeds, entered, office, secrets["client"], secrets, mine, keys, connections
    )
