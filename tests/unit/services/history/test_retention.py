"""What is old goes and nothing else does, on both databases, in small transactions."""

from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from geo_dispatch.adapters.sql.quarantine import Quarantined
from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.config import Settings
from geo_dispatch.dispatch.days.privacy import PrivacyTime
from geo_dispatch.kernel.actors import CLI
from geo_dispatch.kernel.time import datetime_to_ms
from geo_dispatch.services.desk import BackOffice
from geo_dispatch.services.history import audit, retention
from geo_dispatch.tracking.track import TrackState
from tests.support.databases import postgresql_server, sqlite_store
from tests.support.fixes import fix_at
from tests.support.records import NOW, Office, TestClock, counting_ids

SETTINGS = {"fixes_kept_days": 90, "quarantine_kept_days": 30}


@contextmanager
def postgresql_store(folder):
    with postgresql_server(folder / "pg") as url, closing(Store(f"{url}/postgres")) as store:
        store.migrate()
        yield store


@pytest.fixture(params=[sqlite_store, postgresql_store], ids=["sqlite", "postgresql"])
def office(request, tmp_path):
    with request.param(tmp_path) as store:
        clock = TestClock()
        settings = Settings(workspace=tmp_path, data=tmp_path, **SETTINGS)
        yield Office(BackOffice(settings, store, clock, counting_ids()), clock)


def fix_days_ago(van, days, number=0):
    at_ms = datetime_to_ms(NOW - timedelta(days=days)) + number
    return replace(fix_at(0, 0, 0, van.id), at_ms=at_ms)


def refused(van, days):
    received = NOW - timedelta(days=days)
    return Quarantined(van.id, 1, 9.5, 47.1, "too_old", "it is old", received, CLI.label)


def test_what_is_older_than_the_settings_keep_goes_and_nothing_else_does(office):
    van, other = office.technician(), office.technician("Van 08")
    order = office.assigned(van)
    old = [fix_days_ago(van, 91, number) for number in range(2 * retention.CHUNK + 7)]
    kept = [fix_days_ago(van, 89), fix_days_ago(other, 1)]
    at = [
        PrivacyTime(van.id, "private", NOW - timedelta(days=n), NOW - timedelta(days=n - 1))
        for n in (95, 5)
    ]
    states = [TrackState(seen_ms=fix_days_ago(van, days).at_ms) for days in (95, 93, 1)]
    with office.desk.store.write() as unit:
        unit.tracking.add_fixes([*old, *kept], 1)
        unit.quarantine.add([refused(van, 31), refused(van, 29)])
        unit.tracking.add_snapshots({van.id: states[:2], other.id: states[2:]})
        for one in at:
            unit.privacy.begin(one)
        unit.commit()
    before = audit.head(office.desk)
    planned = retention.due(office.desk)
    assert (planned.fixes, planned.quarantined) == (len(old), 1)
    assert retention.prune(office.desk) == planned
    with office.desk.store.read() as unit:
        assert unit.tracking.fixes(van.id, 0) + unit.tracking.fixes(other.id, 0) == kept
        assert [one.received_at for one in unit.quarantine.page()] == [NOW - timedelta(days=29)]
        assert unit.privacy.since(NOW - timedelta(days=99)) == {van.id: (at[1],)}
        assert unit.tracking.snapshot_before(van.id, datetime_to_ms(NOW)) == states[1]
        assert unit.orders.get(order.id) == order
    assert audit.head(office.desk).chain == before.chain
    again = retention.prune(office.desk)
    assert (again.fixes, again.quarantined) == (0, 0)


def test_it_stops_between_transactions_and_goes_on_later(office):
    van = office.technician()
    with office.desk.store.write() as unit:
        unit.tracking.add_fixes([fix_days_ago(van, 91, n) for n in range(5)], 1)
        unit.commit()
    assert retention.prune(office.desk, stopping=lambda: True).fixes == 0
    assert retention.prune(office.desk).fixes == 5
