"""Consumers get every event at least once, in order."""

import pytest

from geo_dispatch.services import relay
from tests.support.records import open_office


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
