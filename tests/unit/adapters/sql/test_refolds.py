"""What is still to be folded again, in SQL."""

import pytest

from geo_dispatch.adapters.sql.refolds import Stuck
from tests.support.databases import sqlite_store


@pytest.fixture
def refolds(tmp_path):
    with sqlite_store(tmp_path) as store, store.write() as unit:
        yield unit.refolds


def test_those_of_a_shard_come_in_turn(refolds):
    refolds.put(0, {"te_2": 20, "te_1": 10})
    refolds.put(1, {"te_0": 5})
    assert refolds.next(0, "", 0) == "te_1"
    assert refolds.next(0, "te_1", 0) == "te_2"
    assert refolds.next(0, "te_2", 0) == "te_1"
    assert refolds.next(2, "", 0) is None


def test_of_what_is_put_twice_the_earlier_stays_until_it_is_taken(refolds):
    refolds.put(0, {"te_1": 10, "te_2": 20})
    refolds.put(0, {"te_1": 30, "te_2": 15})
    assert refolds.among(["te_1", "te_2", "te_3"]) == {"te_1": 10, "te_2": 15}
    assert refolds.take("te_1") == 10
    assert refolds.take("te_1") is None
    refolds.put(0, {"te_1": 30})
    assert refolds.among(["te_1"]) == {"te_1": 30}
    refolds.drop("te_1")
    assert refolds.count(0) == 1


def test_what_failed_waits_its_time_and_whoever_asks_for_it_has_it_at_once(refolds):
    refolds.put(0, {"te_1": 10, "te_2": 20})
    refolds.put_off("te_1", "ValueError: no", 1000)
    assert refolds.next(0, "te_2", 999) == "te_2"
    assert refolds.next(0, "te_2", 1000) == "te_1"
    refolds.put_off("te_1", "ValueError: still no", 5000)
    assert refolds.stuck() == [Stuck("te_1", 10, 2, "ValueError: still no")]
    refolds.at_once(["te_1"])
    assert refolds.next(0, "te_2", 0) == "te_1"
    refolds.take("te_1")
    assert refolds.stuck() == []
