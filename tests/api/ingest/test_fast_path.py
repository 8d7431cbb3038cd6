"""What pings keep of all that other requests have, though they never come to FastAPI."""

import json
import socket
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
import redis as redis_py

from api.middleware import MAX_BODY_BYTES
from geo_dispatch.adapters.live_redis.client import STREAM_LIMIT, stream_key
from geo_dispatch.services import tokens
from tests.support.app import VADUZ
from tests.support.refusals import problem_of
from tests.support.waiting import until

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def office(deployment):
    return deployment.client("dispatcher")


@pytest.fixture(scope="module")
def van(office):
    return office.post("/v1/technicians", json={"call_sign": "Van 07"}).json()["id"]


@pytest.fixture(scope="module")
def phone(deployment, van):
    return deployment.client("ingest", van)


@pytest.fixture
def redis(deployment):
    with closing(redis_py.Redis.from_url(deployment.context.live.url)) as client:
        yield client


def ping(deployment, ago_s=0.0, **more):
    at = deployment.now() - timedelta(seconds=ago_s)
    return {"at": at.isoformat(), **VADUZ, **more}


def wire(phone, body, *more, path="/v1/pings"):
    """The bytes of a request."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: localhost",
        f"Authorization: {phone.headers['authorization']}",
        *(more or [f"Content-Length: {len(body)}"]),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def connect(deployment):
    url = httpx.URL(deployment.url)
    return socket.create_connection((url.host, url.port), timeout=10)


def answers(connection, count):
    """The next so many answers on the connection, head and body."""
    heard, found = b"", []
    while len(found) < count:
        head, end, rest = heard.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0] or 0)
        if end and len(rest) >= length:
            found.append((head, rest[:length]))
            heard = rest[length:]
            continue
        more = connection.recv(65536)
        assert more, f"the connection ended after {found}"
        heard += more
    return found


def test_an_answer_carries_an_id_and_is_no_page(deployment, phone):
    for body in (ping(deployment), {"at": "yesterday"}):
        answer = phone.post("/v1/pings", json=body, headers={"X-Request-ID": "from-the-proxy"})
        assert answer.headers["x-request-id"] == "from-the-proxy"
        assert answer.headers["x-content-type-options"] == "nosniff"
    first, second = (phone.post("/v1/pings", json=ping(deployment)) for _ in range(2))
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    assert first.headers["content-type"] == "application/json"
    odd = phone.post("/v1/pings", json=ping(deployment), headers={"X-Request-ID": "<script>"})
    assert odd.headers["x-request-id"] != "<script>"


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
def test_other_methods_are_answered_as_everywhere(phone, method):
    answer = phone.request(method, "/v1/pings")
    assert answer.status_code == 405
    assert "POST" in answer.headers["allow"]


def test_requests_on_one_connection_are_answered_in_their_order(deployment, phone):
    bodies = [
        json.dumps(ping(deployment, 30 - number, lon=9.5 + number / 1000)).encode()
        for number in range(5)
    ]
    bodies.insert(2, b'{"pings": []}')
    with connect(deployment) as connection:
        connection.sendall(b"".join(wire(phone, body) for body in bodies))
        found = [body for _, body in answers(connection, 6)]
        connection.sendall(wire(phone, b"{"))
        ((head, _),) = answers(connection, 1)
    assert found[2] == b'{"verdicts":[]}'
    assert {body for number, body in enumerate(found) if number != 2} <= {
        b'{"verdicts":[{"verdict":"%s","code":null,"message":null}]}' % word
        for word in (b"accepted", b"late")
    }
    assert head.startswith(b"HTTP/1.1 400")


def test_a_body_in_chunks_is_read_whole(deployment, phone):
    body = json.dumps({"pings": [ping(deployment, ago_s) for ago_s in range(300)]}).encode()
    parts = [body[start : start + 1000] for start in range(0, len(body), 1000)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    with connect(deployment) as connection:
        connection.sendall(wire(phone, b"", "Transfer-Encoding: chunked"))
        for start in range(0, len(chunks), 3000):
            connection.sendall(chunks[start : start + 3000])
        ((head, told),) = answers(connection, 1)
    assert head.startswith(b"HTTP/1.1 200")
    assert len(json.loads(told)["verdicts"]) == 300


def test_a_body_too_large_is_refused_whether_it_says_so_or_not(phone):
    declared = phone.post("/v1/pings", content=b" " * (MAX_BODY_BYTES + 1))
    problem_of(declared, 413, "content-too-large")

    def endless():
        for _ in range(MAX_BODY_BYTES // 100_000 + 2):
            yield b" " * 100_000

    told = phone.post("/v1/pings", content=endless())
    problem_of(told, 413, "content-too-large")


def test_a_nul_in_the_address_is_refused(phone):
    assert phone.post("/v1/pings?key=%00", json={}).status_code == 400
    assert phone.post("/v1/pings/a%00b", json={}).status_code == 400


def test_a_parameter_that_is_not_known_is_refused(deployment, phone):
    told = problem_of(
        phone.post("/v1/pings?dry_run=1", json=ping(deployment)), 422, "invalid-input"
    )
    assert told["faults"][0]["where"] == "dry_run"


def test_a_client_that_hangs_up_costs_nobody_else_an_answer(deployment, phone, redis):
    body = json.dumps(ping(deployment)).encode()
    for cut in (10, len(wire(phone, body)) - 5, None):
        with connect(deployment) as gone:
            gone.sendall(wire(phone, body)[:cut])
    redis.execute_command("CLIENT", "PAUSE", "200", "WRITE")
    with connect(deployment) as gone, connect(deployment) as patient:
        gone.sendall(wire(phone, body))
        patient.sendall(wire(phone, body))
        gone.close()
        ((head, _),) = answers(patient, 1)
    assert head.startswith(b"HTTP/1.1 200")


def test_a_full_stream_answers_429_until_there_is_room(deployment, phone, redis):
    before = redis.xlen(stream_key(0))
    pipeline = redis.pipeline(transaction=False)
    for _ in range(STREAM_LIMIT - before):
        pipeline.xadd(stream_key(0), {"b": b"", "r": 0})
    pipeline.execute()
    refused = phone.post("/v1/pings", json=ping(deployment))
    told = problem_of(refused, 429, "busy")
    assert int(refused.headers["retry-after"]) >= 1
    assert "worker" in told["detail"]
    redis.xtrim(stream_key(0), maxlen=0, approximate=False)
    assert phone.post("/v1/pings", json=ping(deployment)).status_code == 200


def test_redis_without_memory_answers_429_until_it_has_some(deployment, phone, redis):
    redis.config_set("maxmemory", 1)
    try:
        refused = phone.post("/v1/pings", json=ping(deployment))
    finally:
        redis.config_set("maxmemory", 0)
    problem_of(refused, 429, "busy")
    assert phone.post("/v1/pings", json=ping(deployment)).status_code == 200


def test_scripts_that_redis_forgot_cost_no_ping(deployment, phone, redis):
    redis.script_flush()
    assert phone.post("/v1/pings", json=ping(deployment)).status_code == 200


def test_who_is_retired_here_is_refused_at_once(deployment, office):
    new = office.post("/v1/technicians", json={"call_sign": "Van 08"})
    key = deployment.client("ingest", new.json()["id"])
    body = ping(deployment, technician_id=new.json()["id"])
    assert key.post("/v1/pings", json=body).status_code == 200
    path = f"/v1/technicians/{new.json()['id']}"
    office.delete(path, headers={"If-Match": new.headers["etag"]}).raise_for_status()
    assert key.post("/v1/pings", json=body).status_code == 401
    (verdict,) = office.post("/v1/pings", json={"pings": [body]}).json()["verdicts"]
    assert verdict["code"] == "retired"


def test_what_another_process_changes_is_heard_of(deployment, van):
    token, secret = tokens.create(deployment.context, "ingest", technician_id=van)
    with httpx.Client(base_url=deployment.url, trust_env=False) as client:
        client.headers["Authorization"] = f"Bearer {secret}"
        assert client.post("/v1/pings", json=ping(deployment)).status_code == 200
        tokens.revoke(deployment.context, token.id)
        refused = until(
            lambda: _unless_good(client.post("/v1/pings", json=ping(deployment))),
            5,
            "the key to be refused",
        )
    assert "was revoked" in refused.json()["detail"]


def _unless_good(answer):
    return None if answer.is_success else answer


def test_whom_another_process_enters_is_known_within_a_second(deployment, office):
    name = "tc_0000000000000000"

    def verdict():
        body = {"pings": [ping(deployment, technician_id=name)]}
        return office.post("/v1/pings", json=body).json()["verdicts"][0]

    assert verdict()["code"] == "unknown_technician"
    with deployment.context.store.read() as unit:
        example = next(iter(unit.technicians.list()))
    with deployment.context.store.write() as unit:
        unit.technicians.add(replace(example, id=name, call_sign="Van 99"))
        unit.commit()
    until(lambda: verdict()["verdict"] == "accepted", 5, "the technician to be known")
