"""The machine code of drive times, made or loaded before a process says that it is ready."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import structlog

from geo_dispatch.kernel.errors import Unavailable
from geo_dispatch.roads.engine import RoadEngine

_TELL_S: Final = 2.0
"""How often progress is logged; what takes less, since it was kept, is not."""

_END_S: Final = 0.3
"""Whoever stops waits no longer: a kernel under way takes a second."""

_LOOK_S: Final = 0.05

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Preparation:
    """How far it is."""

    _under_way: str = "machine code is being loaded"
    _told_at: float = field(default_factory=time.monotonic)
    _done: threading.Event = field(default_factory=threading.Event)

    def require(self) -> None:
        """Raise `Unavailable`, with how far it is, until all is there."""
        if not self._done.is_set():
            raise Unavailable(f"{self._under_way}; the first start on a machine takes a minute")

    def wait(self, stopping: threading.Event) -> None:
        """Wait until all is there, or one is told to stop."""
        while not (self._done.wait(_LOOK_S) or stopping.is_set()):
            pass

    def _run(self, roads: RoadEngine) -> None:
        try:
            roads.prepare(self._tell)
        except Exception:  # noqa: BLE001 - the edge of a thread that only saves time
            _log.exception("kernels are not prepared; answers wait for what they need")
        self._done.set()

    def _tell(self, step: str, done: int, total: int) -> None:
        self._under_way = f"{step} {done}/{total}"
        now = time.monotonic()
        if now - self._told_at >= _TELL_S:
            self._told_at = now
            _log.info(self._under_way)


@contextmanager
def preparing(roads: RoadEngine) -> Iterator[Preparation]:
    """Prepare beside the work of the block, which asks for the result when it needs it."""
    preparation = Preparation()
    thread = threading.Thread(
        target=preparation._run,  # noqa: SLF001 - its own
        args=(roads,),
        name="kernels",
        daemon=True,
    )
    thread.start()
    try:
        yield preparation
    finally:
        thread.join(_END_S)
