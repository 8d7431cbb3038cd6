"""The hash chain of the event log: what is sealed when an event is written, and checked later.

Each event has a digest over what it says and the digest before it in its stream, and a chain value
over its digest and the chain value before it in the whole log:

    digest = SHA-256 of the canonical JSON (RFC 8785) of
             {actor, at, body, previous, stream, type, version}
    chain  = SHA-256 of the chain value before, followed by the digest, both as hexadecimal text

``previous`` is the digest of the stream's event before; first values have `NOTHING` before them.
Whoever notes one chain value elsewhere can tell later whether anything up to there was touched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from geo_dispatch.dispatch.audit.erasure import is_erased
from geo_dispatch.dispatch.work.events import LoggedEvent
from geo_dispatch.kernel.canonical import sha256_of

NOTHING: Final = ""
"""What stands before the first digest of a stream, and before the log's first chain value."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """An event as it stands in the log, with its seals."""

    event: LoggedEvent
    digest: str
    chain: str


class Damage(StrEnum):
    """What can have been done to a log."""

    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"
    REORDERED = "reordered"


@dataclass(frozen=True, slots=True)
class Finding:
    """The first place where the log is not as it was written.

    Attributes
    ----------
    seq
        Of the first broken event; for a removal, of the event behind the gap; None at the end.
    fact
        What is wrong, in a sentence.
    """

    damage: Damage
    seq: int | None
    fact: str


def content_of(logged: LoggedEvent, previous: str) -> dict[str, Any]:
    """What the digest is made of; ``previous`` is the digest before it in its stream."""
    return {
        "actor": logged.actor,
        "at": _instant(logged.at),
        "body": logged.body,
        "previous": previous,
        "stream": logged.stream,
        "type": logged.type,
        "version": logged.version,
    }


def digest_of(logged: LoggedEvent, previous: str) -> str:
    """The digest of an event behind ``previous`` in its stream."""
    return sha256_of(content_of(logged, previous))


def chain_of(previous: str, digest: str) -> str:
    """The chain value of an event behind the one whose chain value is ``previous``."""
    return hashlib.sha256((previous + digest).encode()).hexdigest()


def _fits(digest: str, event: LoggedEvent, previous: str) -> bool:
    """Whether the event was sealed so; nothing was that has no canonical JSON, such as NaN."""
    try:
        return digest == digest_of(event, previous)
    except ValueError:
        return False


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


@dataclass(slots=True)
class Walk:
    """Follows the chain from event to event.

    Attributes
    ----------
    chain
        The chain value before the next event; at first that of the event before the range.
    digest_before
        The digest of that version of that stream, from before the range.
    erased
        Events that the log itself lists as erased: their digests stand, their words are gone.
    """

    chain: str = NOTHING
    digest_before: Callable[[str, int], str] = lambda _stream, _version: NOTHING
    erased: frozenset[int] = frozenset()
    _heads: dict[str, tuple[int, str]] = field(default_factory=dict)

    def take(self, row: Sealed) -> bool:
        """Go on to the event; False, and stay, when it does not follow."""
        event = row.event
        version, digest = self.head(event)
        follows = (
            event.seq > 0
            and event.version == version + 1
            and row.chain == chain_of(self.chain, row.digest)
            and (_fits(row.digest, event, digest) or is_erased(event, self.erased))
        )
        if follows:
            self.chain = row.chain
            self._heads[event.stream] = (event.version, row.digest)
        return follows

    def head(self, event: LoggedEvent) -> tuple[int, str]:
        """Version and digest of the event's stream as it stands before it."""
        known = self._heads.get(event.stream)
        if known is not None:
            return known
        before = event.version - 1
        digest = self.digest_before(event.stream, before) if before else NOTHING
        return (before, digest) if digest else (0, NOTHING)


def diagnose(walk: Walk, start: str, broken: Sealed, rows: Iterable[Sealed]) -> Finding:
    """Say what was done where a walk stopped.

    Parameters
    ----------
    walk
        As it stands before ``broken``, the event that it did not take.
    start
        The chain value before the first of ``rows``.
    rows
        All events of the range, once more.
    """
    event = broken.event
    version, digest = walk.head(event)
    if broken.chain == chain_of(walk.chain, broken.digest):
        return _changed(event) if event.version == version + 1 else _gap(event, version)
    signs = _Signs(walk.chain, start, broken)
    for row in rows:
        signs.look_at(row)
    as_written = _fits(broken.digest, event, digest)
    if signs.intruder is not None and (as_written or signs.next_follows_seal):
        return _inserted(signs.intruder)
    if signs.next_follows_content:
        return _changed(event)
    if signs.rightful_is_later:
        return _reordered(event) if signs.own_place_is_later else _inserted(event)
    if event.version == version + 1 and (not as_written or signs.successor_disagrees):
        return _changed(event)
    return _gap(event, version)


class _Signs:
    """What the other events tell of a broken one.

    Attributes
    ----------
    intruder
        The first event behind the place that the broken one was sealed for, if that is earlier.
    next_follows_content, next_follows_seal
        The event behind it was sealed for what it says; for the chain value that it has.
    rightful_is_later, own_place_is_later
        What was sealed for its place comes later; so does the place that it was sealed for.
    successor_disagrees
        The next event of its stream was sealed for another digest.
    """

    def __init__(self, before: str, start: str, broken: Sealed) -> None:
        self._before = before
        self._broken = broken
        self._previous: Sealed | None = None
        self.intruder: LoggedEvent | None = None
        self.next_follows_content = False
        self.next_follows_seal = False
        self.rightful_is_later = False
        self.own_place_is_later = False
        self.successor_disagrees = False
        self._belonged_earlier = self._is_place_of_broken(start)

    def look_at(self, row: Sealed) -> None:
        """Take in the next event of the range."""
        event, broken = row.event, self._broken
        if event.seq < broken.event.seq:
            if self._belonged_earlier:
                self.intruder = self.intruder or event
            self._belonged_earlier |= self._is_place_of_broken(row.chain)
        elif event.seq > broken.event.seq:
            self._look_behind(row)
        self._previous = row

    def _look_behind(self, row: Sealed) -> None:
        event, broken = row.event, self._broken
        if self._previous is not None and self._previous.event.seq == broken.event.seq:
            healed = chain_of(self._before, broken.digest)
            self.next_follows_content = row.chain == chain_of(healed, row.digest)
            self.next_follows_seal = row.chain == chain_of(broken.chain, row.digest)
        if row.chain == chain_of(self._before, row.digest):
            self.rightful_is_later = True
        if self._is_place_of_broken(row.chain):
            self.own_place_is_later = True
        if (event.stream, event.version) == (broken.event.stream, broken.event.version + 1):
            self.successor_disagrees = not _fits(row.digest, event, broken.digest)

    def _is_place_of_broken(self, chain: str) -> bool:
        return self._broken.chain == chain_of(chain, self._broken.digest)


def _changed(event: LoggedEvent) -> Finding:
    return Finding(
        Damage.CHANGED,
        event.seq,
        f"event {event.seq} ({_what(event)}) is not as it was written",
    )


def _inserted(event: LoggedEvent) -> Finding:
    return Finding(
        Damage.INSERTED,
        event.seq,
        f"event {event.seq} ({_what(event)}) was put in where the log had none",
    )


def _reordered(event: LoggedEvent) -> Finding:
    return Finding(
        Damage.REORDERED,
        event.seq,
        f"event {event.seq} ({_what(event)}) was written after events that now come behind it",
    )


def _gap(event: LoggedEvent, version: int) -> Finding:
    lost = f"what stood right before event {event.seq} is gone, or its chain value was changed"
    if event.version > version + 1:
        missing = f"version {version + 1} of {event.stream}"
        lost = f"{missing} is gone: event {event.seq} is its version {event.version}"
    return Finding(Damage.REMOVED, event.seq, lost)


def _what(event: LoggedEvent) -> str:
    return f"{event.type}, version {event.version} of {event.stream}"
