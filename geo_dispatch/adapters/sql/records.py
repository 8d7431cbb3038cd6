"""Keeping records: the part that is the same for every kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import fields, replace
from functools import cache
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar

from sqlalchemy import (
    Connection,
    Insert,
    Select,
    Table,
    Update,
    bindparam,
    insert,
    select,
    tuple_,
    update,
)

from geo_dispatch.adapters.sql.bulk import Ready, insert_ready, ready, update_ready
from geo_dispatch.adapters.sql.tables import events
from geo_dispatch.kernel.errors import Conflict, Fault, InvalidInput, NotFound, VersionConflict

_OF_ITSELF: Final = ("order.eta", "order.briefed", "message.queued")
"""What follows from changes, and is none."""


class Versioned(Protocol):
    """What a record must have to be kept here; a frozen dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def id(self) -> str:
        """Its key."""

    @property
    def external_id(self) -> str | None:
        """Its key in the books of whoever sent it."""

    @property
    def version(self) -> int:
        """Grows by one with each change."""


R = TypeVar("R", bound=Versioned)


class Records(Generic[R]):
    """One kind of record in one table, whose columns are the dataclass' fields.

    Subclasses name the table, and override `to_row` and `from_row` where the two differ.
    """

    kind: ClassVar[str]
    table: ClassVar[Table]
    order_by: ClassVar[str]
    record_type: type[R]

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._kept: dict[tuple[str, str], R | None] = {}

    def to_row(self, record: R) -> dict[str, Any]:
        """The record as values of columns."""
        return {field.name: getattr(record, field.name) for field in fields(record)}

    def from_row(self, row: Mapping[str, Any]) -> R:
        """The record from values of columns."""
        return self.record_type(**row)

    def get(self, key: str) -> R:
        """The record.

        Raises
        ------
        NotFound
            There is none with this id.
        """
        record = self.find(key)
        if record is None:
            raise NotFound(self.kind, key, f"the list of {self.kind}s has those there are")
        return record

    def find(self, key: str) -> R | None:
        """The record, or None."""
        return self._named("id", key)

    def by_external_id(self, external_id: str) -> R | None:
        """The record that its sender knows by this id, or None."""
        return self._named("external_id", external_id)

    def keep_at_hand(self, external_ids: Iterable[str]) -> None:
        """Read these at once: `by_external_id` and `find` then answer without the database.

        For units that ask for thousands, and that alone change what they ask for.
        """
        for names in _in_parts(set(external_ids)):
            self._kept |= dict.fromkeys(("external_id", name) for name in names)
            for record in self._read(_these(self.table, "external_id", "id"), {"keys": names}):
                self._keep(record)

    def hold(self, record: R) -> None:
        """Have at hand what is not in the table yet, as if it were."""
        self._keep(record)

    def many(self, keys: Iterable[str]) -> dict[str, R]:
        """Those of the records that exist, by id."""
        wanted = set(keys)
        held = {key: self._kept["id", key] for key in wanted if ("id", key) in self._kept}
        found = {key: record for key, record in held.items() if record is not None}
        for names in _in_parts(wanted - held.keys()):
            read = self._read(_these(self.table, "id", self.order_by), {"keys": names})
            found |= {record.id: record for record in read}
        return found

    def list(
        self,
        *criteria: Any,
        retired: bool = False,
        after: str | None = None,
        limit: int | None = None,
    ) -> list[R]:
        """Records in their usual order.

        Parameters
        ----------
        criteria
            SQLAlchemy conditions on the table.
        retired
            Also those out of use.
        after
            Id of the last record of the page before.

        Raises
        ------
        InvalidInput
            There never was a record ``after``: an empty page would pass for the last one.
        """
        conditions = list(criteria)
        columns = self.table.c
        if not retired:
            conditions.append(columns.retired.is_(False))
        place = tuple_(columns[self.order_by], columns.id)
        if after is not None:
            if self.find(after) is None:
                raise InvalidInput(
                    f"cursor {after!r} is not one of ours; leave it out to begin at the first page",
                    [Fault("cursor", f"{after!r} is not the `next` of a page of {self.kind}s")],
                )
            last = select(columns[self.order_by], columns.id).where(columns.id == after)
            conditions.append(place > last.scalar_subquery())
        return [*self._select(*conditions, limit=limit)]

    def add(self, record: R) -> R:
        """Keep a new record.

        Raises
        ------
        Conflict
            Its external id is taken.
        """
        taken = self.by_external_id(record.external_id) if record.external_id else None
        if taken is not None:
            raise self._taken(record, taken)
        self._connection.execute(_insertion(self.table), self.to_row(record))
        self._renew(record)
        return record

    def ready(self, record: R) -> Ready:
        """The record as `add_all` and `save_all` take it."""
        return ready(self._connection, self.table, self.to_row(record))

    def add_all(self, records: Sequence[R], rows: Sequence[Ready]) -> None:
        """Keep new records, all at once, from what `ready` made of each.

        Raises
        ------
        Conflict
            The external id of one is taken.
        """
        self.keep_at_hand(record.external_id for record in records if record.external_id)
        for record in records:
            taken = self.by_external_id(record.external_id) if record.external_id else None
            if taken is not None:
                raise self._taken(record, taken)
        insert_ready(self._connection, self.table, rows)
        for record in records:
            self._keep(record)

    def save(self, record: R) -> R:
        """Keep a changed record, ``version`` being the one that the change is based on.

        Returns
        -------
        R
            The record as stored, its version one higher.

        Raises
        ------
        VersionConflict
            Someone else changed it first.
        Conflict
            Its external id is taken.
        """
        stored = replace(record, version=record.version + 1)
        taken = self.by_external_id(record.external_id) if record.external_id else None
        if taken is not None and taken.id != record.id:
            raise self._taken(record, taken)
        row = self.to_row(stored)
        values = {_NEW + name: value for name, value in row.items()}
        known = {"key": record.id, "based_on": record.version}
        changed = self._connection.execute(_change(self.table, tuple(row)), values | known).rowcount
        if changed != 1:
            self._kept.pop(("id", record.id), None)
            self.expect(record.id, record.version)
        self._renew(stored)
        return stored

    def save_all(self, records: Sequence[R], rows: Sequence[Ready]) -> None:
        """Keep changed records, all at once, from what `ready` made of each as it will be.

        Parameters
        ----------
        records
            Each with its version one above the one that the change is based on, and its external
            id as it was.

        Raises
        ------
        VersionConflict
            Someone else changed one of them first.
        """
        if update_ready(self._connection, self.table, rows) != len(rows):
            raise VersionConflict(
                f"one of {len(rows)} {self.kind}s was changed meanwhile; try again"
            )
        for record in records:
            self._renew(record)

    def expect(self, key: str, version: int | None) -> R:
        """The record, which must be at this version; None takes any.

        Raises
        ------
        NotFound
            There is none with this id.
        VersionConflict
            It is at another version.
        """
        record = self.get(key)
        if version is not None and record.version != version:
            raise VersionConflict(
                f"{self.kind} {key!r} is at version {record.version}, not {version}: "
                f"{self._changer(key)} changed it meanwhile; read it again",
                [Fault("version", f"{version} was sent, {record.version} is current")],
            )
        return record

    def _changer(self, key: str) -> str:
        """Who did what to it last, and when, as the log has it; ETAs are nobody's doing."""
        name = self.kind.rsplit(" ", maxsplit=1)[-1]
        last = self._connection.execute(
            select(events.c.actor, events.c.type, events.c.at)
            .where(events.c.stream == f"{name}:{key}", events.c.type.not_in(_OF_ITSELF))
            .order_by(events.c.version.desc())
            .limit(1)
        ).first()
        return f"{last.actor} ({last.type} at {last.at:%H:%M:%S} UTC)" if last else "someone"

    def _taken(self, record: R, taken: R) -> Conflict:
        return Conflict(
            f"external_id {record.external_id!r} belongs to {self.kind} {taken.id!r}; "
            "change that one, or send another id",
            [Fault("external_id", f"{record.external_id!r} is taken by {taken.id}")],
        )

    def _one(self, condition: Any) -> R | None:
        found = self._select(condition, limit=1)
        return found[0] if found else None

    def _named(self, column: str, key: str) -> R | None:
        if (column, key) in self._kept:
            return self._kept[column, key]
        found = self._read(_lookup(self.table, column), {"key": key})
        return found[0] if found else None

    def _keep(self, record: R) -> None:
        self._kept["id", record.id] = record
        if record.external_id is not None:
            self._kept["external_id", record.external_id] = record

    def _renew(self, record: R) -> None:
        """What is at hand stays as the table has it."""
        if not self._kept:
            return
        old = self._kept.get(("id", record.id))
        if old is not None and old.external_id not in {None, record.external_id}:
            self._kept["external_id", str(old.external_id)] = None
        self._keep(record)

    def _select(self, *conditions: Any, limit: int | None = None) -> Sequence[R]:
        columns = self.table.c
        statement = (
            select(self.table)
            .where(*conditions)
            .order_by(columns[self.order_by], columns.id)
            .limit(limit)
        )
        return self._read(statement, {})

    def _read(self, statement: Select[Any], values: Mapping[str, Any]) -> Sequence[R]:
        rows = self._connection.execute(statement, values).mappings()
        return [self.from_row(dict(row)) for row in rows]


_AT_ONCE: Final = 1000
"""Keys in one question; SQLite takes some 32,000."""


def _in_parts(keys: AbstractSet[str]) -> Iterator[list[str]]:
    """The keys in order, in as many questions as it takes."""
    ordered = sorted(keys)
    for begin in range(0, len(ordered), _AT_ONCE):
        yield ordered[begin : begin + _AT_ONCE]


_NEW: Final = "new_"
"""What a change sets, told from what it is based on."""


@cache
def _lookup(table: Table, column: str) -> Select[Any]:
    """Statements are made once: building one costs more than running it."""
    return select(table).where(table.c[column] == bindparam("key")).limit(1)


@cache
def _these(table: Table, column: str, order_by: str) -> Select[Any]:
    wanted = table.c[column].in_(bindparam("keys", expanding=True))
    return select(table).where(wanted).order_by(table.c[order_by], table.c.id)


@cache
def _insertion(table: Table) -> Insert:
    return insert(table)


@cache
def _change(table: Table, names: tuple[str, ...]) -> Update:
    columns = table.c
    return (
        update(table)
        .where(columns.id == bindparam("key"), columns.version == bindparam("based_on"))
        .values({name: bindparam(_NEW + name, type_=columns[name].type) for name in names})
    )
