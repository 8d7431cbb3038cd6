"""Deliveries against a queue that is as plain as can be: one list, its head tried until it goes."""

import tempfile
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from geo_dispatch.dispatch.messages.webhooks import SCHEDULE_S, Answer
from geo_dispatch.services.messages import webhooks
from geo_dispatch.services.messages.courier import Courier
from tests.support.records import DISPATCHER, open_office

QUEUE, DIE = "queue a message", "die before the answer is on record"
STATUSES = (200, 204, 301, 404, 429, 500, 503, None)

chunks = st.one_of(
    st.integers(1, 3).map(lambda count: [QUEUE] * count),
    st.lists(st.sampled_from((*STATUSES, DIE)), min_size=1, max_size=5),
    st.just([500] * len(SCHEDULE_S)),
)
steps = st.lists(chunks, min_size=1, max_size=6).map(lambda several: list(chain(*several)))


@dataclass
class PlainQueue:
    """What should be: no SQL, no claims, no schedule but the waits between tries."""

    waiting: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)
    tries: int = 0
    not_before: datetime | None = None

    def answer(self, status: int | None, now: datetime) -> bool:
        """Take the answer to the head; whether the endpoint is disabled by it."""
        if status is not None and 200 <= status < 300:
            self.accepted.append(self.waiting.pop(0))
            self.tries, self.not_before = 0, None
            return False
        self.tries += 1
        if self.tries < len(SCHEDULE_S):
            self.not_before = now + timedelta(seconds=SCHEDULE_S[self.tries])
            return False
        self.given_up.append(self.waiting.pop(0))
        self.tries, self.not_before = 0, None
        return True


@settings(max_examples=20, deadline=None, derandomize=True)
@given(steps)
def test_messages_go_as_from_a_plain_queue(steps):
    with tempfile.TemporaryDirectory() as folder, open_office(Path(folder)) as office:
        given_url = {"url": "https://example.com/hook"}
        endpoint = webhooks.create(office.desk, given_url, actor=DISPATCHER)
        courier = Courier(office.desk, "one", threading.Event())
        site, model = office.site(), PlainQueue()
        for step in steps:
            if step == QUEUE:
                office.order(site)
                model.waiting.append(f"WO-{1001 + _seen(model)}")
                continue
            if model.not_before is not None:
                office.clock.now = model.not_before - timedelta(milliseconds=1)
                assert courier._begin(endpoint.id) is None  # never early
                office.clock.go_on(seconds=1 + 0.1 * SCHEDULE_S[model.tries])
            elif model.waiting:
                office.clock.go_on(seconds=61)  # past any pause of an endpoint that was slow
            job = courier._begin(endpoint.id)
            if job is None:
                assert not model.waiting
                continue
            assert job.message.data["order"]["number"] == model.waiting[0]
            if step == DIE:
                continue
            error = "" if step else "no answer"
            courier._settle(job, Answer(0.1, step, error), last=True)
            if model.answer(step, office.clock.now):
                assert not webhooks.get(office.desk, endpoint.id).enabled
                webhooks.enable(office.desk, endpoint.id, actor=DISPATCHER)
        with office.desk.store.read() as unit:
            assert unit.deliveries.pending(endpoint.id) == len(model.waiting)
        assert model.accepted == sorted(model.accepted)


def _seen(model):
    return len(model.waiting) + len(model.accepted) + len(model.given_up)
