"""A courier that is killed while it waits for an answer."""

import subprocess
import sys
from collections import Counter

from geo_dispatch.services.messages import deliveries, webhooks
from tests.support.hooks import answering, open_hook
from tests.support.records import DISPATCHER, open_office
from tests.support.waiting import until


def _carrier(folder, owner):
    return subprocess.Popen([sys.executable, "-m", "tests.support.carrier", folder, owner, "1"])


def test_a_courier_killed_in_the_middle_loses_nothing_and_keeps_the_order(tmp_path):
    with open_office(tmp_path) as office, open_hook() as hook:
        settings = office.desk.settings.model_copy(update={"webhook_allow": "127.0.0.1"})
        desk = type(office.desk)(settings, office.desk.store, office.clock, office.desk.new_id)
        endpoint = webhooks.create(desk, {"url": hook.url}, actor=DISPATCHER)
        for _ in range(5):
            office.order()
        hook.replies = [answering(204), answering(204), hook.hang]
        with _carrier(tmp_path, "first") as first:
            until(lambda: len(hook.received) == 3, 30, "the third message to be under way")
            first.kill()
        with _carrier(tmp_path, "second") as second:
            try:
                until(lambda: len(hook.received) >= 6, 30, "the rest after the kill")
                until(
                    lambda: all(
                        one.delivery.state.value == "delivered"
                        for one in deliveries.page(desk, endpoint.id)
                    ),
                    30,
                    "all to be on record as delivered",
                )
            finally:
                second.kill()
    assert list(Counter(hook.ids).values()) == [1, 1, 2, 1, 1]
    numbers = [one.json["data"]["order"]["number"] for one in hook.received]
    assert numbers == sorted(numbers)
    assert all(one.signed_by(endpoint.secret) for one in hook.received)
