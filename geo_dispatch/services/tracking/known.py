"""Who is known at the door of pings: tokens and technicians, kept in memory and kept true.

A ping must not cost a question to SQL. What was read once is kept, and at most `CHECK_S` go by
until one small question tells what changed since, in this process or another: how many tokens were
revoked, and which technicians the event log speaks of. While SQL does not answer, nobody is known.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, TypeVar

from geo_dispatch.dispatch.days.privacy import Tracked
from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.services import tokens
from geo_dispatch.services.context import Context
from geo_dispatch.services.tracking.privacy import concerned, tracked_times

CHECK_S: Final = 0.5
"""A key that was revoked, and a change of a technician, are heard of within this time."""

MAX_KEPT: Final = 100_000
"""Tokens, and technicians, in memory; beyond, all are forgotten and read again."""

_MAX_NEWS: Final = 1000
_MAX_ABSENT: Final = 10_000
_GOOD_FOR: Final = timedelta(hours=12)
"""So long, by the deployment's clock, the tracked times of technicians are kept."""

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Member:
    """A technician, and when their fixes may be kept."""

    technician: Technician
    tracked: Tracked


_NOBODY: Final[Mapping[str, Member]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class _News:
    """What one check found: how things stand, and whom events concern since the last."""

    revoked: int
    seq: int
    technicians: frozenset[str] | None
    """None: too much happened to tell."""


class Known:
    """Tokens and technicians as SQL has them; for one event loop.

    Parameters
    ----------
    check_s
        How long what was read is believed without looking.
    """

    def __init__(self, context: Context, check_s: float = CHECK_S) -> None:
        self._context = context
        self._check_s = check_s
        self._actors: dict[bytes, Actor] = {}
        self._members: dict[str, Member] = {}
        self._members_since: datetime | None = None
        self._absent: set[str] = set()
        self._revoked = -1
        self._seq = 0
        self._forgotten = 0
        """Grows whenever something is forgotten: what was read before must not be kept."""
        self._doubts = 0
        self._doubts_checked = -1
        self._checked_at = -math.inf
        self._check: asyncio.Task[None] | None = None

    def doubt(self) -> None:
        """Something was written in this process: look what, before the next answer."""
        self._doubts += 1

    def at_hand(self) -> Mapping[str, Member]:
        """The technicians that are known without a question to SQL; none when it is time for one.

        Who is missing may exist all the same: `members` knows.
        """
        return self._members if self._is_fresh() else _NOBODY

    def actor_at_hand(self, secret: bytes) -> Actor | None:
        """As `actor`, or None when that takes a question to SQL."""
        if not self._is_fresh():
            return None
        return self._actors.get(hashlib.sha256(secret).digest())

    async def actor(self, secret: bytes) -> Actor:
        """Whoever holds the secret.

        Raises
        ------
        Unauthenticated
            No token has it, or the token was revoked.
        DatabaseUnavailable
            Nobody knows.
        """
        if not self._is_fresh():
            await self._refresh()
        key = hashlib.sha256(secret).digest()
        known = self._actors.get(key)
        if known is not None:
            return known
        before = self._forgotten
        text = secret.decode("utf-8", "replace")
        actor = await asyncio.to_thread(tokens.authenticate, self._context.store, text)
        if before == self._forgotten:
            _keep(self._actors, {key: actor})
        return actor

    async def members(self, ids: Collection[str]) -> Mapping[str, Member]:
        """The technicians among those ids, and maybe others; who is missing does not exist.

        Raises
        ------
        DatabaseUnavailable
            Nobody knows.
        """
        if not self._is_fresh():
            await self._refresh()
        known = self._members
        missing = [one for one in ids if one not in known and one not in self._absent]
        if not missing:
            return known
        held = {one: known[one] for one in ids if one in known}
        before = self._forgotten
        found = await asyncio.to_thread(self._read, missing)
        if before == self._forgotten:
            _keep(known, found)
            if len(self._absent) < _MAX_ABSENT:
                self._absent |= set(missing) - found.keys()
        return held | found

    def _read(self, ids: Collection[str]) -> dict[str, Member]:
        with self._context.store.read() as unit:
            found = unit.technicians.many(ids)
            now = self._context.clock()
            times = tracked_times(unit, self._context.settings, found.values(), now)
        return {key: Member(one, times[one.id]) for key, one in found.items()}

    def _is_fresh(self) -> bool:
        since = time.monotonic() - self._check_s
        return self._checked_at >= since and self._doubts_checked >= self._doubts

    async def _refresh(self) -> None:
        """Be true to what SQL had when this was called; many callers share one check.

        However long checks take, each caller waits for two at most.
        """
        since, doubts = time.monotonic() - self._check_s, self._doubts
        while self._checked_at < since or self._doubts_checked < doubts:
            if self._check is None:
                self._check = asyncio.create_task(self._look())
            await asyncio.shield(self._check)

    async def _look(self) -> None:
        began, doubts = time.monotonic(), self._doubts
        try:
            news = await asyncio.to_thread(self._news)
        finally:
            self._check = None  # a check that is done must not be waited for: that never ends
        if news.revoked != self._revoked:
            self._actors.clear()
            self._forgotten += 1
        now = self._context.clock()
        if self._members_since is None or now - self._members_since > _GOOD_FOR:
            news = replace(news, technicians=None)
        if news.technicians is None:
            self._members.clear()
            self._members_since = now
            self._forgotten += 1
        elif news.technicians:
            self._forgotten += 1
            for one in news.technicians:
                self._members.pop(one, None)
        self._absent.clear()
        self._revoked, self._seq = news.revoked, news.seq
        self._checked_at, self._doubts_checked = began, doubts

    def _news(self) -> _News:
        with self._context.store.read() as unit:
            revoked, seq = unit.tokens.revoked(), unit.last_seq()
            if self._revoked < 0 or seq - self._seq > _MAX_NEWS:
                return _News(revoked, seq, None)
            events = unit.events(after=self._seq) if seq > self._seq else []
        return _News(revoked, seq, frozenset().union(*map(concerned, events)))


def _keep(held: dict[K, V], more: Mapping[K, V]) -> None:
    if len(held) + len(more) > MAX_KEPT:
        held.clear()
    held.update(more)
