"""Whether the event log is as it was written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.audit.chain import Damage, Finding, Sealed, Walk, diagnose
from geo_dispatch.dispatch.audit.erasure import listed_in
from geo_dispatch.dispatch.work.events import TechnicianErased, as_json
from geo_dispatch.kernel.canonical import canonical_json
from geo_dispatch.kernel.errors import InvalidFile
from geo_dispatch.kernel.progress import Progress, silent
from geo_dispatch.services.desk import Desk

_TOLD_EVERY: Final = 500


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the log: noted elsewhere, it proves later that all up to it is untouched.

    Attributes
    ----------
    seq
        Of the newest event; 0 in an empty log.
    chain
        Its chain value; empty in an empty log.
    at
        When it was read.
    """

    seq: int
    chain: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of the log came to.

    Attributes
    ----------
    events
        How many were found as they were written.
    head
        The end of what was checked.
    finding
        The first thing wrong; None: nothing.
    erased
        Of how many, people's words were taken out on purpose, as the log itself says.
    """

    events: int
    head: Head
    finding: Finding | None
    erased: int = 0


def head(ctx: Desk) -> Head:
    """The end of the log as it stands."""
    with ctx.store.read() as unit:
        seq, chain = unit.seals.head()
    return Head(seq, chain, ctx.clock())


def verify(
    ctx: Desk,
    *,
    since: int = 0,
    noted: str | None = None,
    export: Path | None = None,
    progress: Progress = silent,
) -> Verdict:
    """Follow the log's seals from event to event, up to the first that is broken.

    Parameters
    ----------
    since
        Trust everything up to this event.
    noted
        A chain value noted elsewhere, which the log must still hold.
    export
        Write what was checked there: a line of canonical JSON for each event, with its seals.

    Raises
    ------
    NotFound
        There is no event ``since``.
    InvalidFile
        The export cannot be written.
    """
    noted = None if noted is None else noted.strip().lower()
    with ctx.store.read() as unit, _lines(export, _erased(unit)) as write:
        start = unit.seals.chain_at(since)
        erased = _erased(unit)
        walk = Walk(start, unit.seals.digest_before, erased)
        total = unit.seals.count(since)
        progress("check events", 0, total)
        done, seq, noted_found = 0, since, noted in {None, start}
        for row in unit.seals.rows(since):
            if not walk.take(row):
                finding = diagnose(walk, start, row, unit.seals.rows(since))
                return Verdict(done, Head(seq, walk.chain, ctx.clock()), finding)
            write(row)
            noted_found = noted_found or row.chain == noted
            done, seq = done + 1, row.event.seq
            if done % _TOLD_EVERY == 0 or done == total:
                progress("check events", done, total)
    end = Head(seq, walk.chain, ctx.clock())
    cut_off = None if noted_found else _cut_off(noted or "", since)
    return Verdict(done, end, cut_off, sum(since < seq <= end.seq for seq in erased))


@contextmanager
def _lines(path: Path | None, erased: frozenset[int]) -> Iterator[Callable[[Sealed], None]]:
    if path is None:
        yield lambda _row: None
        return
    try:
        with path.open("wb") as file:
            yield lambda row: file.writelines((canonical_json(_line(row, erased)), b"\n"))
    except OSError as error:
        raise InvalidFile(f"{path} cannot be written: {error.strerror or error}") from error


def _line(row: Sealed, erased: frozenset[int]) -> dict[str, Any]:
    """The event as a checker gets it: of an erased one, the digest stands for words that went."""
    return sealed_view(row) | ({"erased": True} if row.event.seq in erased else {})


def _erased(unit: Unit) -> frozenset[int]:
    return listed_in(unit.events(types=[TechnicianErased.type]))


def sealed_view(row: Sealed) -> dict[str, Any]:
    """An event with its seals, as JSON."""
    view: dict[str, Any] = as_json(row.event)
    return view | {"digest": row.digest, "chain": row.chain}


def _cut_off(noted: str, since: int) -> Finding:
    where = f" from event {since} on" if since else ""
    return Finding(
        Damage.REMOVED,
        None,
        f"no event{where} has the noted chain value {noted}: the end of the log was cut off, "
        "or the log was written anew",
    )
