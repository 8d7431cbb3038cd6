"""The history of fixes as Parquet files, one for each local day, for analysis elsewhere.

Memory is bounded by one row group. A file appears when it is whole; those of days that are over
are not written again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from geo_dispatch.adapters.parquet_files import batched, is_complete, parquet_file
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import Fault, InvalidFile, InvalidInput
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.kernel.progress import Progress, silent
from geo_dispatch.kernel.time import Window, datetime_to_ms
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.history import access
from geo_dispatch.services.history.trail import day_span, fixes_of
from geo_dispatch.tracking.fixes import Fix

SETTLED: Final = timedelta(hours=48)
"""So long after a day fixes of it may still come in."""

_STEP: Final = "write days"


@dataclass(frozen=True, slots=True)
class Written:
    """What an export came to.

    Attributes
    ----------
    files
        Of days with fixes, those that were there already included.
    fixes
        In the files that were written now.
    skipped
        Days whose file was there and whole.
    """

    files: tuple[Path, ...]
    fixes: int
    skipped: int


def export(
    ctx: Desk,
    first: date,
    last: date,
    folder: Path,
    *,
    actor: Actor,
    technician_id: str | None = None,
    progress: Progress = silent,
) -> Written:
    """Write the days from first to last, both included; days without fixes have no file.

    Each technician finds in their access log that their history was exported.

    Raises
    ------
    InvalidInput
        The days are out of order.
    NotFound
        There is no such technician.
    InvalidFile
        The folder or a file in it can't be written.
    Unavailable
        pyarrow is not installed.
    """
    if last < first:
        raise InvalidInput(
            f"no day lies between {first} and {last}",
            [Fault("to", f"{last} is before {first}; swap the two")],
        )
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    people = _people(ctx, technician_id)
    _make(folder)
    _note(ctx, people, Window(day_span(ctx, first).start, day_span(ctx, last).end), actor)
    files: list[Path] = []
    fixes = skipped = 0
    for number, day in enumerate(days):
        progress(_STEP, number, len(days))
        path = folder / f"fixes-{f'{technician_id}-' if technician_id else ''}{day}.parquet"
        if is_complete(path):
            files.append(path)
            skipped += 1
            continue
        count = _write(ctx, path, people, day_span(ctx, day))
        if count:
            files.append(path)
        fixes += count
    progress(_STEP, len(days), len(days))
    return Written(tuple(files), fixes, skipped)


def _people(ctx: Desk, technician_id: str | None) -> list[TechnicianId]:
    with ctx.store.read() as unit:
        if technician_id is not None:
            return [unit.technicians.get(technician_id).id]
        return sorted(one.id for one in unit.technicians.list(retired=True))


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidFile(f"{folder} can't be made: {error.strerror or error}") from error


def _note(ctx: Desk, people: Sequence[TechnicianId], span: Window, actor: Actor) -> None:
    start_ms, end_ms = datetime_to_ms(span.start), datetime_to_ms(span.end)
    with ctx.store.write() as unit:
        seen = [one for one in people if unit.fix_history.behind(None, one, start_ms, end_ms, 1)]
        access.note(ctx, unit, seen, span, "history export", actor=actor)
        unit.commit()


def _write(ctx: Desk, path: Path, people: Sequence[TechnicianId], span: Window) -> int:
    """The fixes of that time, by technician and time; none makes no file."""
    batches = batched(_fixes(ctx, people, span))
    first = next(batches, None)
    if first is None:
        return 0
    count = len(first)
    with parquet_file(path, complete=ctx.clock() >= span.end + SETTLED) as write:
        write(first)
        for batch in batches:
            write(batch)
            count += len(batch)
    return count


def _fixes(ctx: Desk, people: Sequence[TechnicianId], span: Window) -> Iterator[Fix]:
    for technician_id in people:
        yield from fixes_of(ctx, technician_id, span)
