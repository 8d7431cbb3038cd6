"""Pings as they come in: judge each, commit the good ones together, keep the others to be seen."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence

from geo_dispatch.adapters.live_redis import Committer
from geo_dispatch.adapters.sql.tracking import Quarantined
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.time import datetime_to_ms
from geo_dispatch.services.context import Context
from geo_dispatch.services.tracking.judging import judge, may_be_an_id, to_quarantine
from geo_dispatch.services.tracking.known import Known
from geo_dispatch.services.tracking.pings import Ping, PingVerdict, Unreadable, ping_to_fix
from geo_dispatch.tracking.fixes import Fix, Verdict

_KEPT = {verdict: PingVerdict(verdict.value) for verdict in Verdict}


class Intake:
    """The one way of pings into the deployment; for one event loop."""

    def __init__(self, context: Context, committer: Committer) -> None:
        self._context = context
        self._committer = committer
        self.known = Known(context)

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
        now = self._context.clock()
        now_ms = datetime_to_ms(now)
        fleet = await self.known.members(
            {item.technician_id for item in items if may_be_an_id(item.technician_id)}
        )
        verdicts: list[PingVerdict | None] = [None] * len(items)
        good: defaultdict[int, list[tuple[int, Fix]]] = defaultdict(list)
        refused: list[Quarantined] = []
        for index, item in enumerate(items):
            member = fleet.get(item.technician_id)
            refusal = judge(item, member, actor, now_ms)
            if refusal is not None:
                verdicts[index] = refusal
                if refusal.verdict == "rejected":
                    refused.append(to_quarantine(item, refusal, member, now, actor))
            elif member is not None and isinstance(item, Ping):
                good[member.technician.shard].append((index, ping_to_fix(item)))
        for shard, numbered in good.items():
            taken = await self._committer.append(shard, [fix for _, fix in numbered], now_ms)
            for (index, _), verdict in zip(numbered, taken, strict=True):
                verdicts[index] = _KEPT[verdict]
        if refused:
            await asyncio.to_thread(self._quarantine, refused)
        return [verdict for verdict in verdicts if verdict is not None]

    def _quarantine(self, refused: Sequence[Quarantined]) -> None:
        with self._context.store.write() as unit:
            unit.tracking.quarantine(refused)
            unit.commit()
