"""Home shards: which one a technician gets, and that a deployment has all of them.

A home is given once and stays: fixes of one technician in two shards would be worked by two
workers at a time. So a deployment may grow in shards, and never lose one where somebody is at home.
"""

from __future__ import annotations

import zlib

from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.kernel.errors import Fault, InvalidInput
from geo_dispatch.kernel.ids import TechnicianId


def home_shard(technician_id: TechnicianId, shards: int) -> int:
    """The home of a new technician: the same in every process, and even over many."""
    return zlib.crc32(technician_id.encode()) % shards


def check_shards(store: Store, shards: int) -> None:
    """Return if every technician's home is among the shards.

    Raises
    ------
    InvalidInput
        Some are at home beyond them: nobody would work their fixes.
    """
    with store.read() as unit:
        needed = unit.technicians.highest_shard() + 1
    if needed > shards:
        message = (
            f"shards is {shards}, but technicians are at home in shard {needed - 1}; "
            f"set GEO_DISPATCH_SHARDS to {needed} or more, as when they were entered"
        )
        raise InvalidInput(message, [Fault("shards", message)])
