"""The worker: takes fixes into SQL, keeps ETAs true, follows the rules, carries messages.

``python -m geo_dispatch.worker``. Several may run: each shard is worked by whoever holds its
lease. Leases and pauses are in real time, also where the deployment's clock is scaled.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, NoReturn

import structlog

from geo_dispatch.adapters.live_redis import Entry, Lease
from geo_dispatch.bootstrap import open_context, spare_collector, start_logging
from geo_dispatch.config import Settings, load_settings
from geo_dispatch.kernel.errors import (
    Conflict,
    GeoDispatchError,
    Unavailable,
    VersionConflict,
)
from geo_dispatch.services.areas.preparation import preparing
from geo_dispatch.services.areas.road_keeper import keeping
from geo_dispatch.services.context import Context
from geo_dispatch.services.dispatching.eta_keeper import EtaKeeper
from geo_dispatch.services.history import retention
from geo_dispatch.services.messages.courier import Courier
from geo_dispatch.services.policy import auto_assign
from geo_dispatch.services.repairs import repairer
from geo_dispatch.services.tracking import apart, replanned, silence
from geo_dispatch.services.tracking import process as tracking

LEASE_S: Final = 5.0
"""A worker that died holds its shards up for so long."""

_RENEW_S: Final = 1.0
_READ_MS: Final = 200
"""A stop is noticed within it."""

_GATHER_S: Final = 0.05
"""From one read of new fixes to the next: a turn for 3 costs half as much as one for 14."""

_BATCHES: Final = 50
_FIXES: Final = 1000
"""About so many are taken at a time: the write lock is held for so long."""

_PAUSE_S: Final = 0.5
_TRIES: Final = 3
"""After so many failures of the same entries they are taken apart."""

_SWITCH_S: Final = 0.0005
"""Threads that work things out give way to the one that takes fixes so soon, not after 5 ms."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Worker:
    """One worker process.

    Attributes
    ----------
    owner
        Its unique name in leases.
    stopping
        Set to end `run` after the commit under way.
    etas
        Hears who moved.
    """

    ctx: Context
    stopping: threading.Event
    owner: str = field(
        default_factory=lambda: f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
    )
    _leases: dict[int, Lease] = field(default_factory=dict)
    _read: dict[int, str] = field(default_factory=dict)
    _behind: dict[int, str] = field(default_factory=dict)
    _failures: dict[int, int] = field(default_factory=dict)
    _renew_at: float = 0.0
    etas: EtaKeeper = field(init=False)

    def __post_init__(self) -> None:
        self.etas = EtaKeeper(self.ctx, self.follows_the_log)

    def run(self) -> None:
        """Work until stopped; what is away is waited for."""
        waiting = False
        try:
            while not self.stopping.is_set():
                try:
                    self.turn()
                    waiting = False
                except Unavailable as error:
                    if not waiting:
                        _log.warning("waiting", reason=error.message)
                    waiting = True
                    self.stopping.wait(_PAUSE_S)
                except Exception:  # noqa: BLE001 - the edge of the loop
                    _log.exception("a turn failed; nothing of it was kept")
                    self.stopping.wait(_PAUSE_S)
        finally:
            self._release()

    def follows_the_log(self) -> bool:
        """Whether this worker is the one of all that consumes the event log: who has shard 0."""
        return 0 in self._leases

    def turn(self) -> None:
        """Hold leases, bring what is new into SQL, and fold some of what is left to fold."""
        now = time.monotonic()
        if now >= self._renew_at:
            self._renew_at = now + _RENEW_S
            self._hold_leases()
        if not self._read:
            self.stopping.wait(_PAUSE_S)
            return
        entries = self.ctx.live.read(self._read, _BATCHES, 0 if self._behind else _READ_MS)
        read_at = time.monotonic()
        for shard in sorted({entry.shard for entry in entries}):
            own = [entry for entry in entries if entry.shard == shard]
            with self._keeping(shard):
                self._process(shard, own)
        for shard in sorted(self._behind):
            with self._keeping(shard):
                self._catch_up(shard)
        if len(entries) < _BATCHES and not self._behind:
            self.stopping.wait(max(0.0, read_at + _GATHER_S - time.monotonic()))

    def _hold_leases(self) -> None:
        for shard in range(self.ctx.live.shards):
            lease = self._leases.get(shard)
            if lease is not None and self.ctx.live.renew(lease, LEASE_S):
                if shard not in self._behind and tracking.is_behind(self.ctx, shard):
                    self._behind[shard] = ""
                continue
            self._drop(shard)
            above = tracking.position(self.ctx, shard).fence
            lease = self.ctx.live.acquire(shard, self.owner, LEASE_S, above)
            if lease is not None:
                self._leases[shard] = lease
                self._read[shard] = tracking.position(self.ctx, shard).stream_id
                self._behind[shard] = ""  # whoever worked it before may have left some to fold
                _log.info("works shard", shard=shard, fence=lease.fence, after=self._read[shard])

    @contextmanager
    def _keeping(self, shard: int) -> Iterator[None]:
        """Go on with the shard after what fails there, unless somebody else works it by now."""
        try:
            yield
        except VersionConflict as error:  # a person was quicker: read and fold again
            _log.info("tries again", shard=shard, reason=error.message)
        except Conflict as error:
            _log.warning("lost shard", shard=shard, reason=error.message)
            self.ctx.live.release(self._leases[shard])
            self._drop(shard)

    def _process(self, shard: int, entries: list[Entry]) -> None:
        failures = self._failures.get(shard, 0)
        take = apart.take_apart if failures >= _TRIES else tracking.process
        try:
            done = take(self.ctx, shard, _some(entries), self._leases[shard].fence)
        except (Unavailable, Conflict):
            raise
        except Exception:
            self._failures[shard] = failures + 1
            raise
        self._failures.pop(shard, None)
        if done.happened:
            self.ctx.live.ring()
        if done.left:
            self._behind.setdefault(shard, "")
        self._read[shard] = done.position.stream_id
        self.etas.note(done.moved)
        _log.debug("tracked", shard=shard, fixes=done.fixes, refolds=done.refolds)
        self.ctx.live.trim(shard, done.position.stream_id)

    def _catch_up(self, shard: int) -> None:
        fence, behind = self._leases[shard].fence, self._behind[shard]
        technician_id = tracking.catch_up(self.ctx, shard, fence, behind)
        if technician_id is None:
            del self._behind[shard]
            return
        self._behind[shard] = technician_id
        self.etas.note([technician_id])
        self.ctx.live.ring()

    def _drop(self, shard: int) -> None:
        self._leases.pop(shard, None)
        self._read.pop(shard, None)
        self._behind.pop(shard, None)

    def _release(self) -> None:
        for lease in self._leases.values():
            try:
                self.ctx.live.release(lease)
            except Unavailable:
                _log.info("lease runs out by itself", shard=lease.shard)


def _some(entries: list[Entry]) -> list[Entry]:
    """The first of the entries: as few as hold `_FIXES`, if they do."""
    fixes = 0
    for number, entry in enumerate(entries, start=1):
        fixes += len(entry.fixes)
        if fixes >= _FIXES:
            return entries[:number]
    return entries


def run(settings: Settings, stopping: threading.Event) -> None:
    """Open the deployment and work until stopped."""
    with open_context(settings) as ctx, preparing(ctx.live_roads.built) as preparation:
        preparation.wait(stopping)
        worker = Worker(ctx, stopping)
        courier = Courier(ctx, worker.owner, stopping)
        rules = auto_assign.follower(ctx, worker.follows_the_log, stopping)
        repairs = repairer.follower(ctx, worker.follows_the_log, stopping)
        silent = silence.follower(ctx, worker.follows_the_log, stopping)
        changed = replanned.follower(ctx, worker.follows_the_log, stopping)
        keeper = retention.Keeper(ctx, worker.follows_the_log, stopping)
        spare_collector()
        with (
            _beside("courier", courier.run, stopping),
            _beside("rules", rules.run, stopping),
            _beside("repairs", repairs.run, stopping),
            _beside("retention", keeper.run, stopping),
            _beside("replanned", changed.run, stopping),
            _beside("silence", silent.run, stopping),
            _beside("etas", worker.etas.follower(stopping).run, stopping),
            keeping(ctx),
        ):
            worker.run()


@contextmanager
def _beside(name: str, run: Callable[[], None], stopping: threading.Event) -> Iterator[None]:
    """Run that in a thread beside the work of the block, and stop both with it."""
    thread = threading.Thread(target=run, name=name)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def main() -> int:
    """Work until SIGTERM or SIGINT."""
    stopping = threading.Event()
    for kind in (signal.SIGTERM, signal.SIGINT):
        signal.signal(kind, lambda *_: stopping.set())
    sys.setswitchinterval(_SWITCH_S)
    try:
        settings = load_settings()
        start_logging(settings, "worker")
        run(settings, stopping)
    except GeoDispatchError as error:
        print(f"geo-dispatch: {error.message}", file=sys.stderr)  # noqa: T201 - the process tree quotes it
        return 1
    return 0


def _leave(code: int) -> NoReturn:
    """End the process at once: all that was opened is closed, all threads are done.

    Taking the interpreter apart, with the compiled kernels in it, takes half a second of CPU.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    _leave(main())
