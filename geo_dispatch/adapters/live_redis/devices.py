"""What devices tell of themselves, and what they were told: a hash each per shard."""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files
from typing import Any, Final

import msgspec

from geo_dispatch.adapters.live_redis.connection import answering
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.tracking.devices import DeviceStatus
from geo_dispatch.tracking.phone_fences import PhoneFence

_SCRIPT: Final = files("geo_dispatch.adapters.live_redis") / "scripts" / "devices.lua"
_AT: Final = struct.Struct(">Q")
_Told = dict[str, tuple[PhoneFence, ...]]
_REPEAT_MS: Final = 60_000
"""Apps say the same with each position; once a minute is enough to know that it holds."""


class Devices:
    """Statuses of devices, newest by event time; of two at one time, the same one in any order."""

    def __init__(self, redis: Any, url: str) -> None:
        self._redis = redis
        self._url = url
        self._keep = redis.register_script(_SCRIPT.read_text())
        self._kept: dict[TechnicianId, DeviceStatus] = {}

    def is_news(self, technician_id: TechnicianId, status: DeviceStatus) -> bool:
        """Whether it tells anything that this process didn't keep within the last minute."""
        kept = self._kept.get(technician_id)
        if kept is None or status.sos or status.at_ms >= kept.at_ms + _REPEAT_MS:
            return True
        return status.at_ms >= kept.at_ms and replace(status, at_ms=kept.at_ms) != kept

    def keep(self, shard: int, statuses: Mapping[TechnicianId, DeviceStatus]) -> None:
        """Take those that are newer than what is known.

        Raises
        ------
        Busy, RedisUnavailable
            Redis is full, or does not answer.
        """
        args = [
            word for name, status in statuses.items() for word in (name, status_to_record(status))
        ]
        if args:
            with answering(self._url):
                self._keep(keys=[devices_key(shard)], args=args)
            self._kept.update(statuses)

    def by_id(self, shards: Mapping[TechnicianId, int]) -> dict[TechnicianId, DeviceStatus]:
        """What is known of technicians' devices, each of a shard; one question per shard."""
        ids: defaultdict[int, list[TechnicianId]] = defaultdict(list)
        for technician_id, shard in shards.items():
            ids[shard].append(technician_id)
        found: dict[TechnicianId, DeviceStatus] = {}
        for shard, those in ids.items():
            with answering(self._url):
                records = self._redis.hmget(devices_key(shard), those)
            known = zip(those, records, strict=True)
            found |= {one: record_to_status(record) for one, record in known if record}
        return found

    def everybody(self, shards: int) -> dict[TechnicianId, DeviceStatus]:
        """What is known of all devices of the first so many shards."""
        found: dict[TechnicianId, DeviceStatus] = {}
        for shard in range(shards):
            with answering(self._url):
                records = self._redis.hgetall(devices_key(shard))
            found |= {
                TechnicianId(name.decode()): record_to_status(record)
                for name, record in records.items()
            }
        return found

    def fences_told(self, shard: int, technician_id: TechnicianId) -> _Told:
        """The fences that each of the technician's phones was told to watch, by its name."""
        with answering(self._url):
            record = self._redis.hget(told_key(shard), technician_id)
        return {} if record is None else msgspec.msgpack.decode(record, type=_Told)

    def keep_fences_told(self, shard: int, technician_id: TechnicianId, told: _Told) -> None:
        """Remember that, in place of what was known."""
        with answering(self._url):
            self._redis.hset(told_key(shard), technician_id, msgspec.msgpack.encode(told))

    def forget(self, shard: int, technician_id: TechnicianId) -> None:
        """Nothing is known of the technician's devices any more."""
        self._kept.pop(technician_id, None)
        with answering(self._url):
            self._redis.hdel(devices_key(shard), technician_id)
            self._redis.hdel(told_key(shard), technician_id)


def status_to_record(status: DeviceStatus) -> bytes:
    """Pack it behind its time."""
    return _AT.pack(status.at_ms) + msgspec.msgpack.encode(status)


def record_to_status(record: bytes) -> DeviceStatus:
    """Unpack it."""
    return msgspec.msgpack.decode(record[_AT.size :], type=DeviceStatus)


def devices_key(shard: int) -> str:
    """Hash of technician id to what their device told."""
    return f"{{{shard}}}:dev"


def told_key(shard: int) -> str:
    """Hash of technician id to what their phones were told."""
    return f"{{{shard}}}:told"
