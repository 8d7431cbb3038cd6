"""Policies, snapshots and decisions on SQLite and on PostgreSQL: what goes in comes out."""

import threading
from contextlib import closing
from datetime import timedelta

import pytest

from geo_dispatch.adapters.clock import random_id
from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.config import Settings
from geo_dispatch.dispatch.policy.decisions import Brief, Decision
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.orders import FlagCode
from geo_dispatch.dispatch.work.performance import Duration, Entry, Performance
from geo_dispatch.kernel.errors import VersionConflict
from geo_dispatch.services.desk import BackOffice
from geo_dispatch.services.policy import versions as policy
from tests.support.databases import postgresql_server
from tests.support.records import DISPATCHER, NOW, Office, TestClock


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with postgresql_server(tmp_path_factory.mktemp("postgresql")) as url:
        yield f"{url}/postgres"


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request, tmp_path):
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/records.db" if sqlite else request.getfixturevalue("server")
    with closing(Store(url)) as store:
        store.migrate()
        clock = TestClock()
        settings = Settings(workspace=tmp_path, data=tmp_path)
        yield Office(BackOffice(settings, store, clock, random_id), clock)


def publish(office, margin, **options):
    return policy.publish(
        office.desk,
        f"[review]\nmargin_min = {margin}\n",
        author="Ann",
        reviewed_by="Ben",
        note="because",
        actor=DISPATCHER,
        **options,
    )


def a_decision(order, number, kind="auto", **fields):
    values = {
        "id": f"de_{number}",
        "order_id": order.id,
        "at": NOW + timedelta(minutes=number),
        "actor": "worker",
        "kind": kind,
        "source": "rule:all",
        "chosen_id": "tc_1",
        "suggested_id": "tc_2",
        "reason": "ünd warum",
        "policy_version": 3,
        "performance_version": 1,
        "inputs": bytes(range(256)),
        "ranking": [{"technician_id": "tc_2", "score_min": 1.5, "terms": []}],
        "digest": "0" * 64,
    }
    return Decision(**(values | fields))


def test_what_is_kept_reads_back(office):
    order = office.order()
    kept = [a_decision(order, n, "manual" if n % 2 else "auto") for n in range(5)]
    snapshot = Performance(
        since=NOW,
        until=NOW + timedelta(days=1),
        entries=(Entry("tc_1", "repair", 7, 0.75, 0.5, 1.25),),
        durations=(Duration("repair", None, 7, 60.0, 90.0),),
    )
    with office.desk.store.write() as unit:
        for decision in kept:
            unit.decisions.add(decision)
        first = unit.performances.add(snapshot, NOW)
        unit.commit()
    with office.desk.store.read() as unit:
        assert unit.decisions.get("de_3") == kept[3]
        assert list(unit.decisions.many(["de_1", "de_4", "none"])) == [kept[1], kept[4]]
        briefs = unit.decisions.briefly(NOW + timedelta(minutes=1), NOW + timedelta(minutes=4))
        assert [brief.id for brief in briefs] == ["de_1", "de_2", "de_3"]
        assert type(briefs[0]) is Brief
        assert [brief.overridden for brief in briefs] == [True, False, True]
        manual = unit.decisions.briefly(NOW, NOW + timedelta(days=1), ["manual"])
        assert [brief.id for brief in manual] == ["de_1", "de_3"]
        assert first.version == 1
        assert unit.performances.in_force() == first


def test_the_review_queue_is_the_same_on_both(office):
    calm, flagged = office.order(), office.order()
    flagged = office.apply(flagged.id, c.RaiseFlag(code=FlagCode.NOBODY, fact="x"))
    with office.desk.store.read() as unit:
        numbers = {calm.number, flagged.number}
        queue = [one.number for one in unit.orders.search(flagged=True) if one.number in numbers]
        rest = [one.number for one in unit.orders.search(flagged=False) if one.number in numbers]
        assert unit.orders.flagged({FlagCode.NOBODY})[-1] == flagged
        assert unit.orders.flagged({FlagCode.NO_RULE}) == []
    assert (queue, rest) == ([flagged.number], [calm.number])


def test_of_several_who_publish_on_top_of_one_version_one_wins(office):
    before = policy.in_force(office.desk).version
    start, told = threading.Barrier(4), []

    def attempt(margin):
        start.wait()
        try:
            told.append(publish(office, margin, based_on=before).version.version)
        except VersionConflict:
            told.append(None)

    threads = [threading.Thread(target=attempt, args=(10 + n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told, key=lambda one: one or 0) == [None, None, None, before + 1]
    assert policy.in_force(office.desk).version == before + 1
