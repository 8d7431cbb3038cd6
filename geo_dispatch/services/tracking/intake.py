"""Pings as they come in: judge each, commit the good ones together, keep the others to be seen."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import NamedTuple, cast

from geo_dispatch.adapters.live_redis import Committer
from geo_dispatch.adapters.live_redis.client import MAX_BATCH
from geo_dispatch.adapters.sql.quarantine import Quarantined
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.time import datetime_to_ms
from geo_dispatch.services.context import Context
from geo_dispatch.services.tracking.judging import is_plain, judge, may_be_an_id, to_quarantine
from geo_dispatch.services.tracking.known import Known
from geo_dispatch.services.tracking.pings import Ping, PingVerdict, Unreadable
from geo_dispatch.tracking.fixes import Verdict

_KEPT = {verdict: PingVerdict(verdict.value) for verdict in Verdict}


def told(verdicts: Iterable[Verdict]) -> list[PingVerdict]:
    """What Redis said, as it is told."""
    return [_KEPT[verdict] for verdict in verdicts]


_WAITING = PingVerdict("accepted")
"""Stands where the verdict comes from Redis, until it does."""


class _Share(NamedTuple):
    """What goes to one shard: where it was among the items, and the pings."""

    indexes: list[int]
    pings: list[Ping]


class Intake:
    """The one way of pings into the deployment; for one event loop."""

    def __init__(self, context: Context, committer: Committer[Ping]) -> None:
        self._context = context
        self._committer = committer
        self.known = Known(context)

    def at_once(
        self, items: Sequence[Ping | Unreadable], actor: Actor
    ) -> asyncio.Future[list[Verdict]] | None:
        """Commit items that are all plainly good and go to one shard; None: ask `accept`.

        Raises
        ------
        Busy, Unavailable
            As `accept`.
        """
        members, sender = self.known.at_hand(), actor.technician_id
        now_ms = datetime_to_ms(self._context.clock())
        shard = None
        for item in items:
            member = members.get(item.technician_id)
            if member is None or not is_plain(item, member, sender, now_ms):
                return None
            if shard is None:
                shard = member.technician.shard
            elif member.technician.shard != shard:
                return None
        if shard is None or len(items) > MAX_BATCH:
            return None
        return self._committer.append(shard, cast("Sequence[Ping]", items), now_ms)

    async def accept(self, items: Sequence[Ping | Unreadable], actor: Actor) -> list[PingVerdict]:
        """Take what is good, one verdict each; when this returns, Redis has it.

        Rejected ones are kept in quarantine and never block the others.

        Raises
        ------
        Busy
            The worker is too far behind. Send all again: pings that are known already change
            nothing.
        RedisUnavailable, DatabaseUnavailable
            What keeps them is away; send all again.
        Unavailable
            Somebody's home shard is beyond those of this deployment.
        """
        heard = self.at_once(items, actor)
        return told(await heard) if heard is not None else await self._accept_some(items, actor)

    async def _accept_some(
        self, items: Sequence[Ping | Unreadable], actor: Actor
    ) -> list[PingVerdict]:
        now = self._context.clock()
        now_ms = datetime_to_ms(now)
        fleet = self.known.at_hand()
        names = {item.technician_id for item in items}
        if not names <= fleet.keys():
            fleet = await self.known.members([name for name in names if may_be_an_id(name)])
        verdicts: list[PingVerdict] = []
        good: dict[int, _Share] = {}
        refused: list[Quarantined] = []
        for index, item in enumerate(items):
            member = fleet.get(item.technician_id)
            refusal = judge(item, member, actor, now_ms)
            verdicts.append(refusal or _WAITING)
            if refusal is None and member is not None and isinstance(item, Ping):
                share = good.get(member.technician.shard)
                if share is None:
                    share = good[member.technician.shard] = _Share([], [])
                share.indexes.append(index)
                share.pings.append(item)
            elif refusal is not None and refusal.verdict == "rejected":
                refused.append(to_quarantine(item, refusal, member, now, actor))
        for shard, share in good.items():
            for start in range(0, len(share.pings), MAX_BATCH):
                part = slice(start, start + MAX_BATCH)
                taken = await self._committer.append(shard, share.pings[part], now_ms)
                for index, verdict in zip(share.indexes[part], taken, strict=True):
                    verdicts[index] = _KEPT[verdict]
        if refused:
            await asyncio.to_thread(self._quarantine, refused)
        return verdicts

    def _quarantine(self, refused: Sequence[Quarantined]) -> None:
        with self._context.store.write() as unit:
            unit.quarantine.add(refused)
            unit.commit()
