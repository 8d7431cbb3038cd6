"""A tree on PostgreSQL whose scripts are forgotten, whose parts are killed, and then all of it."""

from contextlib import closing

import pytest
import redis

from geo_dispatch.adapters.redis_server import redis_url
from geo_dispatch.bootstrap import open_back_office
from geo_dispatch.kernel.time import datetime_to_ms
from tests.integration.test_deployment import make_order, make_site
from tests.support.databases import free_port, postgresql_server
from tests.support.field import phone
from tests.support.fixes import START_MS, a_visit, noisy
from tests.support.load import Load
from tests.support.up import needs_proc, runs, up
from tests.support.waiting import until

pytestmark = [needs_proc, pytest.mark.slow]

SINCE_MS = START_MS - 12 * 3_600_000
PHONES = 2
SOME = 60
"""Fixes that are acknowledged between two faults."""


def history(settings, technician):
    with open_back_office(settings) as desk, desk.store.read() as unit:
        return [fix.at_ms for fix in unit.tracking.fixes(technician, 0)]


def story(settings, order):
    with open_back_office(settings) as desk, desk.store.read() as unit:
        return [event.type for event in unit.events(streams=[f"order:{order}"])]


def test_neither_forgotten_scripts_nor_the_death_of_all_lose_or_double_a_fix(
    workspace, tmp_path_factory
):
    folder = tmp_path_factory.mktemp("k")
    with postgresql_server(tmp_path_factory.mktemp("postgresql")) as server:
        told = {
            "database_url": f"{server}/postgres",
            "port": free_port(),
            "clock_factor": 120.0,  # the visit is past in a quarter of a minute
        }
        with up(workspace, folder, **told) as tree:
            office = tree.client("admin")
            visitor, order = make_order(office, 0, make_site(office))
            seen_s = (datetime_to_ms(tree.now()) - START_MS) / 1000
            visit = noisy(a_visit(seen_s), 8.0, 1)
            sender = phone(tree.client("ingest", visitor), visit)
            vans = [
                office.post("/v1/technicians", json={"call_sign": f"Load {number}"}).json()["id"]
                for number in range(PHONES)
            ]
            keys = {
                van: tree.client("ingest", van).headers["authorization"].split()[1] for van in vans
            }
            with Load(tree.url, keys, SINCE_MS) as load:
                load.go_on(SOME)
                enough = len(load.acknowledged) + SOME
                with closing(redis.Redis.from_url(redis_url(tree.settings))) as client:
                    until(
                        lambda: client.script_flush() and len(load.acknowledged) >= enough,
                        60,
                        "the load to go on while scripts are forgotten",
                    )
                for victim in ("api", "redis", "worker"):
                    tree.kill(victim)
                    load.go_on(SOME)
                before = tree.all_pids()
                tree.process.kill()
                until(lambda: not [pid for pid in before if runs(pid)], 20, "all to be dead")
                with up(workspace, folder, **told) as again:
                    load.go_on(SOME)
                    acknowledged = load.end()
                    assert load.refused[0], "nothing was killed under load"
                    until(
                        lambda: datetime_to_ms(again.now()) > visit[-1].at_ms, 60, "the visit's end"
                    )
                    sender.start()
                    sender.join(60)
                    assert not sender.is_alive()
                    assert sender.error is None, sender.error
                    until(lambda: "order.departed" in story(tree.settings, order), 60, "departure")
                    for van in vans:
                        mine = sorted(at for who, at in acknowledged if who == van)
                        until(
                            lambda van=van, mine=mine: (
                                len(history(tree.settings, van)) >= len(mine)
                            ),
                            60,
                            "the worker to catch up",
                        )
                        assert sorted(history(tree.settings, van)) == mine
                    kept = sorted(history(tree.settings, visitor))
                    assert kept == sorted(fix.at_ms for fix in visit)
                    told_of = story(tree.settings, order)
                    assert told_of.count("order.arrived") == told_of.count("order.departed") == 1
