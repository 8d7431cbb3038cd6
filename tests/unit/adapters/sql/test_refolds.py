"""What is still to be folded again, in SQL."""

import pytest

from tests.support.databases import sqlite_store


@pytest.fixture
def refolds(tmp_path):
    with sqlite_store(tmp_path) as store, store.write() as unit:
        yield unit.refolds


def test_those_of_a_shard_come_in_turn(refolds):
    refolds.put(0, {"te_2": 20, "te_1": 10})
    refolds.put(1, {"te_0": 5})
    assert refolds.next(0, "") == ("te_1", 10)
    assert refolds.next(0, "te_1") == ("te_2", 20)
    assert refolds.next(0, "te_2") == ("te_1", 10)
    assert refolds.next(2, "") is None


def test_what_is_put_again_takes_the_place_of_what_was(refolds):
    refolds.put(0, {"te_1": 10, "te_2": 20})
    refolds.put(0, {"te_1": 30})
    assert refolds.among(["te_1", "te_2", "te_3"]) == {"te_1": 30, "te_2": 20}
    refolds.drop("te_1")
    assert refolds.among(["te_1", "te_2"]) == {"te_2": 20}
    assert refolds.count(0) == 1
