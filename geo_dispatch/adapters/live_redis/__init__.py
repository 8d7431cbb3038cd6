"""Live state in Redis: last positions, their H3 index, and fixes on their way to SQL.

All keys of a shard carry the hash tag ``{shard}``, one slot of a cluster:

- ``{shard}:last`` hash of packed records, newest by event time
- ``{shard}:h3`` sorted set by the 52-bit cell: every coarser cell is a range of scores
- ``{shard}:dev`` hash of what devices tell of themselves, newest by event time
- ``{shard}:fixes`` stream, one entry per committed batch
- ``{shard}:lease`` who works the shard, and ``{shard}:fence`` how often that changed
"""

from geo_dispatch.adapters.live_redis.bell import Bell
from geo_dispatch.adapters.live_redis.client import Lease, Live
from geo_dispatch.adapters.live_redis.committer import Committer
from geo_dispatch.adapters.live_redis.records import Entry, Spoilt
from geo_dispatch.adapters.live_redis.tail import Changes, Tail
from geo_dispatch.tracking.fixes import Verdict
from geo_dispatch.tracking.positions import Position

__all__ = [
    "Bell",
    "Changes",
    "Committer",
    "Entry",
    "Lease",
    "Live",
    "Position",
    "Spoilt",
    "Tail",
    "Verdict",
]
