"""The synchronous side: append, read, trim, look up, lease."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

import redis
from redis.retry import Retry

from geo_dispatch.adapters.live_redis.bell import CHANNEL
from geo_dispatch.adapters.live_redis.connection import (
    FULL_RETRY_S,
    MAX_BLOCK_MS,
    answering,
    cannot_write,
    pool_options,
    shown,
)
from geo_dispatch.adapters.live_redis.devices import Devices
from geo_dispatch.adapters.live_redis.entries import entry_of
from geo_dispatch.adapters.live_redis.records import (
    Entry,
    fix_to_packed,
    record_to_position,
)
from geo_dispatch.kernel import cells
from geo_dispatch.kernel.errors import Busy, RedisUnavailable, Unavailable
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.tracking.fixes import Fix, Verdict
from geo_dispatch.tracking.positions import Position

MAX_BATCH: Final = 1000
"""Fixes per script call; Redis' Lua can unpack a few thousand values at once."""

STREAM_LIMIT: Final = 100_000
"""Batches waiting in one shard's stream before new ones are refused."""

KEEP_MS: Final = 30_000
"""Committed entries stay this long, for the tails that feed the map."""

START: Final = "0-0"
_SCRIPTS = files("geo_dispatch.adapters.live_redis") / "scripts"
APPEND: Final = (_SCRIPTS / "append.lua").read_text()
_FULL: Final = b"F"
_VERDICTS: Final = {
    ord("A"): Verdict.ACCEPTED,
    ord("L"): Verdict.LATE,
    ord("D"): Verdict.DUPLICATE,
}


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work a shard, until it is lost or given back; ``fence`` grows per holder."""

    shard: int
    owner: str
    fence: int


class Live:
    """Live state of the shards behind one URL.

    Parameters
    ----------
    url
        ``unix:///path`` or ``redis://host:port/db``.
    shards
        How many home shards technicians are spread over.
    stream_limit
        Entries in a shard's stream at which `append` says `Busy`.
    """

    def __init__(self, url: str, shards: int = 1, *, stream_limit: int = STREAM_LIMIT) -> None:
        self.url = url
        self.shards = shards
        self._stream_limit = stream_limit
        # redis-py types answers as bytes or str; without decode_responses they are bytes
        self._redis: Any = redis.Redis.from_pool(
            redis.BlockingConnectionPool.from_url(url, **pool_options(Retry))
        )
        self._append = self._redis.register_script(APPEND)
        self._lease = self._redis.register_script((_SCRIPTS / "lease.lua").read_text())
        self.devices = Devices(self._redis, url)

    def close(self) -> None:
        """Close all connections."""
        self._redis.close()

    def ping(self) -> None:
        """Return if Redis answers, can write its log and is new enough.

        Raises
        ------
        RedisUnavailable
            It does not, can't, or is older than 6.2.
        """
        with answering(self.url):
            version = str(self._redis.info("server")["redis_version"])
            log = self._redis.info("persistence")
        if log.get("aof_last_write_status", "ok") != "ok":
            raise cannot_write(self.url)
        if tuple(int(part) for part in version.split(".")[:2]) < (6, 2):
            raise RedisUnavailable(
                f"Redis at {shown(self.url)} is {version}; geo-dispatch needs 6.2 or newer"
            )

    def append(self, shard: int, fixes: Sequence[Fix], received_ms: int) -> list[Verdict]:
        """Keep the fixes; when this returns, Redis has them. One verdict per fix.

        Nothing is sent twice by itself: after `RedisUnavailable` the caller can't know whether
        the batch was kept, and may send it again, as fixes that are known already change nothing.

        Raises
        ------
        Busy
            The stream is full. The batches of `MAX_BATCH` before the full one were kept.
        RedisUnavailable
            Redis does not answer.
        Unavailable
            This deployment has no such shard: nobody would read them.
        """
        checked_shard(shard, self.shards)
        verdicts: list[Verdict] = []
        for start in range(0, len(fixes), MAX_BATCH):
            packed = [fix_to_packed(fix) for fix in fixes[start : start + MAX_BATCH]]
            with answering(self.url):
                letters = self._append(
                    keys=[positions_key(shard), cells_key(shard), stream_key(shard)],
                    args=[
                        self._stream_limit,
                        received_ms,
                        b"".join([one.named for one in packed]),
                        b"".join([one.cell for one in packed]),
                    ],
                )
            verdicts += verdicts_of(letters, shard, self._stream_limit)
        return verdicts

    def positions(self, shard: int | None = None) -> list[Position]:
        """The newest position of each technician, of one shard or of all."""
        found: list[Position] = []
        for one in range(self.shards) if shard is None else (shard,):
            with answering(self.url):
                records = self._redis.hgetall(positions_key(one))
            found += positions_of(records)
        return found

    def positions_by_id(self, shards: Mapping[TechnicianId, int]) -> dict[TechnicianId, Position]:
        """The newest positions of technicians, each of a shard, in one question per shard.

        Who never sent any has none.
        """
        ids: defaultdict[int, list[TechnicianId]] = defaultdict(list)
        for technician_id, shard in shards.items():
            ids[shard].append(technician_id)
        found: dict[TechnicianId, Position] = {}
        for shard, those in ids.items():
            with answering(self.url):
                records = self._redis.hmget(positions_key(shard), those)
            known = zip(those, records, strict=True)
            found |= {one: record_to_position(one, record) for one, record in known if record}
        return found

    def forget(self, shard: int, technician_id: TechnicianId) -> None:
        """Take the technician's last position away; the next fix brings one."""
        with answering(self.url), self._redis.pipeline(transaction=True) as together:
            together.hdel(positions_key(shard), technician_id)
            together.zrem(cells_key(shard), technician_id)
            together.execute()

    def count_in_cell(self, cell: int) -> int:
        """How many technicians were last seen in the H3 cell, of resolution 9 or coarser."""
        low, high = cells.score_range(cell)
        with answering(self.url):
            return sum(
                int(self._redis.zcount(cells_key(shard), low, high)) for shard in range(self.shards)
            )

    def read(self, after: Mapping[int, str], count: int, block_ms: int = 0) -> list[Entry]:
        """Stream entries after the given id of each shard, oldest first within a shard.

        Parameters
        ----------
        after
            Shard to the last id that was dealt with; `START` for all.
        count
            At most so many entries per shard.
        block_ms
            Wait up to so long, at most `MAX_BLOCK_MS`, for the first one; 0 does not wait.
        """
        if not after:
            return []
        streams: Any = {stream_key(shard): last for shard, last in after.items()}
        with answering(self.url):
            answer = self._redis.xread(
                streams, count=count, block=min(block_ms, MAX_BLOCK_MS) or None
            )
        return entries_of(answer)

    def trim(self, shard: int, committed_id: str) -> None:
        """Drop entries up to the committed one, but for those of the `KEEP_MS` before it."""
        floor_ms = int(committed_id.partition("-")[0]) - KEEP_MS
        if floor_ms > 0:
            with answering(self.url):
                self._redis.xtrim(stream_key(shard), minid=f"{floor_ms}-0", approximate=False)

    def backlog(self, shard: int, committed_id: str) -> int:
        """How many entries wait behind the committed one, counted up to 10000."""
        with answering(self.url):
            return len(self._redis.xrange(stream_key(shard), f"({committed_id}", "+", 10_000))

    def acquire(self, shard: int, owner: str, ttl_s: float, above_fence: int = 0) -> Lease | None:
        """Take the right to work the shard, or None while somebody has it.

        Parameters
        ----------
        owner
            Unique name of the process.
        ttl_s
            Real seconds until it is lost unless renewed.
        above_fence
            The last fence that SQL saw: the new one is higher even if Redis lost its count.
        """
        fence = self._leased("acquire", shard, owner, ttl_s, above_fence)
        return None if fence is None else Lease(shard, owner, fence)

    def renew(self, lease: Lease, ttl_s: float) -> bool:
        """Keep the lease for so long from now; False if it was lost."""
        return self._leased("renew", lease.shard, lease.owner, ttl_s, lease.fence) is not None

    def release(self, lease: Lease) -> None:
        """Give the lease back."""
        self._leased("release", lease.shard, lease.owner, 1.0, lease.fence)

    def ring(self) -> None:
        """Tell whoever reads the event log that it grew."""
        with answering(self.url):
            self._redis.publish(CHANNEL, b"")

    def holder(self, shard: int) -> str | None:
        """Who works the shard now, if anybody: the heartbeat of workers."""
        with answering(self.url):
            name = self._redis.get(lease_key(shard))
        return str(name.decode().rpartition(":")[0]) if name else None

    def _leased(self, step: str, shard: int, owner: str, ttl_s: float, fence: int) -> int | None:
        with answering(self.url):
            answer = self._lease(
                keys=[lease_key(shard), fence_key(shard)],
                args=[step, owner, int(ttl_s * 1000), fence],
            )
        return None if answer is None else int(answer)


def checked_shard(shard: int, shards: int) -> int:
    """The shard, if this deployment has it.

    Raises
    ------
    Unavailable
        It has fewer: nobody would read what is sent there.
    """
    if not 0 <= shard < shards:
        raise Unavailable(
            f"there is no shard {shard} among {shards}; set GEO_DISPATCH_SHARDS to the "
            "same number for all processes, the command line too"
        )
    return shard


def verdicts_of(letters: bytes, shard: int, stream_limit: int) -> list[Verdict]:
    """What the append script says of each fix.

    Raises
    ------
    Busy
        The stream is full; nothing was kept.
    """
    if letters == _FULL:
        raise Busy(
            f"shard {shard} has {stream_limit} batches of pings waiting for the worker; "
            "is it running?",
            FULL_RETRY_S,
        )
    return [_VERDICTS[letter] for letter in letters]


def positions_of(records: Mapping[bytes, bytes]) -> list[Position]:
    """Unpack a hash of positions."""
    return [
        record_to_position(TechnicianId(name.decode()), record) for name, record in records.items()
    ]


def entries_of(answer: Any) -> list[Entry]:
    """Unpack what XREAD returns."""
    return [
        entry_of(shard_of(key), entry_id.decode(), fields)
        for key, entries in answer or ()
        for entry_id, fields in entries
    ]


def shard_of(key: bytes) -> int:
    """The shard that the key is of."""
    return int(key.partition(b"}")[0][1:])


def positions_key(shard: int) -> str:
    """Hash of technician id to packed record."""
    return f"{{{shard}}}:last"


def cells_key(shard: int) -> str:
    """Sorted set of technician ids by cell."""
    return f"{{{shard}}}:h3"


def stream_key(shard: int) -> str:
    """Stream of batches."""
    return f"{{{shard}}}:fixes"


def lease_key(shard: int) -> str:
    """Name and fence of who works the shard."""
    return f"{{{shard}}}:lease"


def fence_key(shard: int) -> str:
    """How often the lease changed hands."""
    return f"{{{shard}}}:fence"
