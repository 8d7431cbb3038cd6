"""The demo's client: tries again safely, and passes on what the API says."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from geo_dispatch.demo.client import Api, Refused
from geo_dispatch.kernel.errors import Unavailable


class Handler(BaseHTTPRequestHandler):
    """Answers as the test told it to, the last answer for ever."""

    def answer(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        server = self.server
        server.asked.append((self.path, self.headers.get("idempotency-key"), body))
        status, data = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(data).encode())

    do_GET = do_POST = answer  # noqa: N815 - named by http.server

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.asked, server.answers = [], []
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def api(server):
    with httpx.HTTPTransport() as connections:
        yield Api(f"http://127.0.0.1:{server.server_port}", "gd_x", connections, tries=2)


def test_a_retried_post_carries_the_same_key_and_another_post_another(server, api):
    server.answers += [(503, {}), (201, {"id": "a"})]
    assert api.post("/v1/sites", {}) == {"id": "a"}
    api.post("/v1/sites", {})
    keys = [key for _, key, _ in server.asked]
    assert keys[0] == keys[1] != keys[2]


def test_a_no_is_passed_on_with_its_problem_and_not_repeated(server, api):
    server.answers.append((409, {"detail": "WO-1 is complete", "code": "conflict"}))
    with pytest.raises(Refused, match="409: WO-1 is complete") as caught:
        api.post("/v1/work-orders/1/assign", {})
    assert caught.value.problem["code"] == "conflict"
    assert len(server.asked) == 1


def test_an_api_that_stays_away_is_named_after_some_tries(server, api):
    server.answers.append((503, {"detail": "redis is away"}))
    with pytest.raises(Unavailable, match=r"GET /v1/sites failed .*redis is away"):
        api.get("/v1/sites")
    assert len(server.asked) == 2
