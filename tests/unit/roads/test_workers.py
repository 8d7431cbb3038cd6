"""Threads that share work: all of it is done once, whoever does it."""

import threading

import pytest

from geo_dispatch.roads.workers import Workers


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_each_part_is_worked_on_once(threads):
    done = []
    Workers(threads).share(iter(range(100)), done.append)
    assert sorted(done) == list(range(100))


@pytest.mark.parametrize("threads", [2, 3])
def test_all_threads_work_at_the_same_time_and_the_one_that_asks_is_one_of_them(threads):
    together = threading.Barrier(threads, timeout=10)
    names = []

    def work(_part):
        together.wait()
        names.append(threading.current_thread().name)

    Workers(threads).share(iter(range(threads)), work)
    assert len(set(names)) == threads
    assert threading.current_thread().name in names


@pytest.mark.parametrize("threads", [1, 2])
def test_what_goes_wrong_in_any_thread_is_told_to_the_one_that_asks(threads):
    def work(part):
        if part == 7:
            raise ValueError("no")

    for _ in range(20):
        with pytest.raises(ValueError, match="no"):
            Workers(threads).share(iter(range(10)), work)


def test_work_beside_goes_on_at_once_and_its_result_is_waited_for():
    begun, may_end = threading.Event(), threading.Event()

    def work():
        begun.set()
        assert may_end.wait(10)
        return 5

    result = Workers(2).beside(work)
    assert begun.wait(10)
    may_end.set()
    assert result() == 5


def test_one_thread_does_what_was_beside_when_it_is_asked_for():
    done = []
    result = Workers(1).beside(lambda: done.append(1))
    assert not done
    result()
    assert done == [1]
