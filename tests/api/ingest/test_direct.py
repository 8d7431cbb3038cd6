"""Plain pings are answered where they are parsed: nobody must be able to tell the difference."""

import json
import socket
from contextlib import closing, contextmanager
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from api.ingest.direct import MAX_BYTES
from tests.bench.load import request
from tests.support.app import VADUZ, running
from tests.support.waiting import until

LIVE = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(scope="module")
def phone(deployment):
    """A technician and their key, which the door has seen before."""
    van = deployment.client("dispatcher").post("/v1/technicians", json={"call_sign": "D 1"}).json()
    client = deployment.client("ingest", van["id"])
    client.post("/v1/pings", json=_ping(deployment, 3600)).raise_for_status()
    return van["id"], client.headers["authorization"]


def _ping(deployment, ago_s):
    at = deployment.now() - timedelta(seconds=ago_s)
    return {"at": at.isoformat(), **VADUZ}


def _request(phone, body, *headers):
    return request("/v1/pings", [f"Authorization: {phone[1]}", *headers], json.dumps(body).encode())


@contextmanager
def _connected(deployment):
    where = urlsplit(deployment.url)
    with closing(socket.create_connection((where.hostname, where.port), timeout=10)) as connection:
        yield connection


def _answers(connection, count):
    """So many answers as (status line, headers, body), in the order in which they came."""
    heard, found = b"", []
    while len(found) < count:
        more = connection.recv(65536)
        assert more, f"closed after {found}"
        heard += more
        while b"\r\n\r\n" in heard:
            head, _, rest = heard.partition(b"\r\n\r\n")
            first, *lines = head.decode().split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in lines)
            length = int(headers["content-length"])
            if len(rest) < length:
                break
            found.append((first, headers, rest[:length]))
            heard = rest[length:]
    return found


def _one(deployment, sent):
    with _connected(deployment) as connection:
        connection.sendall(sent)
        return _answers(connection, 1)[0]


def test_the_answer_is_that_of_the_wrapper(deployment, phone):
    direct = _one(deployment, _request(phone, _ping(deployment, 50)))
    wrapped = _one(deployment, _request(phone, _ping(deployment, 49), "X-Request-ID: abc"))
    assert direct[0] == wrapped[0] == "HTTP/1.1 200 OK"
    assert direct[2] == wrapped[2]
    assert direct[1].keys() == wrapped[1].keys()
    told = {"date", "x-request-id"}
    assert {k: v for k, v in direct[1].items() if k not in told} == {
        k: v for k, v in wrapped[1].items() if k not in told
    }
    assert wrapped[1]["x-request-id"] == "abc"


def test_a_batch_is_answered_ping_by_ping(deployment, phone):
    pings = [_ping(deployment, ago) for ago in (30, 29, 29)]
    _, _, body = _one(deployment, _request(phone, {"pings": pings}))
    verdicts = [one["verdict"] for one in json.loads(body)["verdicts"]]
    assert verdicts == ["accepted", "accepted", "duplicate"]


def test_requests_in_one_packet_are_answered_in_their_order(deployment, phone):
    first = _request(phone, _ping(deployment, 20))
    odd = _request(phone, {"at": "yesterday"})
    last = _request(phone, {"pings": [_ping(deployment, 19)] * 2})
    with _connected(deployment) as connection:
        connection.sendall(first + LIVE + odd + last + last)
        found = _answers(connection, 5)
    assert [one[0].split()[1] for one in found] == ["200", "200", "422", "200", "200"]
    assert json.loads(found[1][2]) == {"status": "ok"}
    assert len(json.loads(found[3][2])["verdicts"]) == 2
    assert json.loads(found[4][2])["verdicts"][0]["verdict"] == "duplicate"


def test_a_body_may_come_in_many_pieces(deployment, phone):
    sent = _request(phone, _ping(deployment, 18))
    with _connected(deployment) as connection:
        for start in range(0, len(sent), 7):
            connection.sendall(sent[start : start + 7])
        status, _, body = _answers(connection, 1)[0]
    assert status == "HTTP/1.1 200 OK"
    assert json.loads(body)["verdicts"][0]["verdict"] == "accepted"


def test_a_large_body_and_one_of_unknown_length_are_taken_too(deployment, phone):
    large = {"pings": [_ping(deployment, 17) | {"note": "x" * 1000} for _ in range(400)]}
    sent = _request(phone, large)
    assert len(sent) > MAX_BYTES
    assert len(json.loads(_one(deployment, sent)[2])["verdicts"]) == 400
    ping = json.dumps(_ping(deployment, 16)).encode()
    head = f"POST /v1/pings HTTP/1.1\r\nHost: x\r\nAuthorization: {phone[1]}\r\n".encode()
    chunked = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(ping), ping)
    assert json.loads(_one(deployment, head + chunked)[2])["verdicts"][0]["verdict"] == "accepted"


def test_a_connection_ends_when_its_client_says_so(deployment, phone):
    with _connected(deployment) as connection:
        connection.sendall(_request(phone, _ping(deployment, 15), "Connection: close"))
        assert _answers(connection, 1)[0][1]["connection"] == "close"
        assert connection.recv(1) == b""


def test_an_old_client_hears_the_end_of_the_connection(deployment, phone):
    sent = _request(phone, _ping(deployment, 14.5), "Connection: keep-alive")
    with _connected(deployment) as connection:
        connection.sendall(sent.replace(b"HTTP/1.1", b"HTTP/1.0"))
        assert _answers(connection, 1)[0][0].endswith("200 OK")
        assert connection.recv(1) == b""


def test_who_hangs_up_takes_nothing_away(deployment, phone):
    before = _accepted(deployment)
    with _connected(deployment) as connection:
        connection.sendall(_request(phone, _ping(deployment, 14)))
    until(lambda: _accepted(deployment) == before + 1, 5, "the ping to be counted")


def _accepted(deployment):
    metrics = deployment.client("dispatcher").get("/metrics").text
    return float(metrics.split('geo_dispatch_pings_total{verdict="accepted"} ')[1].split()[0])


def test_a_key_that_may_not_send_is_refused(deployment, phone):
    client = deployment.client("planner")
    client.get("/v1/technicians").raise_for_status()
    planner = (phone[0], client.headers["authorization"])
    status, _, _ = _one(deployment, _request(planner, _ping(deployment, 13)))
    assert status.split()[1] == "403"


def test_without_redis_a_plain_ping_is_told_to_come_again(workspace, tmp_path):
    with running(workspace, tmp_path) as own:
        van = own.client("dispatcher").post("/v1/technicians", json={"call_sign": "D 2"}).json()
        client = own.client("ingest", van["id"])
        client.post("/v1/pings", json=_ping(own, 12)).raise_for_status()
        own.redis.stop()
        sent = _request((van["id"], client.headers["authorization"]), _ping(own, 11))
        with _connected(own) as connection:
            for _ in range(2):  # the second hears from a probe
                connection.sendall(sent)
                status, headers, body = _answers(connection, 1)[0]
                assert status.split()[1] == "503"
                assert headers["content-type"] == "application/problem+json"
                assert int(headers["retry-after"]) >= 1
                assert json.loads(body)["status"] == 503
