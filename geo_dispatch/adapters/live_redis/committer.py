"""Group commit: fixes of many requests go to Redis together, and each hears what became of its own.

Whatever comes in while scripts are under way goes with the next one, so that batches grow with the
load by themselves and nobody waits for a timer. At most two scripts of a shard are under way.
While Redis is away everybody is told at once, by a probe that also notices when it is back.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

import redis.asyncio
from redis.asyncio.retry import Retry

from geo_dispatch.adapters.live_redis.client import (
    APPEND,
    MAX_BATCH,
    STREAM_LIMIT,
    cells_key,
    checked_shard,
    positions_key,
    stream_key,
    verdicts_of,
)
from geo_dispatch.adapters.live_redis.connection import FULL_RETRY_S, answering, pool_options, shown
from geo_dispatch.adapters.live_redis.records import Packed
from geo_dispatch.kernel.errors import Busy, RedisUnavailable
from geo_dispatch.tracking.fixes import Verdict

MAX_UNDER_WAY: Final = 2
"""Scripts of a shard: one runs while the next is on its way."""

MAX_WAITING: Final = 20_000
"""Fixes of a shard that may wait for a script; more are refused as `Busy`."""

_PROBE_S: Final = 0.25
"""Longest answer to a probe, and pause between two that nobody asked for."""


T = TypeVar("T")


@dataclass(slots=True)
class _Group(Generic[T]):
    """The fixes of one request, and who waits for them."""

    fixes: Sequence[T]
    received_ms: int
    heard: asyncio.Future[list[Verdict]]


class _Lane(Generic[T]):
    """What waits for one shard, and how many scripts of it are under way."""

    __slots__ = ("armed", "keys", "shard", "under_way", "waiting", "waiting_fixes")

    def __init__(self, shard: int) -> None:
        self.shard = shard
        self.keys = [positions_key(shard), cells_key(shard), stream_key(shard)]
        self.waiting: deque[_Group[T]] = deque()
        self.waiting_fixes = 0
        self.under_way = 0
        self.armed = False

    def take(self) -> list[_Group[T]]:
        """The groups of the next script: whole ones, at most `MAX_BATCH` fixes."""
        taken: list[_Group[T]] = []
        room = MAX_BATCH
        while self.waiting and len(self.waiting[0].fixes) <= room:
            group = self.waiting.popleft()
            taken.append(group)
            room -= len(group.fixes)
        self.waiting_fixes -= MAX_BATCH - room
        return taken


class Committer(Generic[T]):
    """Appends fixes of the shards behind one URL; an asynchronous context manager.

    Parameters
    ----------
    pack
        Packs a fix; done for all that go together, which takes half as long as one by one.
    stream_limit
        Entries in a shard's stream at which everybody is told `Busy`.
    """

    def __init__(
        self,
        url: str,
        pack: Callable[[T], Packed],
        shards: int = 1,
        *,
        stream_limit: int = STREAM_LIMIT,
    ) -> None:
        self.url = url
        self.shards = shards
        self._pack = pack
        self._stream_limit = stream_limit
        self._redis: Any = redis.asyncio.Redis.from_pool(
            redis.asyncio.BlockingConnectionPool.from_url(url, **pool_options(Retry))
        )
        self._script = self._redis.register_script(APPEND)
        self._lanes: dict[int, _Lane[T]] = {}
        self._commits: set[asyncio.Task[None]] = set()
        self._probing: asyncio.Task[None] | None = None
        self._is_away = False
        self._asked = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let what is under way and what waits be answered, then close the connections."""
        while self._commits or any(lane.armed for lane in self._lanes.values()):
            await asyncio.sleep(0)
            if self._commits:
                await asyncio.wait(self._commits)
        if self._probing is not None:
            self._probing.cancel()
            await asyncio.gather(self._probing, return_exceptions=True)
            self._refuse_waiting(RedisUnavailable("the server ends while Redis is away"))
        await self._redis.aclose()

    def append(
        self, shard: int, fixes: Sequence[T], received_ms: int
    ) -> asyncio.Future[list[Verdict]]:
        """Keep at most `MAX_BATCH` fixes; once this is done, Redis has them. One verdict per fix.

        Who gives up waiting takes nothing away from the others; the fixes may be kept.

        Raises
        ------
        Busy
            The stream is full, Redis has no memory left, or too many wait.
        RedisUnavailable
            Redis does not answer; nobody knows whether the fixes were kept. Send all again.
        Unavailable
            This deployment has no such shard: nobody would read them.
        """
        lane = self._lanes.get(shard)
        if lane is None:
            lane = self._lanes[shard] = _Lane(checked_shard(shard, self.shards))
        if lane.waiting_fixes + len(fixes) > MAX_WAITING:
            raise Busy(f"{lane.waiting_fixes} pings wait for Redis already", FULL_RETRY_S)
        heard: asyncio.Future[list[Verdict]] = self._loop.create_future()
        lane.waiting.append(_Group(fixes, received_ms, heard))
        lane.waiting_fixes += len(fixes)
        if self._is_away:
            self._asked.set()
        elif not lane.armed:
            self._arm(lane)
        return heard

    def _arm(self, lane: _Lane[T]) -> None:
        may_go = not self._is_away and lane.under_way < MAX_UNDER_WAY
        if lane.waiting and not lane.armed and may_go:
            lane.armed = True
            self._loop.call_soon(self._flush, lane)

    def _flush(self, lane: _Lane[T]) -> None:
        lane.armed = False
        if not lane.waiting:  # they were refused meanwhile
            return
        lane.under_way += 1
        task = asyncio.create_task(self._commit(lane, lane.take()))
        self._commits.add(task)
        task.add_done_callback(self._commits.discard)
        self._arm(lane)

    async def _commit(self, lane: _Lane[T], groups: list[_Group[T]]) -> None:
        try:
            fixes = [self._pack(fix) for group in groups for fix in group.fixes]
            with answering(self.url):
                letters = await self._script(
                    keys=lane.keys,
                    args=[
                        self._stream_limit,
                        groups[0].received_ms,
                        b"".join([fix.named for fix in fixes]),
                        b"".join([fix.cell for fix in fixes]),
                    ],
                )
            verdicts = verdicts_of(letters, lane.shard, self._stream_limit)
        except (Busy, RedisUnavailable) as error:
            _fail(groups, error)
            if isinstance(error, RedisUnavailable):
                self._give_up(error)
        except BaseException as error:
            _fail(groups, RedisUnavailable(f"the pings were not kept: {error!r}; send them again"))
            raise
        else:
            start = 0
            for group in groups:
                end = start + len(group.fixes)
                if not group.heard.done():
                    group.heard.set_result(verdicts[start:end])
                start = end
        finally:
            lane.under_way -= 1
            self._arm(lane)

    def _give_up(self, error: RedisUnavailable) -> None:
        """Send nothing more until Redis answers again."""
        self._refuse_waiting(error)
        if not self._is_away:
            self._is_away = True
            self._probing = asyncio.create_task(self._probe())

    def _refuse_waiting(self, error: RedisUnavailable) -> None:
        for lane in self._lanes.values():
            while lane.waiting:
                _fail(lane.take(), error)

    async def _probe(self) -> None:
        """Ask Redis whether it is back: now and then, and whenever somebody has something for it.

        Who comes while it is away hears from the next probe, so at once: one takes a moment.
        """
        while self._is_away:
            self._asked.clear()
            try:
                with answering(self.url):
                    async with asyncio.timeout(_PROBE_S):
                        await self._redis.ping()
            except RedisUnavailable as error:
                self._refuse_waiting(error)
            except TimeoutError:
                self._refuse_waiting(
                    RedisUnavailable(f"Redis at {shown(self.url)} is there and does not answer")
                )
            else:
                self._is_away = False
                for lane in self._lanes.values():
                    self._arm(lane)
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), _PROBE_S)


def _fail(groups: Sequence[_Group[T]], error: Exception) -> None:
    for group in groups:
        if not group.heard.done():
            group.heard.set_exception(error)
