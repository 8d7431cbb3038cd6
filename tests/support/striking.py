"""A call that the API is killed at, again and again, each time from the same morning."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from copy import copy
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
from sqlalchemy import make_url, select, update

from geo_dispatch.adapters.clock import system_clock
from geo_dispatch.adapters.sql.idempotency import DONE
from geo_dispatch.adapters.sql.tables import idempotency_keys
from geo_dispatch.bootstrap import open_back_office
from geo_dispatch.config import Settings
from geo_dispatch.services import idempotency
from geo_dispatch.services.desk import BackOffice
from tests.support.app import serving
from tests.support.databases import create_database, free_port
from tests.support.forks import forked_api
from tests.support.ledger import Ledger, rows
from tests.support.plain_http import NO_TLS
from tests.support.waiting import until

KEY = "the same call"
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Call:
    """What is asked of the API."""

    path: str
    body: dict[str, Any]
    token: str

    def send(self, url: str) -> httpx.Response | None:
        """The answer; None when there was none."""
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": KEY}
        try:
            return httpx.post(
                url + self.path,
                json=self.body,
                headers=headers,
                timeout=120,
                trust_env=False,
                verify=NO_TLS,
            )
        except httpx.TransportError:
            return None


@dataclass(frozen=True)
class Traces:
    """What a call left: how many rows of each table are gone and new, and which events."""

    rows: dict[str, tuple[int, int]]
    events: Counter[str]


NOTHING = Traces({}, Counter())


@dataclass
class Morning:
    """The records before the call; each strike gets a copy of them.

    Attributes
    ----------
    settings
        Of the deployment that made them, which is closed now.
    ready
        Whether an API that has started has seen what the call needs.
    """

    settings: Settings
    ready: Callable[[str], bool]
    copies: int = 0
    ledger: Ledger = field(init=False)
    rows: dict[str, list[str]] = field(init=False)

    def __post_init__(self) -> None:
        with open_back_office(self._copy()) as desk:
            self.ledger = Ledger(desk)
            self.ledger.look(at_once=False)
            self.rows = _rows(desk)

    def strike(self, call: Call, after_s: float) -> "Strike":
        """Send the call, kill the API that long after or when it has answered, and look."""
        settings = self._copy()
        port = free_port()
        served = settings.model_copy(update={"port": port})
        url = f"http://127.0.0.1:{port}"
        with forked_api(served) as api, ThreadPoolExecutor(1) as pool:
            until(lambda: api.has_ended or self.is_up(url), PATIENCE_S, "the API to be up")
            assert not api.has_ended, api.log.read_text()
            began = monotonic()
            asked = pool.submit(call.send, url)
            wait([asked], timeout=after_s)
            took_s = monotonic() - began
            api.kill()
            answer = asked.result()
        strike = Strike(self, settings, call, answer, took_s)
        strike.traces = strike.look()
        return strike

    def traces(self, desk: BackOffice) -> Traces:
        """What is there now and was not before; the record must be sound."""
        ledger = copy(self.ledger)
        ledger.ctx, ledger._messages = desk, set(ledger._messages)
        ledger.look(at_once=True)
        now = _rows(desk)
        with desk.store.read() as unit:
            events = Counter(one.type for one in unit.events(after=self.ledger.seq))
        if now == self.rows:
            assert not events
            return NOTHING
        return Traces({name: _differing(self.rows[name], now[name]) for name in now}, events)

    def is_up(self, url: str) -> bool:
        """Whether the API there is ready for the call."""
        try:
            ready = httpx.get(f"{url}/health/ready", trust_env=False, verify=NO_TLS)
            return ready.is_success and self.ready(url)
        except httpx.TransportError:
            return False

    def _copy(self) -> Settings:
        self.copies += 1
        url = make_url(self.settings.sql_url)
        name = f"copy_{self.copies}"
        if url.get_backend_name() == "sqlite":
            source = Path(url.database or "")
            wal = source.with_name(f"{source.name}-wal")
            until(lambda: not wal.exists(), PATIENCE_S, "everybody to have closed the records")
            name = str(shutil.copy(source, source.with_name(f"{name}.db")))
        else:
            server = self.settings.sql_url.rpartition("/")[0]
            create_database(server, name, template=str(url.database))
        copied = url.set(database=name).render_as_string(hide_password=False)
        return self.settings.model_copy(update={"database_url": copied})


@dataclass
class Strike:
    """One call, and the API that died at it."""

    morning: Morning
    settings: Settings
    call: Call
    answer: httpx.Response | None
    took_s: float
    traces: Traces = NOTHING

    @property
    def done(self) -> bool:
        """Whether the kill fell after the commit."""
        return self.traces != NOTHING

    def look(self) -> Traces:
        """What the records hold of the call."""
        with open_back_office(self.settings) as desk:
            return self.morning.traces(desk)

    @property
    def answer_kept(self) -> bool:
        """Whether the kill fell after the answer was kept."""
        with open_back_office(self.settings) as desk, desk.store.read() as unit:
            statuses = unit.connection.execute(select(idempotency_keys.c.status)).scalars()
            return any(status is not None and status != DONE for status in statuses)

    def again(self) -> httpx.Response:
        """Send the same once more, a minute later, to an API that has started anew."""
        with open_back_office(self.settings) as desk, desk.store.write() as unit:
            long_ago = system_clock() - idempotency.DEAD_AFTER - timedelta(seconds=1)
            unit.connection.execute(update(idempotency_keys).values(begun_at=long_ago))
            unit.commit()
        with serving(self.settings.model_copy(update={"port": 0})) as url:
            until(lambda: self.morning.is_up(url), PATIENCE_S, "the API to be up again")
            answer = self.call.send(url)
        assert answer is not None
        return answer


def bisected(morning: Morning, call: Call, kills: int) -> Iterator[Strike]:
    """Strikes at once, after the answer, and then ever closer to the moment of the commit."""
    first = morning.strike(call, 0.0)
    yield first
    last = morning.strike(call, PATIENCE_S)
    yield last
    low_s, high_s = 0.0, last.took_s
    for _ in range(kills):
        strike = morning.strike(call, (low_s + high_s) / 2)
        yield strike
        middle_s = min(strike.took_s, high_s)
        low_s, high_s = (low_s, middle_s) if strike.done else (middle_s, high_s)


def _differing(before: list[str], now: list[str]) -> tuple[int, int]:
    gone, new = Counter(before) - Counter(now), Counter(now) - Counter(before)
    return gone.total(), new.total()


def _rows(desk: BackOffice) -> dict[str, list[str]]:
    """Every row but those that say which calls came in."""
    return {name: found for name, found in rows(desk).items() if name != "idempotency_keys"}
