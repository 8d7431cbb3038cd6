"""What the first rankings after a start would wait for, worked out before anybody asks."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Final

import numpy as np
import structlog

from geo_dispatch.dispatch.days.drives import Leg
from geo_dispatch.dispatch.days.plan import Plan
from geo_dispatch.services.context import Context
from geo_dispatch.services.dispatching.driving import MOST_KEPT, drives_on
from geo_dispatch.services.dispatching.plans import load_plans

_TOGETHER: Final = 8
"""Ways per question; between two, others have as much time as the last took."""

_END_S: Final = 0.3
"""Whoever stops waits no longer: the index of streets takes seconds on a large graph."""


@contextmanager
def warming(ctx: Context) -> Iterator[None]:
    """Warm beside the work of the block; neither its beginning nor its end waits for that."""
    stopping = threading.Event()
    thread = threading.Thread(target=_warm_safely, args=(ctx, stopping), name="warm", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(_END_S)


def warm(ctx: Context, stopping: threading.Event) -> int:
    """Index the streets, and learn the ways between the visits of all open days.

    Returns
    -------
    int
        How many ways were looked at before it was told to stop.
    """
    with ctx.store.read() as unit:
        plans = load_plans(unit, unit.technicians.list(), lambda _: None)
    ways = list(dict.fromkeys(_ways(plans)))[: MOST_KEPT // 2]
    roads = ctx.roads
    roads.snap(np.empty((0, 2)))
    _ = roads.fastest_mps
    drives, taken_s = drives_on(roads), 0.0
    for first in range(0, len(ways), _TOGETHER):
        if stopping.wait(taken_s):
            return first
        started = time.monotonic()
        drives.prefetch(ways[first : first + _TOGETHER])
        taken_s = time.monotonic() - started
    return len(ways)


def _warm_safely(ctx: Context, stopping: threading.Event) -> None:
    log = structlog.get_logger(__name__)
    try:
        ways = warm(ctx, stopping)
    except Exception:  # the edge of a thread that only saves time
        log.warning("the roads are not warm", exc_info=not stopping.is_set())
    else:
        log.debug("the roads are warm", ways=ways)


def _ways(plans: Iterable[Plan]) -> Iterator[Leg]:
    for plan in plans:
        places = [stop.place for stop in plan.stops]
        yield from pairwise(places)
        home = plan.technician.home
        if home is not None:
            yield from ((home, place) for place in places)
