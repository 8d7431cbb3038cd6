"""Puts a deployment together: the one module that knows all concrete classes.

Processes start here: the API, the worker and the command line each open a `Context`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager

from geo_dispatch.adapters.clock import clock_from, random_id
from geo_dispatch.adapters.collector import spare_collector
from geo_dispatch.adapters.graph_files import open_graph
from geo_dispatch.adapters.hierarchy_files import open_metric, open_topology
from geo_dispatch.adapters.live_redis import Bell, Changes, Committer, Live, Tail
from geo_dispatch.adapters.logs import start_logging
from geo_dispatch.adapters.redis_server import redis_url
from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.config import Settings
from geo_dispatch.roads.engine import RoadEngine
from geo_dispatch.roads.hierarchy.customisation import arc_weights
from geo_dispatch.services.areas.live_roads import LiveRoads
from geo_dispatch.services.context import Context
from geo_dispatch.services.desk import BackOffice
from geo_dispatch.services.records.shards import check_shards
from geo_dispatch.services.tracking.intake import Intake
from geo_dispatch.services.tracking.pings import packed

__all__ = [
    "Changes",
    "Tail",
    "open_back_office",
    "open_bell",
    "open_context",
    "open_intake",
    "open_tail",
    "spare_collector",
    "start_logging",
]


@contextmanager
def open_context(settings: Settings) -> Iterator[Context]:
    """Everything that use cases work with; closed at the end of the block.

    Redis is not started here, and may be away: what needs it says so. Roads are as they are now;
    who goes on for long keeps them so by `road_keeper.keeping`.

    Raises
    ------
    InvalidInput
        Technicians are at home beyond the shards.
    GraphUnavailable
        The area's road graph is not built, or of another version.
    DatabaseUnavailable
        The database does not answer, or has another schema version.
    """
    roads = _open_roads(settings)
    with (
        closing(Store(settings.sql_url)) as store,
        closing(Live(redis_url(settings), settings.shards)) as live,
    ):
        store.check()
        check_shards(store, settings.shards)
        context = Context(
            settings=settings,
            store=store,
            live=live,
            live_roads=LiveRoads(roads, settings.live_metric_path),
            clock=clock_from(settings),
            new_id=random_id,
        )
        context.follow_roads()
        yield context


def _open_roads(settings: Settings) -> RoadEngine:
    graph = open_graph(settings.graph_path)
    topology = open_topology(settings.hierarchy_path, graph)
    _, metric = open_metric(settings.metric_path, topology, arc_weights(graph))
    return RoadEngine(graph, topology, metric)


@contextmanager
def open_back_office(settings: Settings, *, check: bool = True) -> Iterator[BackOffice]:
    """What keeping records takes, without Redis and roads; closed at the end of the block.

    Raises
    ------
    DatabaseUnavailable
        The database does not answer, or has another schema version, unless ``check`` is off.
    """
    with closing(Store(settings.sql_url)) as store:
        if check:
            store.check()
        yield BackOffice(settings, store, clock_from(settings), random_id)


@asynccontextmanager
async def open_intake(context: Context) -> AsyncIterator[Intake]:
    """The way of pings into the deployment; what is under way is answered at the block's end."""
    settings = context.settings
    async with Committer(redis_url(settings), packed, settings.shards) as committer:
        yield Intake(context, committer)


def open_bell(settings: Settings) -> Bell:
    """What says that the event log grew."""
    return Bell(redis_url(settings))


def open_tail(settings: Settings) -> Tail:
    """The asynchronous tail of live positions, an async context manager."""
    return Tail(redis_url(settings), settings.shards)
