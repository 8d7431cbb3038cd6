"""What an answer to a webhook means for the next."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_dispatch.dispatch.messages.queueing import TEST, Draft
from geo_dispatch.dispatch.messages.webhooks import (
    MAX_PACE_S,
    SCHEDULE_S,
    Answer,
    Delivery,
    DeliveryState,
    Endpoint,
    Lane,
    judge,
)

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
DELIVERY = Delivery("dl_1", "wh_1", "msg_1", NOW, NOW)
HOURS_36 = 36 * 3600.0


def _endpoint(**fields):
    return Endpoint(**{"id": "wh_1", "url": "", "secret": "new", "created_at": NOW, **fields})


def _draft(kind="order.eta", to="client"):
    return Draft(kind, to, "x", "wo_1", "", {}, NOW)


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_2xx_is_delivered(status):
    verdict = judge(DELIVERY, Lane(), Answer(0.1, status), NOW, 0.0)
    assert verdict.delivery.state is DeliveryState.DELIVERED
    assert verdict.delivery.ended_at == NOW
    assert not verdict.disable


@pytest.mark.parametrize("status", [None, 100, 301, 302, 307, 400, 401, 404, 422, 500, 503])
def test_anything_else_is_a_failure_that_is_tried_again(status):
    verdict = judge(DELIVERY, Lane(), Answer(0.1, status), NOW, 0.0)
    assert verdict.delivery.state is DeliveryState.PENDING
    assert verdict.delivery.due_at == NOW + timedelta(seconds=5)
    assert verdict.lane == Lane()


def test_an_endpoint_that_never_answers_is_tried_on_the_schedule_then_disabled():
    delivery, now, waits = DELIVERY, NOW, []
    while delivery.state is DeliveryState.PENDING:
        waits.append((delivery.due_at - now).total_seconds())
        now = delivery.due_at
        verdict = judge(delivery, Lane(), Answer(20.0, error="no answer"), now, 0.0)
        delivery = verdict.delivery
    assert tuple(waits) == SCHEDULE_S
    assert [round(wait) for wait in waits] == [
        0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400,
    ]  # fmt: skip
    assert delivery.state is DeliveryState.FAILED
    assert verdict.disable == "it accepted nothing for 3.1 days; the last answer was no answer"


def test_410_ends_it_at_once():
    verdict = judge(DELIVERY, Lane(8.0, NOW), Answer(0.1, 410), NOW, 0.0)
    assert verdict.delivery.state is DeliveryState.FAILED
    assert "410" in verdict.disable


@pytest.mark.parametrize("status", [429, 502, 504])
def test_an_endpoint_with_too_much_to_do_is_written_to_more_slowly_until_it_copes(status):
    lane, now, paces = Lane(), NOW, []
    for _ in range(8):
        lane = judge(DELIVERY, lane, Answer(0.1, status), now, 0.0).lane
        assert lane.not_before == now + timedelta(seconds=lane.pace_s)
        paces.append(lane.pace_s)
    assert paces == [1, 2, 4, 8, 16, 32, 60, 60]
    while lane.pace_s:
        slower, lane = lane, judge(DELIVERY, lane, Answer(0.1, 200), now, 0.0).lane
        assert lane.pace_s <= slower.pace_s / 2
    assert lane.not_before is None


def test_retry_after_is_honoured_within_reason():
    def wait_s(asked):
        answer = Answer(0.1, 429, retry_after_s=asked)
        return (judge(DELIVERY, Lane(), answer, NOW, 0.0).delivery.due_at - NOW).total_seconds()

    assert wait_s(2.0) == 5.0
    assert wait_s(90.0) == 90.0
    assert wait_s(1e9) == 86_400.0


@given(
    tries=st.integers(0, len(SCHEDULE_S) - 2),
    jitter=st.floats(0, 1, exclude_max=True),
    pace_s=st.floats(0, MAX_PACE_S),
    status=st.none() | st.integers(100, 599),
    asked=st.none() | st.floats(0, HOURS_36),
)
def test_no_try_comes_early_or_more_than_the_jitter_late(tries, jitter, pace_s, status, asked):
    delivery = Delivery("dl_1", "wh_1", "msg_1", NOW, NOW, tries=tries)
    answer = Answer(0.1, status, retry_after_s=asked)
    verdict = judge(delivery, Lane(pace_s), answer, NOW, jitter)
    if verdict.delivery.state is not DeliveryState.PENDING:
        assert answer.accepted or status == 410
        return
    wait_s = (verdict.delivery.due_at - NOW).total_seconds()
    least = SCHEDULE_S[tries + 1]
    assert max(least, min(asked or 0, 86_400)) <= wait_s + 1e-6
    assert wait_s <= max(least * 1.1, asked or 0) + 1e-6
    assert 0 <= verdict.lane.pace_s <= MAX_PACE_S


def test_both_secrets_sign_for_a_while_after_a_rotation():
    until = NOW + timedelta(hours=24)
    endpoint = _endpoint(previous_secret="old", previous_until=until)
    assert endpoint.secrets_at(NOW) == ("new", "old")
    assert endpoint.secrets_at(until) == ("new",)
    assert _endpoint().secrets_at(NOW) == ("new",)


def test_an_endpoint_hears_the_types_and_recipients_that_it_asked_for():
    assert _endpoint().hears(_draft())
    assert not _endpoint().hears(_draft(to="customer"))
    gateway = _endpoint(to=("technician", "customer"), types=("order.bumped", "visit.*"))
    assert gateway.hears(_draft("order.bumped", "customer"))
    assert gateway.hears(_draft("visit.revised", "technician"))
    assert not gateway.hears(_draft("order.eta", "customer"))
    assert not gateway.hears(_draft("order.bumped", "client"))
    assert gateway.hears(_draft(TEST))
