"""A request that is sent twice happens once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from geo_dispatch.adapters.clock import system_clock
from geo_dispatch.adapters.sql.tables import idempotency_keys
from geo_dispatch.dispatch.records.sites import Customer
from geo_dispatch.kernel.errors import AnswerLost, Busy, IdempotencyKeyReused, InvalidInput
from geo_dispatch.kernel.ids import CustomerId
from geo_dispatch.services import idempotency
from geo_dispatch.services.idempotency import Answer, Request
from tests.support.databases import sqlite_store

REQUEST = Request("token:tok_1", "k-1", "POST", "/v1/work-orders", b'{"type": "repair"}')
ANSWER = Answer(201, {"ETag": '"1"', "Location": "/v1/x", "Date": "now"}, b'{"id": "wo_1"}')


@pytest.fixture
def store(tmp_path):
    with sqlite_store(tmp_path) as store:
        yield store


def age(store, by):
    with store.write() as unit:
        begun_at = idempotency_keys.c.begun_at
        known = unit.idempotency.find(REQUEST.token, REQUEST.key)
        unit.connection.execute(update(idempotency_keys).values({begun_at: known.begun_at - by}))
        unit.commit()


def test_the_first_request_is_worked_on(store):
    assert idempotency.begin(store, REQUEST) is None


def test_the_same_request_gets_the_same_answer(store):
    idempotency.begin(store, REQUEST)
    idempotency.finish(store, REQUEST, ANSWER)
    again = idempotency.begin(store, REQUEST)
    assert again == Answer(201, {"etag": '"1"', "location": "/v1/x"}, b'{"id": "wo_1"}')


@pytest.mark.parametrize(
    "other", [{"body": b"{}"}, {"path": "/v1/sites"}, {"method": "PUT"}], ids=str
)
def test_another_request_with_the_key_is_refused(store, other):
    idempotency.begin(store, REQUEST)
    idempotency.finish(store, REQUEST, ANSWER)
    with pytest.raises(IdempotencyKeyReused, match=r"'k-1' came with POST /v1/work-orders"):
        idempotency.begin(store, replace(REQUEST, **other))


def test_another_sender_has_keys_of_their_own(store):
    idempotency.begin(store, REQUEST)
    assert idempotency.begin(store, replace(REQUEST, token="token:tok_2")) is None


def test_a_request_under_way_is_not_begun_again(store):
    idempotency.begin(store, REQUEST)
    with pytest.raises(Busy, match="being worked on"):
        idempotency.begin(store, REQUEST)


def test_a_request_that_died_with_its_process_may_be_tried_again(store):
    idempotency.begin(store, REQUEST)
    age(store, idempotency.DEAD_AFTER + timedelta(seconds=1))
    assert idempotency.begin(store, REQUEST) is None


def test_a_request_that_is_renewed_is_not_begun_again_however_long_it_takes(store):
    idempotency.begin(store, REQUEST)
    age(store, timedelta(hours=1))
    idempotency.renew(store, REQUEST)
    with pytest.raises(Busy, match="being worked on"):
        idempotency.begin(store, REQUEST)


def test_what_took_long_and_is_done_is_not_said_to_be_lost_while_its_answer_is_made(store):
    idempotency.begin(store, REQUEST)
    age(store, timedelta(hours=1))
    with idempotency.in_hand(REQUEST), store.write() as unit:
        unit.commit()
    with pytest.raises(Busy, match="being worked on"):
        idempotency.begin(store, REQUEST)


def test_an_answer_that_is_kept_is_not_renewed(store):
    idempotency.begin(store, REQUEST)
    idempotency.finish(store, REQUEST, ANSWER)
    age(store, timedelta(days=1))
    idempotency.renew(store, REQUEST)
    with store.read() as unit:
        noted = unit.idempotency.find(REQUEST.token, REQUEST.key)
    assert noted.begun_at < system_clock() - timedelta(hours=23)


def test_an_abandoned_request_may_be_tried_again_at_once(store):
    idempotency.begin(store, REQUEST)
    idempotency.abandon(store, REQUEST)
    assert idempotency.begin(store, REQUEST) is None


def test_old_answers_are_forgotten(store):
    idempotency.begin(store, REQUEST)
    idempotency.finish(store, REQUEST, ANSWER)
    age(store, idempotency.KEPT_FOR + timedelta(seconds=1))
    idempotency.begin(store, replace(REQUEST, key="k-2"))
    assert idempotency.begin(store, REQUEST) is None


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_keys_have_a_sensible_length(store, key):
    with pytest.raises(InvalidInput) as refusal:
        idempotency.begin(store, replace(REQUEST, key=key))
    assert refusal.value.faults[0].where == "Idempotency-Key"


def test_what_is_committed_in_hand_is_never_done_again_even_if_its_answer_is_lost(store):
    idempotency.begin(store, REQUEST)
    with idempotency.in_hand(REQUEST), store.write() as unit:
        unit.commit()
    idempotency.abandon(store, REQUEST)
    with pytest.raises(Busy):
        idempotency.begin(store, REQUEST)
    age(store, timedelta(minutes=2))
    with pytest.raises(AnswerLost, match="look up what it made, and use a new key"):
        idempotency.begin(store, REQUEST)


def test_what_rolled_back_in_hand_may_be_tried_again(store):
    idempotency.begin(store, REQUEST)
    with idempotency.in_hand(REQUEST), store.write():
        pass
    idempotency.abandon(store, REQUEST)
    assert idempotency.begin(store, REQUEST) is None


def test_an_answer_follows_what_was_committed_in_hand(store):
    idempotency.begin(store, REQUEST)
    with idempotency.in_hand(REQUEST), store.write() as unit:
        unit.commit()
    idempotency.finish(store, REQUEST, ANSWER)
    assert idempotency.begin(store, REQUEST).status == 201


def test_work_may_commit_several_times(store):
    idempotency.begin(store, REQUEST)
    with idempotency.in_hand(REQUEST):
        for name in ("mill", "bakery"):
            enter(store, name)
    idempotency.finish(store, REQUEST, ANSWER)
    assert entered(store) == {"mill", "bakery"}


def test_who_was_slow_and_taken_over_does_not_do_it_again(store):
    idempotency.begin(store, REQUEST)
    age(store, timedelta(minutes=2))
    idempotency.begin(store, REQUEST)
    with idempotency.in_hand(REQUEST):
        enter(store, "by the first")
    with idempotency.in_hand(REQUEST), pytest.raises(Busy, match="another process did"):
        enter(store, "by the second")
    assert entered(store) == {"by the first"}


def enter(store, name):
    with store.write() as unit:
        unit.customers.add(Customer(CustomerId(name), name))
        unit.commit()


def entered(store):
    with store.read() as unit:
        return {customer.name for customer in unit.customers.list()}
