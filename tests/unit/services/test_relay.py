"""Consumers get every event at least once, in order."""

import threading

import pytest
import structlog

from geo_dispatch.kernel.errors import Unavailable
from geo_dispatch.services import relay
from tests.support.records import open_office
from tests.support.waiting import until


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as office:
        for number in range(5):
            office.technician(f"Van {number}")
        yield office


def test_each_event_comes_once_and_in_order(office):
    seen = []
    while relay.deliver(office.desk.store, "map", lambda logged: seen.append(logged.seq), limit=2):
        pass
    assert seen == [1, 2, 3, 4, 5]


def test_each_consumer_has_its_own_cursor(office):
    relay.deliver(office.desk.store, "map", lambda _logged: None)
    assert relay.deliver(office.desk.store, "webhooks", lambda _logged: None) == 5


def test_a_failed_event_comes_again_and_those_before_it_do_not(office):
    seen = []

    def stumble(logged):
        if logged.seq == 3 and 3 not in seen:
            seen.append(3)
            raise RuntimeError("stumbled")
        seen.append(logged.seq)

    with pytest.raises(RuntimeError, match="stumbled"):
        relay.deliver(office.desk.store, "map", stumble)
    assert relay.deliver(office.desk.store, "map", stumble) == 3
    assert seen == [1, 2, 3, 3, 4, 5]


def test_a_follower_goes_on_when_something_is_away_or_fails():
    turns, looks, stopping = [], [], threading.Event()

    def follow():
        turns.append(len(turns))
        if len(turns) == 1:
            raise Unavailable("the database is away")
        if len(turns) == 2:
            raise ValueError("one that nobody can read")
        return 1 if len(turns) == 3 else 0

    follower = relay.Follower("test", follow, lambda: looks.append(1), 60.0, lambda: True, stopping)
    thread = threading.Thread(target=follower.run)
    with structlog.testing.capture_logs() as told:
        thread.start()
        until(lambda: len(turns) >= 5, 10, "five turns")
        stopping.set()
        thread.join(5)
    assert not thread.is_alive()
    assert [entry["log_level"] for entry in told] == ["info", "error"]
    assert looks == [1]


def test_a_follower_leaves_the_log_to_the_process_whose_turn_it_is():
    asked, stopping = [], threading.Event()

    def turn_is_ours():
        asked.append(1)
        if len(asked) == 3:
            stopping.set()
        return False

    turns = []
    follower = relay.Follower(
        "test", lambda: len(turns.append(1) or turns), lambda: None, 0.0, turn_is_ours, stopping
    )
    follower.run()
    assert (len(asked), turns) == (3, [])
