"""Threads of a process write one after another, those in a hurry first."""

import threading

from geo_dispatch.adapters.sql.turns import Turns
from tests.support.waiting import until


def waits(turns, name, done, *, first=False):
    def take():
        with turns.taken(first=first, within_s=30) as came:
            assert came
            done.append(name)

    thread = threading.Thread(target=take)
    thread.start()
    return thread


def waiting(turns):
    """How many threads wait for the turn."""
    return len(turns._changed._waiters)


def test_whoever_is_in_a_hurry_goes_before_all_that_wait():
    turns, done, threads = Turns(), [], []
    with turns.taken(first=False, within_s=1):
        for number in range(4):
            threads.append(waits(turns, number, done))
            until(lambda count=number + 1: waiting(turns) == count, 10, "a thread to wait")
        threads.append(waits(turns, "first", done, first=True))
        until(lambda: waiting(turns) == 5, 10, "the one in a hurry to wait")
        assert done == []
    for thread in threads:
        thread.join(10)
    assert done[0] == "first"
    assert sorted(done[1:]) == [0, 1, 2, 3]


def test_one_that_never_comes_is_given_up_and_holds_nobody_up():
    turns, done = Turns(), []
    with turns.taken(first=False, within_s=1):
        with turns.taken(first=True, within_s=0.01) as came:
            assert not came
        thread = waits(turns, "after", done)
        until(lambda: waiting(turns) == 1, 10, "a thread to wait")
        assert done == []
    thread.join(10)
    assert done == ["after"]
