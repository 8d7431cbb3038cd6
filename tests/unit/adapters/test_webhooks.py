"""Posting to webhooks: signed as the specification says, and only to where it may."""

import asyncio
import threading
from datetime import UTC, datetime

import pytest

from geo_dispatch.adapters.webhook_hosts import allowed_by
from geo_dispatch.adapters.webhooks import open_poster, retry_after_s, safe_text, signed_headers
from tests.support.hooks import answering, open_hook, pouring

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def _post(url, allow="", body=b"{}"):
    async def post():
        async with open_poster(allowed_by(allow), timeout_s=3.0) as poster:
            return await poster.post(url, [("content-type", "application/json")], body)

    return asyncio.run(post())


def test_the_example_of_the_specification_is_signed_as_it_says():
    headers = dict(
        signed_headers(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            b'{"test": 2432232314}',
            ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
            datetime.fromtimestamp(1614265330, UTC),
        )
    )
    assert headers["webhook-id"] == "msg_p5jXN8AQM9LWM0D4loKWxJek"
    assert headers["webhook-timestamp"] == "1614265330"
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_two_secrets_make_two_signatures():
    headers = dict(signed_headers("msg_1", b"{}", ["whsec_AAAA", "whsec_BBBB"], AT))
    assert len(set(headers["webhook-signature"].split(" "))) == 2


def test_a_name_that_leads_to_a_private_address_is_not_connected_to():
    with open_hook() as hook:
        by_name = hook.url.replace("127.0.0.1", "localhost")
        answer = _post(by_name)
        assert "localhost leads to" in answer.error
        assert hook.received == []
        assert _post(by_name, "localhost").status == 204
        assert _post(by_name, "127.0.0.0/8,::1/128").status == 204
        assert [one.headers["host"] for one in hook.received] == [by_name.split("/")[2]] * 2


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "0177.0.0.1", "[::ffff:127.0.0.1]"])
def test_nor_are_other_spellings_of_loopback(host):
    with open_hook() as hook:
        answer = _post(hook.url.replace("127.0.0.1", host))
        assert answer.status is None
        assert hook.received == []


def test_names_that_nobody_answers_for_hold_no_other_name_up():
    let_go = threading.Event()

    def look_up(host, _port):
        if host.startswith("dead"):
            let_go.wait(60)
        return ["127.0.0.1"]

    async def post(hook):
        port = int(hook.url.split(":")[2].split("/")[0])
        async with open_poster(allowed_by("127.0.0.1"), 20.0, look_up) as poster:
            dead = [
                asyncio.create_task(poster.post(f"http://dead{n}.example:{port}/", [], b"{}"))
                for n in range(100)
            ]
            answer = await poster.post(f"http://alive.example:{port}/", [], b"{}")
            waiting = [one for one in dead if not one.done()]
            for one in dead:
                one.cancel()
            return answer, waiting

    with open_hook() as hook:
        answer, waiting = asyncio.run(post(hook))
        assert answer.status == 204
        assert len(waiting) == 100
        let_go.set()


def test_a_name_that_changes_its_mind_gains_nothing():
    """What is connected to is what was checked, for each connection anew."""
    answers = iter([["127.0.0.1"], ["127.0.0.1", "10.0.0.1"], ["127.0.0.2"]])
    asked = []

    def look_up(host, port):
        asked.append((host, port))
        return next(answers)

    async def post(hook):
        allowed = allowed_by("127.0.0.1/32")
        port = int(hook.url.split(":")[2].split("/")[0])
        url = f"http://rebinding.example:{port}/hook"
        told = []
        for _ in range(3):
            async with open_poster(allowed, 3.0, look_up) as poster:
                told.append(await poster.post(url, [], b"{}"))
        assert asked == [("rebinding.example", port)] * 3
        return told

    with open_hook() as hook:
        first, second, third = asyncio.run(post(hook))
    assert first.status == 204
    assert "rebinding.example leads to 10.0.0.1, which is no public address" in second.error
    assert "rebinding.example leads to 127.0.0.2" in third.error
    assert len(hook.received) == 1


@pytest.mark.parametrize("head", [b"HTTP/1.1 103 x\r\n\r\n", b"HTTP/1.1 100 x\r\nX: y\r\n\r\n"])
def test_interim_answers_without_end_are_read_to_a_limit_only(head):
    with open_hook() as hook:
        hook.reply = pouring(head, head * 1000)
        answer = _post(hook.url, "127.0.0.1")
    assert "no HTTP answer: more than 262144 bytes" in answer.error


def test_the_limit_is_for_each_answer_and_not_for_a_connection():
    async def post(url):
        async with open_poster(allowed_by("127.0.0.1"), timeout_s=5.0) as poster:
            return [await poster.post(url, [], b"{}") for _ in range(8)]

    with open_hook() as hook:
        hook.reply = answering(204, Padding="x" * 40_000)
        assert {one.status for one in asyncio.run(post(hook.url))} == {204}


def test_a_name_that_nobody_has_is_an_answer():
    answer = _post("https://nobody.invalid/")
    assert answer.status is None
    assert answer.error.startswith("no connection")


def test_tls_with_who_can_not_prove_the_name_is_refused():
    with open_hook() as hook:
        answer = _post(hook.url.replace("http:", "https:"), "127.0.0.1")
    assert answer.status is None
    assert answer.error.startswith("no connection")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (b"", None),
        (b"120", 120.0),
        (b" 7 ", 7.0),
        (b"-5", None),
        (b"1e9", None),
        (b"9" * 400, 999_999_999.0),
        (b"Mon, 02 Mar 2026 08:01:30 GMT", 90.0),
        (b"Mon, 02 Mar 2026 07:00:00 GMT", 0.0),
        (b"Mon, 02 Mar 2026 08:01:30 -0000", 90.0),
        (b"soon", None),
        (b"\xff\xfe", None),
    ],
)
def test_retry_after_in_both_forms(header, seconds):
    assert retry_after_s(header, AT) == seconds


def test_what_is_kept_of_an_answer_can_be_printed():
    assert safe_text("a\x00b\x1b[31m\n\n c" + "\u202e") == "a b [31m c"
    assert len(safe_text("x" * 10_000)) == 500
