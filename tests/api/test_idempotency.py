"""The same Idempotency-Key is one request, however often it is sent."""

import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import httpx
import pytest
import uvicorn
from fastapi import APIRouter, FastAPI
from sqlalchemy import select, update

from api import errors
from api.idempotency import IdempotentRoute
from geo_dispatch.adapters.clock import system_clock
from geo_dispatch.adapters.sql.tables import idempotency_keys
from geo_dispatch.services import idempotency
from tests.support.app import in_thread
from tests.support.plain_http import NO_TLS
from tests.support.waiting import until


@pytest.fixture(scope="module")
def office(deployment):
    return deployment.client("dispatcher")


def _named(office, name):
    found = office.get("/v1/customers", params={"limit": 500}).json()["items"]
    return [item for item in found if item["name"] == name]


def test_a_repeat_gets_the_first_answer_and_does_nothing(office):
    headers = {"Idempotency-Key": "k1"}
    first = office.post("/v1/customers", json={"name": "Once"}, headers=headers)
    again = office.post("/v1/customers", json={"name": "Once"}, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert len(_named(office, "Once")) == 1


def test_the_same_key_with_another_body_is_refused(office):
    headers = {"Idempotency-Key": "k2"}
    office.post("/v1/customers", json={"name": "First"}, headers=headers)
    other = office.post("/v1/customers", json={"name": "Second"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert _named(office, "Second") == []


def test_keys_of_different_tokens_are_different_keys(deployment, office):
    headers = {"Idempotency-Key": "k3"}
    colleague = deployment.client("dispatcher")
    for client in (office, colleague):
        assert client.post("/v1/customers", json={"name": "Each"}, headers=headers).is_success
    assert len(_named(office, "Each")) == 2


def test_a_refusal_is_not_kept_so_that_the_corrected_world_may_accept(office):
    headers = {"Idempotency-Key": "k4"}
    wrong = office.post("/v1/customers", json={"nam": "Typo"}, headers=headers)
    assert wrong.status_code == 422
    right = office.post("/v1/customers", json={"name": "Typo"}, headers=headers)
    assert right.status_code == 201


def test_repeats_at_the_same_moment_do_it_once(office):
    def send(_):
        return office.post(
            "/v1/customers", json={"name": "Race"}, headers={"Idempotency-Key": "k5"}
        ).status_code

    with ThreadPoolExecutor(6) as pool:
        statuses = set(pool.map(send, range(6)))
    assert statuses <= {201, 429}
    assert len(_named(office, "Race")) == 1


@pytest.fixture
def no_answer_is_kept(deployment):
    """As if the server died after the commit: what was done stays, its answer is not kept."""
    trigger = (
        "CREATE TRIGGER forgetful BEFORE UPDATE ON idempotency_keys WHEN NEW.status = 201 "
        "BEGIN SELECT RAISE(IGNORE); END"
    )
    _execute(deployment, trigger)
    yield
    _execute(deployment, "DROP TRIGGER forgetful")


def _execute(deployment, statement):
    with deployment.context.store.write() as unit:
        unit.connection.exec_driver_sql(statement)
        unit.commit()


@pytest.mark.usefixtures("no_answer_is_kept")
def test_what_was_done_is_not_done_again_when_its_answer_is_lost(deployment, office):
    def send():
        return office.post(
            "/v1/customers", json={"name": "Lost"}, headers={"Idempotency-Key": "k6"}
        )

    assert send().status_code == 201
    assert send().status_code == 429
    _execute(deployment, "UPDATE idempotency_keys SET begun_at = '2026-01-01 00:00:00.000000'")
    again = send()
    assert (again.status_code, again.json()["code"]) == (409, "idempotency-answer-lost")
    assert "look up what it made, and use a new key" in again.json()["detail"]
    assert len(_named(office, "Lost")) == 1


def test_an_empty_or_endless_key_is_refused(office):
    for key in ("", "x" * 300):
        answer = office.post(
            "/v1/customers", json={"name": "Key"}, headers={"Idempotency-Key": key}
        )
        assert answer.status_code == 422
        assert answer.json()["faults"][0]["where"] == "Idempotency-Key"


class RenewedOften(IdempotentRoute):
    """As in the API, but in the time of tests."""

    renewed_every_s = 0.05


@pytest.fixture
def slow(deployment):
    """A server of the deployment's records with one POST, which takes until it is let go."""
    gate = SimpleNamespace(entered=threading.Semaphore(0), open=threading.Event(), times=0)
    router = APIRouter(route_class=RenewedOften)

    @router.post("/slow", operation_id="import_records")
    def work():
        gate.times += 1
        gate.entered.release()
        assert gate.open.wait(20)
        return {"times": gate.times}

    app = FastAPI()
    app.state.geo = SimpleNamespace(context=deployment.context)
    errors.install(app)
    app.include_router(router)
    config = uvicorn.Config(app, port=0, log_config=None, lifespan="off")
    with in_thread(uvicorn.Server(config)) as gate.url:
        yield gate
        gate.open.set()


def test_a_request_that_takes_long_is_not_worked_on_twice(deployment, slow):
    headers = {"Authorization": f"Bearer {deployment.token('dispatcher')}"}

    long_ago = system_clock() - 2 * idempotency.DEAD_AFTER

    def send():
        return httpx.post(
            f"{slow.url}/slow",
            headers=headers | {"Idempotency-Key": "k7"},
            timeout=60,
            trust_env=False,
            verify=NO_TLS,
        )

    def renewed():
        with deployment.context.store.read() as unit:
            found = unit.connection.execute(
                select(idempotency_keys.c.begun_at).where(idempotency_keys.c.key == "k7")
            ).scalar_one()
        return found > long_ago

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(send)
        assert slow.entered.acquire(timeout=30)
        with deployment.context.store.write() as unit:
            unit.connection.execute(
                update(idempotency_keys)
                .where(idempotency_keys.c.key == "k7")
                .values(begun_at=long_ago)
            )
            unit.commit()
        until(renewed, 30, "the request to be renewed")
        assert send().status_code == 429
        slow.open.set()
        assert first.result().json() == {"times": 1}
    again = send()
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == {"times": 1}
