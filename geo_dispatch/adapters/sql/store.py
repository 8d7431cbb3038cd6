"""The records: one SQL database, worked on in units that happen wholly or not at all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from geo_dispatch.adapters.clock import system_clock
from geo_dispatch.adapters.sql import log, schema
from geo_dispatch.adapters.sql.audit import Seals
from geo_dispatch.adapters.sql.breaks import Breaks
from geo_dispatch.adapters.sql.bulk import Ready
from geo_dispatch.adapters.sql.contracts import Contracts
from geo_dispatch.adapters.sql.decisions import Decisions
from geo_dispatch.adapters.sql.erasure import Erasure
from geo_dispatch.adapters.sql.etas import Etas
from geo_dispatch.adapters.sql.experience import Experiences
from geo_dispatch.adapters.sql.files import Files
from geo_dispatch.adapters.sql.fix_cells import FixCells
from geo_dispatch.adapters.sql.fix_history import FixHistory
from geo_dispatch.adapters.sql.history import History
from geo_dispatch.adapters.sql.idempotency import IN_HAND, IdempotencyKeys
from geo_dispatch.adapters.sql.jobs import Jobs
from geo_dispatch.adapters.sql.messages import Messages
from geo_dispatch.adapters.sql.neighbours import SitesNear
from geo_dispatch.adapters.sql.orders import Assignments, Orders, Visits
from geo_dispatch.adapters.sql.people import Customers, Sites, Technicians
from geo_dispatch.adapters.sql.policies import Performances, Policies
from geo_dispatch.adapters.sql.privacy import PrivacyTimes
from geo_dispatch.adapters.sql.proposals import Proposals
from geo_dispatch.adapters.sql.quarantine import Quarantine
from geo_dispatch.adapters.sql.refolds import Refolds
from geo_dispatch.adapters.sql.registers import (
    Bookings,
    CrewMembers,
    Crews,
    EquipmentRegister,
    Resources,
)
from geo_dispatch.adapters.sql.road_changes import RoadChanges
from geo_dispatch.adapters.sql.territories import Territories
from geo_dispatch.adapters.sql.tokens import Tokens
from geo_dispatch.adapters.sql.tracking import Tracking
from geo_dispatch.adapters.sql.turns import Turns
from geo_dispatch.adapters.sql.webhooks import Deliveries, Webhooks
from geo_dispatch.dispatch.work.events import Event, LoggedEvent
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import DatabaseUnavailable

BUSY_TIMEOUT_S: Final = 30.0
"""How long a writer waits for its turn. Writes take milliseconds: only a stuck one is slower."""

_END_S: Final = 2.0
"""Whoever closes the records waits no longer for threads that are still at them."""

_POOL_SIZE: Final = 10
_POOL_OVERFLOW: Final = 30
_WRITES: Final = "geo_dispatch_writes"


class Unit:
    """One piece of work on the records, all at one moment.

    Nothing stays unless `commit` is called.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._log = log.Writer(connection)
        self.technicians = Technicians(connection)
        self.breaks = Breaks(connection)
        self.privacy = PrivacyTimes(connection)
        self.customers = Customers(connection)
        self.contracts = Contracts(connection)
        self.sites = Sites(connection)
        self.sites_near = SitesNear(connection)
        self.equipment = EquipmentRegister(connection)
        self.resources = Resources(connection)
        self.bookings = Bookings(connection)
        self.crews = Crews(connection)
        self.crew_members = CrewMembers(connection)
        self.orders = Orders(connection)
        self.assignments = Assignments(connection)
        self.visits = Visits(connection)
        self.files = Files(connection)
        self.territories = Territories(connection)
        self.road_changes = RoadChanges(connection)
        self.tokens = Tokens(connection)
        self.idempotency = IdempotencyKeys(connection)
        self.etas = Etas(connection)
        self.messages = Messages(connection)
        self.webhooks = Webhooks(connection)
        self.deliveries = Deliveries(connection)
        self.proposals = Proposals(connection)
        self.tracking = Tracking(connection)
        self.quarantine = Quarantine(connection)
        self.refolds = Refolds(connection)
        self.jobs = Jobs(connection)
        self.fix_cells = FixCells(connection)
        self.fix_history = FixHistory(connection)
        self.erasure = Erasure(connection)
        self.seals = Seals(connection)
        self.history = History(connection)
        self.experience = Experiences(connection)
        self.policies = Policies(connection)
        self.performances = Performances(connection)
        self.decisions = Decisions(connection)

        self.noted: list[Any] = []  # what `services.outbox` tells at commit
        self._last: list[Callable[[], None]] = []

    def before_commit(self, work: Callable[[], None]) -> None:
        """Do this work, once, when everything else of the unit is done."""
        self._last.append(work)

    def commit(self) -> None:
        """Make it last, together with the mark that the request in hand, if any, is done.

        Raises
        ------
        Busy
            Another process has done that request meanwhile; nothing of this unit stays.
        """
        while self._last:
            self._last.pop(0)()
        self._log.end_turn()
        request = IN_HAND.get()
        if request is None or request.done:
            self.connection.commit()
            return
        self.idempotency.mark_done(request.token, request.key, system_clock())
        self.connection.commit()
        request.done = True

    def take_turn(self) -> None:
        """Have writers wait for each other from here until commit."""
        log.take_turn(self.connection)

    def next_order_numbers(self, count: int = 1) -> list[str]:
        """Numbers of the next work orders; writers wait for each other until commit."""
        self.take_turn()
        return self.orders.next_numbers(count)

    def append(
        self,
        stream: str,
        events: Sequence[Event],
        *,
        actor: Actor,
        at: datetime,
        expected_version: int | None = None,
    ) -> list[LoggedEvent]:
        """Write events at the end of the stream.

        Raises
        ------
        VersionConflict
            The stream is not at ``expected_version`` (of events, not of the record).
        """
        return self._log.append(
            stream, events, actor=actor, at=at, expected_version=expected_version
        )

    def beginning(
        self, stream: str, events: Sequence[Event], *, actor: Actor, at: datetime
    ) -> list[Ready]:
        """The events of a new stream, sealed, as `append_ready` takes them."""
        return self._log.ready(stream, events, actor=actor, at=at, begins=True)

    def continuing(
        self, stream: str, events: Sequence[Event], *, actor: Actor, at: datetime
    ) -> list[Ready]:
        """The next events of a stream, sealed, as `append_ready` takes them.

        They fit no more once something else has been written behind its newest event.
        """
        return self._log.ready(stream, events, actor=actor, at=at)

    def append_ready(self, rows: Sequence[Ready]) -> None:
        """Write what `beginning` and `continuing` made of events, all at once."""
        self._log.append_ready(rows)

    def events(
        self,
        after: int = 0,
        limit: int | None = None,
        types: Iterable[str] | None = None,
        streams: Iterable[str] | None = None,
    ) -> list[LoggedEvent]:
        """Events behind ``after``, in order; of these types and streams, or all."""
        return log.read(self.connection, after=after, limit=limit, types=types, streams=streams)

    def stream(self, stream: str) -> list[LoggedEvent]:
        """Everything that happened in the stream, oldest first."""
        return log.read(self.connection, streams=[stream])

    def last_seq(self) -> int:
        """The seq of the newest event; 0 in an empty log."""
        return log.last_seq(self.connection)

    def cursor(self, consumer: str) -> int:
        """How far the consumer has read the log; 0 at first."""
        return log.cursor(self.connection, consumer)

    def advance(self, consumer: str, seq: int) -> None:
        """The consumer has dealt with everything up to ``seq``; it never goes back."""
        log.advance(self.connection, consumer, seq)


class Store:
    """The database behind a URL; safe to share between threads.

    SQLite by default: write-ahead log, every write begins ``IMMEDIATE`` (deferred ones failed
    600 of 900 times with three writers), synced to disk at commit. PostgreSQL by URL.
    """

    def __init__(self, url: str) -> None:
        self.url = make_safe(url)
        self._engine = _engine(url)
        self._turns = Turns() if self._engine.dialect.name == "sqlite" else None
        self._changed = threading.Condition()
        self._in_use = 0
        self._closed = False

    @contextmanager
    def write(self, *, first: bool = False) -> Iterator[Unit]:
        """A unit that may change things; leaving it without `Unit.commit` changes nothing.

        Parameters
        ----------
        first
            Go before other threads of this process that wait to write.

        Raises
        ------
        DatabaseUnavailable
            The database does not answer, or has no tables yet.
        """
        with self._unit(self._turn_to_write(first=first), writes=True) as unit:
            yield unit

    @contextmanager
    def read(self) -> Iterator[Unit]:
        """A unit that sees one state of everything.

        Raises
        ------
        DatabaseUnavailable
            The database does not answer, or has no tables yet.
        """
        with self._unit(nullcontext(), writes=False) as unit:
            yield unit

    def migrate(self) -> None:
        """Bring the tables to this version; several processes may do so at once."""
        turn = self._turn_to_write(first=False)
        with self._telling(), turn, self._connect(writes=True) as connection:
            schema.migrate(connection, self.url)
            connection.commit()

    def check(self) -> None:
        """Say whether the database answers and is of this version.

        Raises
        ------
        DatabaseUnavailable
            It does not answer, or needs `migrate`.
        """
        with self._telling(), self._connect(writes=False) as connection:
            schema.check(connection, self.url)

    def close(self) -> None:
        """Close all connections: those in use once their units are done, waiting a moment."""
        with self._changed:
            self._closed = True
            self._changed.wait_for(lambda: self._in_use == 0, _END_S)
        self._engine.dispose()

    @contextmanager
    def _unit(self, turn: AbstractContextManager[None], *, writes: bool) -> Iterator[Unit]:
        with self._telling(), turn, self._connect(writes=writes) as connection:
            yield Unit(connection)

    @contextmanager
    def _connect(self, *, writes: bool) -> Iterator[Connection]:
        with self._in_hand(), self._engine.connect() as found:
            try:
                yield found.execution_options(**{_WRITES: writes})
            finally:
                if self._closed:  # what goes back into a pool that was closed stays open
                    found.invalidate()

    @contextmanager
    def _in_hand(self) -> Iterator[None]:
        with self._changed:
            self._in_use += 1
        try:
            yield
        finally:
            with self._changed:
                self._in_use -= 1
                self._changed.notify_all()

    @contextmanager
    def _turn_to_write(self, *, first: bool) -> Iterator[None]:
        """Have this process's threads write one after another.

        SQLite's own wait is a sleep of up to a tenth of a second, again and again, by whose end
        somebody else writes: of threads, the next one begins when the one before is done.
        """
        if self._turns is None:
            yield
            return
        with self._turns.taken(first=first, within_s=BUSY_TIMEOUT_S) as came:
            if not came:
                raise DatabaseUnavailable(
                    f"{self.url}: another thread has been writing for {BUSY_TIMEOUT_S:.0f} s"
                )
            yield

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Turn the driver's errors about the database itself into one of ours."""
        try:
            yield
        except PoolTimeout as error:
            raise DatabaseUnavailable(
                f"all {_POOL_SIZE + _POOL_OVERFLOW} connections to {self.url} are in use"
            ) from error
        except DBAPIError as error:
            remedy = schema.remedy_for(error)
            if remedy is None:
                raise
            raise DatabaseUnavailable(f"{self.url}: {error.orig}; {remedy}") from error


def make_safe(url: str) -> str:
    """The URL without its password, for messages."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError as error:
        raise DatabaseUnavailable(
            f"{url!r} is no database URL; use sqlite:///FILE or postgresql+psycopg://HOST/NAME"
        ) from error


def _engine(url: str) -> Engine:
    target = make_url(url)
    if target.drivername == "postgresql":
        target = target.set(drivername="postgresql+psycopg")
    backend = target.get_backend_name()
    sqlite = backend == "sqlite"
    if backend not in {"sqlite", "postgresql"}:
        raise DatabaseUnavailable(f"{make_safe(url)}: only SQLite and PostgreSQL are supported")
    try:
        if sqlite and target.database:
            Path(target.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(
            target,
            pool_size=_POOL_SIZE,
            max_overflow=_POOL_OVERFLOW,
            pool_pre_ping=not sqlite,
            connect_args={"timeout": BUSY_TIMEOUT_S} if sqlite else {},
            hide_parameters=True,  # errors are logged, and tokens are among them
        )
    except OSError as error:
        raise DatabaseUnavailable(f"{make_safe(url)} cannot be used: {error}") from error
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise DatabaseUnavailable(
            f"{make_safe(url)}: {error}; `pip install 'geo-dispatch[postgresql]'` brings the driver"
        ) from error
    if sqlite:
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin by itself: `_begin_sqlite` does
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
