"""Messages on their way to webhooks that answer well, badly, or not at all."""

import threading
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import pairwise

import pytest
from standardwebhooks import Webhook

from geo_dispatch.dispatch.messages.webhooks import DeliveryState
from geo_dispatch.kernel.errors import VersionConflict
from geo_dispatch.services.messages import deliveries, webhooks
from geo_dispatch.services.messages.courier import Courier
from geo_dispatch.services.messages.deliveries import Period
from tests.support.hooks import answering, open_hook, saying
from tests.support.records import DISPATCHER, open_office
from tests.support.waiting import until

PATIENCE_S = 20.0


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as office:
        settings = office.desk.settings.model_copy(update={"webhook_allow": "127.0.0.1"})
        yield replace(office, desk=replace(office.desk, settings=settings))


@pytest.fixture
def hook():
    with open_hook() as hook:
        yield hook


@contextmanager
def carrying(office, timeout_s=2.0, **options):
    stopping = threading.Event()
    courier = Courier(office.desk, "test", stopping, timeout_s=timeout_s, **options)
    thread = threading.Thread(target=courier.run)
    thread.start()
    try:
        yield courier
    finally:
        stopping.set()
        thread.join(10)
        assert not thread.is_alive()


def _endpoint(office, hook, **fields):
    return webhooks.create(office.desk, {"url": hook.url, **fields}, actor=DISPATCHER)


def _states(office, endpoint):
    found = deliveries.page(office.desk, endpoint.id)
    return [one.delivery.state.value for one in reversed(found)]


def _settled(office, endpoint):
    states = _states(office, endpoint)
    return states and "pending" not in states and states


def _first(office, endpoint):
    first = deliveries.page(office.desk, endpoint.id)[-1].delivery.id
    return deliveries.get(office.desk, first, endpoint_id=endpoint.id)


def _tries(office, endpoint):
    return len(_first(office, endpoint).attempts)


def _until(condition, what):
    return until(condition, PATIENCE_S, what)


def test_messages_arrive_in_order_signed_by_the_specification(office, hook):
    endpoint = _endpoint(office, hook)
    with carrying(office):
        for _ in range(3):
            office.order()
        _until(lambda: _settled(office, endpoint), "three deliveries")
    assert hook.types == ["order.placed"] * 3
    assert [one.json["data"]["order"]["number"] for one in hook.received] == [
        "WO-1001",
        "WO-1002",
        "WO-1003",
    ]
    assert len(set(hook.ids)) == 3
    for one in hook.received:
        assert one.signed_by(endpoint.secret)
        assert not one.signed_by("whsec_" + "A" * 32)
        assert Webhook(endpoint.secret).verify(one.body, one.headers) == one.json
        assert one.json["timestamp"] == "2026-03-02T08:00:00Z"
        assert one.headers["content-type"] == "application/json"


def test_failures_are_tried_again_when_their_time_has_come_and_nothing_overtakes(office, hook):
    endpoint = _endpoint(office, hook)
    hook.replies = [answering(500, b"oops"), answering(503)]
    with carrying(office):
        office.order()
        office.order()
        _until(lambda: _tries(office, endpoint) == 1, "the first try")
        office.clock.go_on(seconds=4.9)
        assert _states(office, endpoint) == ["pending", "pending"]
        office.clock.go_on(seconds=0.7)
        _until(lambda: _tries(office, endpoint) == 2, "the second try")
        office.clock.go_on(seconds=331)
        _until(lambda: _settled(office, endpoint), "both deliveries")
    first, second = dict.fromkeys(hook.ids)
    assert hook.ids == [first, first, first, second]
    assert len({one.body for one in hook.received if one.id == first}) == 1
    answers = [one.answer for one in _first(office, endpoint).attempts]
    assert [one.status for one in answers] == [500, 503, 204]
    assert answers[0].body == "oops"


def test_a_redirect_is_a_failure_and_is_not_followed(office, hook):
    endpoint = _endpoint(office, hook)
    hook.reply = answering(307, Location=hook.url + "/elsewhere")
    with carrying(office):
        office.order()
        _until(lambda: _tries(office, endpoint) == 1, "the try")
    assert [one.path for one in hook.received] == ["/hook"]
    assert _states(office, endpoint) == ["pending"]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"220 mail.example.com ESMTP\r\n", "no HTTP answer"),
        (b"", "no HTTP answer"),
        (b"\x00\xff\x16\x03" * 50, "no HTTP answer"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 300_000, "no HTTP answer"),
        (b"HTTP/1.1 999999 ??\r\n\r\n", "no HTTP answer"),
    ],
)
def test_rubbish_instead_of_an_answer_is_kept_as_words(office, hook, raw, said):
    endpoint = _endpoint(office, hook)
    hook.reply = saying(raw)
    with carrying(office):
        office.order()
        _until(lambda: _tries(office, endpoint) == 1, "the try")
    [attempt] = _first(office, endpoint).attempts
    assert attempt.answer.status is None
    assert attempt.answer.error.startswith(said)
    assert attempt.answer.error.isprintable()


def test_an_endless_answer_is_read_a_little_and_its_status_counts(office, hook):
    endpoint = _endpoint(office, hook)
    hook.reply = answering(200, b"\x1b[31m<script>" + b"\xff" * 3_000_000)
    with carrying(office):
        office.order()
        _until(lambda: _settled(office, endpoint), "the delivery")
    body = _first(office, endpoint).attempts[0].answer.body
    assert body.startswith("[31m<script>")
    assert len(body) <= 500
    assert body.isprintable()


def test_endpoints_that_hang_hold_nobody_else_up(office, hook):
    with ExitStack() as stack:
        hanging = [stack.enter_context(open_hook()) for _ in range(12)]
        for one in hanging:
            one.reply = one.hang
            _endpoint(office, one)
        endpoint = _endpoint(office, hook)
        with carrying(office, timeout_s=30.0):
            for _ in range(5):
                office.order()
            _until(lambda: _settled(office, endpoint), "five deliveries past twelve that hang")
            assert hook.types == ["order.placed"] * 5
            _until(lambda: all(one.received for one in hanging), "all that hang to be tried")


def test_an_endpoint_that_hangs_fails_in_time(office, hook):
    endpoint = _endpoint(office, hook)
    hook.reply = hook.hang
    with carrying(office, timeout_s=0.3):
        office.order()
        _until(lambda: _tries(office, endpoint) == 1, "the try")
    [attempt] = _first(office, endpoint).attempts
    assert attempt.answer.error == "no answer within 0.3 s"
    assert attempt.answer.took_s < 5


def test_410_disables_and_what_waits_goes_when_it_is_enabled_again(office, hook):
    endpoint = _endpoint(office, hook)
    hook.replies = [answering(410)]
    office.order()
    office.order()
    with carrying(office):
        _until(lambda: not webhooks.get(office.desk, endpoint.id).enabled, "it to be disabled")
        assert _states(office, endpoint) == ["failed", "pending"]
        office.order()
        assert len(_states(office, endpoint)) == 2  # nothing more is queued for it
        webhooks.enable(office.desk, endpoint.id, actor=DISPATCHER)
        _until(lambda: _settled(office, endpoint), "what waited")
    assert len(hook.received) == 2
    with office.desk.store.read() as unit:
        story = unit.stream(f"webhook:{endpoint.id}")
    assert [one.body.get("changes", {}).get("enabled") for one in story] == [None, False, True]
    assert endpoint.secret not in str([one.body for one in story])


def test_429_with_retry_after_is_obeyed(office, hook):
    endpoint = _endpoint(office, hook)
    hook.replies = [answering(429, Retry_After="90")]
    with carrying(office):
        office.order()
        _until(lambda: _tries(office, endpoint) == 1, "the first try")
        office.clock.go_on(seconds=89)
        assert len(hook.received) == 1
        office.clock.go_on(seconds=2)
        _until(lambda: _settled(office, endpoint), "the delivery")


def test_nobody_there_is_a_failure(office, hook):
    gone = replace(hook, url="http://127.0.0.1:1/")
    endpoint = _endpoint(office, gone)
    with carrying(office):
        office.order()
        _until(lambda: _tries(office, endpoint) == 1, "the try")
    assert _first(office, endpoint).attempts[0].answer.error.startswith("no connection")


def test_a_private_address_is_refused_when_the_name_is_looked_up(office, hook):
    endpoint = _endpoint(office, hook)
    strict = replace(
        office,
        desk=replace(
            office.desk, settings=office.desk.settings.model_copy(update={"webhook_allow": ""})
        ),
    )
    with carrying(strict):
        office.order()
        _until(lambda: _tries(office, endpoint) == 1, "the try")
    assert hook.received == []
    error = _first(office, endpoint).attempts[0].answer.error
    assert "127.0.0.1, which is no public address" in error


def test_two_couriers_never_write_to_one_endpoint_at_once(office, hook):
    endpoint = _endpoint(office, hook)
    with carrying(office), carrying(office) as second:
        second.owner = "second"
        for _ in range(20):
            office.order()
        _until(lambda: _settled(office, endpoint), "twenty deliveries")
    numbers = [one.json["data"]["order"]["number"] for one in hook.received]
    assert numbers == [f"WO-{1001 + index}" for index in range(20)]


def test_a_rotated_secret_signs_beside_the_old_one_for_a_day(office, hook):
    endpoint = _endpoint(office, hook)
    rotated = webhooks.rotate_secret(office.desk, endpoint.id, actor=DISPATCHER)
    with carrying(office):
        office.order()
        _until(lambda: len(hook.received) == 1, "the first")
        office.clock.go_on(hours=25)
        office.order()
        _until(lambda: len(hook.received) == 2, "the second")
    assert [one.signed_by(endpoint.secret) for one in hook.received] == [True, False]
    assert all(one.signed_by(rotated.secret) for one in hook.received)


def test_what_was_missed_is_sent_again_by_hand_in_order_under_its_own_ids(office, hook):
    endpoint = _endpoint(office, hook)
    start = office.clock.now
    hook.replies = [answering(200), answering(410)]
    with carrying(office):
        for _ in range(2):
            office.order()
            office.clock.go_on(minutes=1)
        _until(lambda: not webhooks.get(office.desk, endpoint.id).enabled, "it to be disabled")
        office.order()
        webhooks.enable(office.desk, endpoint.id, actor=DISPATCHER)
        end = office.clock.go_on(minutes=1)
        assert deliveries.replay(office.desk, endpoint.id, Period(start, end)) == 2
        _until(lambda: _settled(office, endpoint), "what was missed")
        assert deliveries.replay(office.desk, endpoint.id, Period(start, end)) == 0
        assert deliveries.replay(office.desk, endpoint.id, Period(start, end, "all")) == 3
        _until(lambda: _settled(office, endpoint), "all of it")
    first, second, third = dict.fromkeys(hook.ids)
    assert hook.ids == [first, second, second, third, first, second, third]
    assert all(earlier != later for earlier, later in pairwise([first, second, third]))


def test_one_that_an_endpoint_chokes_on_can_be_given_up(office, hook):
    endpoint = _endpoint(office, hook)
    hook.replies = [answering(500)]
    with carrying(office):
        office.order()
        office.order()
        _until(lambda: _tries(office, endpoint) == 1, "the try")
        stuck = _first(office, endpoint).delivery.id
        deliveries.skip(office.desk, stuck, endpoint_id=endpoint.id)
        _until(lambda: _settled(office, endpoint), "the next")
    assert _states(office, endpoint) == [
        DeliveryState.SKIPPED.value,
        DeliveryState.DELIVERED.value,
    ]


def test_a_test_message_reaches_its_endpoint_alone(office, hook):
    endpoint = _endpoint(office, hook, types=("order.cancelled",))
    with open_hook() as other:
        beside = _endpoint(office, other)
        with carrying(office):
            deliveries.send_test(office.desk, endpoint.id)
            _until(lambda: _settled(office, endpoint), "the test")
        assert other.received == []
        assert _states(office, beside) == []
    assert hook.types == ["webhook.test"]


def test_a_webhook_changed_by_two_at_once_tells_the_second(office):
    endpoint = webhooks.create(office.desk, {"url": "https://example.com"}, actor=DISPATCHER)
    with office.desk.store.write() as unit:
        unit.webhooks.save(replace(endpoint, description="first"))
        with pytest.raises(VersionConflict):
            unit.webhooks.save(replace(endpoint, description="second"))
