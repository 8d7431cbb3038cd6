"""Many records at once: worked out while others write, then written in one go."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

from geo_dispatch.adapters.sql.bulk import Ready
from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.records.keeping import F, Kind, R

_Any = TypeVar("_Any")


class Batch:
    """Records on their way in, worked out from those there are as one unit reads them.

    `write` takes a later unit; `stands` says whether what was worked out still holds by then.
    """

    def __init__(self, ctx: Desk, unit: Unit, actor: Actor) -> None:
        self._ctx = ctx
        self._unit = unit
        self._actor = actor
        self._since = unit.last_seq()
        self._log: list[Ready] = []
        self._drafts: dict[str, _Drafts] = {}

    def enter(self, kind: Kind[R, F], fields: F) -> R:
        """Work out a new record; those after it may name it.

        Raises
        ------
        InvalidInput
            Every fault found.
        """
        record, created = records.drafted(self._ctx, self._unit, kind, fields)
        self._log += self._unit.beginning(
            f"{kind.name}:{record.id}", [created], actor=self._actor, at=self._ctx.clock()
        )
        self._hold(kind, record, self._of(kind).new)
        return record

    def revise(self, kind: Kind[R, F], record: R, fields: F) -> R:
        """Work out a change of a record; the same record when it changes nothing.

        Raises
        ------
        InvalidInput, Conflict
            Every fault found; it is retired.
        """
        changed, event = records.redrafted(self._ctx, self._unit, kind, record, fields)
        if event is None:
            return record
        self._log += self._unit.continuing(
            f"{kind.name}:{record.id}", [event], actor=self._actor, at=self._ctx.clock()
        )
        changed = replace(changed, version=record.version + 1)
        self._hold(kind, changed, self._of(kind).changed)
        return changed

    def stands(self, unit: Unit) -> bool:
        """Whether nothing that records rest on has changed since they were worked out.

        Writers wait for each other from here on until the unit's commit.
        """
        unit.take_turn()
        return all(
            logged.stream.startswith("order:") and logged.type not in _NAMING
            for logged in unit.events(after=self._since)
        )

    def write(self, unit: Unit) -> None:
        """Enter and change them; customers first, which sites point at."""
        unit.append_ready(self._log)
        for _, drafts in sorted(self._drafts.items()):
            kept = drafts.kind.records(unit)
            kept.add_all(*_apart(drafts.new))
            kept.save_all(*_apart(drafts.changed))

    def _of(self, kind: Kind[Any, Any]) -> _Drafts:
        return self._drafts.setdefault(kind.name, _Drafts(kind))

    def _hold(self, kind: Kind[R, Any], record: R, drafts: list[tuple[Any, Ready]]) -> None:
        kept = kind.records(self._unit)
        kept.hold(record)
        drafts.append((record, kept.ready(record)))


_NAMING: Final = frozenset({"order.placed", "order.changed"})
"""After these, orders may name other records than before."""


@dataclass(frozen=True, slots=True)
class _Drafts:
    """Records of one kind, each also as it will be written."""

    kind: Kind[Any, Any]
    new: list[tuple[Any, Ready]] = field(default_factory=list)
    changed: list[tuple[Any, Ready]] = field(default_factory=list)


def _apart(drafts: list[tuple[_Any, Ready]]) -> tuple[list[_Any], list[Ready]]:
    return [record for record, _ in drafts], [row for _, row in drafts]
