"""Webhooks of all kinds of others: whatever they do, it is theirs alone, and on record."""

from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby

import pytest

from geo_dispatch.dispatch.messages.webhooks import MAX_RETRY_AFTER_S
from geo_dispatch.services.history import audit
from tests.support.app import running
from tests.support.couriers import carrying
from tests.support.hooks import answering, open_hook, pouring, saying
from tests.support.refusals import problem_of
from tests.support.waiting import until

PATIENCE_S = 30.0
TIMEOUT_S = 0.5
HEAD = b"HTTP/1.1 200 OK\r\n"
INTERIM = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 200


@pytest.fixture(scope="module")
def deployment(workspace, tmp_path_factory):
    """A deployment that may write to loopback, with a courier that waits half a second."""
    folder = tmp_path_factory.mktemp("data")
    with (
        running(workspace, folder, webhook_allow="127.0.0.1", clock_factor=20.0) as deployment,
        carrying(deployment.context, TIMEOUT_S),
    ):
        yield deployment


@pytest.fixture(scope="module")
def admin(deployment):
    return deployment.client("admin")


@pytest.fixture
def listening(admin):
    """Open endpoints that hear of new orders, until the test ends."""
    with ExitStack() as stack:

        def listen(reply=None, url="{url}", **fields):
            hook = stack.enter_context(open_hook())
            if reply is not None:
                hook.reply = reply(hook) if reply in OF_A_HOOK else reply
            body = {"url": url.format(url=hook.url), "types": ["order.placed"], **fields}
            made = admin.post("/v1/webhooks", json=body)
            assert made.status_code == 201, made.text
            stack.callback(lambda: admin.post(f"/v1/webhooks/{made.json()['id']}/disable"))
            return hook, made.json()

        yield listen


@pytest.fixture
def place(admin, site):
    """Place an order, of which everybody hears; its number."""

    def placed() -> str:
        order = admin.post("/v1/work-orders", json={"type": "repair", "site_id": site})
        return order.json()["number"]

    return placed


def deliveries(admin, webhook) -> list[dict]:
    """Oldest first, with their tries."""
    where = f"/v1/webhooks/{webhook['id']}/deliveries"
    items = reversed(admin.get(where).json()["items"])
    return [admin.get(f"{where}/{one['id']}").json() for one in items]


def tries(admin, webhook) -> list[dict]:
    return [one for delivery in deliveries(admin, webhook) for one in delivery["attempts"]]


def all_taken(admin, webhook) -> list[dict]:
    """The tries of all its deliveries, when it has accepted each; else none."""
    done = [one["state"] == "delivered" for one in deliveries(admin, webhook)]
    return tries(admin, webhook) if all(done) else []


def numbers(hook) -> list[str]:
    return [one.json["data"]["order"]["number"] for one in hook.received]


def hanging(hook):
    return hook.hang


def dripping_its_head(hook):
    return hook.dripping(HEAD + b"X: ")


def answering_late(hook):
    return hook.late(4 * TIMEOUT_S)


def dripping_its_body(hook):
    return hook.dripping(HEAD + b"\r\n")


OF_A_HOOK = (hanging, dripping_its_head, answering_late, dripping_its_body)

REFUSING = {
    "hangs": (hanging, "no answer within 0.5 s"),
    "drips its head": (dripping_its_head, "no answer within 0.5 s"),
    "is late": (answering_late, "no answer within 0.5 s"),
    "redirects": (answering(307, Location="http://169.254.169.254/latest/meta-data"), 307),
    "redirects to itself": (answering(301, Location="/hook"), 301),
    "answers rubbish": (saying(b"\x00\xff\x16\x03" * 50), "no HTTP answer"),
    "speaks something else": (saying(b"220 mail.example.com ESMTP\r\n"), "no HTTP answer"),
    "closes early": (saying(b""), "no HTTP answer"),
    "closes within its head": (saying(HEAD + b"Content-"), "no HTTP answer"),
    "has a head without end": (pouring(HEAD, b"X: y\r\n" * 1000), "no HTTP answer"),
    "has interim answers without end": (pouring(INTERIM, INTERIM), "no HTTP answer"),
    "fails": (answering(500, b"<html>oops"), 500),
    "switches to something else": (
        saying(b"HTTP/1.1 101 Upgrade\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
        "no HTTP answer",
    ),
    "has had enough": (answering(429, Retry_After="9" * 400), 429),
    "is closed until further notice": (
        answering(503, Retry_After="Fri, 31 Dec 9999 23:59:59 GMT"),
        503,
    ),
}
ACCEPTING = {
    "has a body without end": pouring(HEAD + b"\r\n", b"\x1b[31m" * 10_000),
    "drips its body": dripping_its_body,
    "compresses what it never says": answering(200, b"\x1f\x8b\xff", Content_Encoding="gzip"),
    "cuts its body off": saying(HEAD + b"Content-Length: 99\r\n\r\nx"),
}


def test_whatever_others_do_one_that_copes_hears_all_in_order(admin, place, listening):
    refusing = {name: listening(reply) for name, (reply, _) in REFUSING.items()}
    accepting = {name: listening(reply) for name, reply in ACCEPTING.items()}
    good, _ = listening()
    placed = [place() for _ in range(3)]
    until(lambda: len(good.received) == len(placed), PATIENCE_S, "the one that copes to hear all")
    assert numbers(good) == placed
    for name, (hook, webhook) in accepting.items():
        taken = until(partial(all_taken, admin, webhook), PATIENCE_S, name)
        assert numbers(hook) == placed, name
        assert all(len(one["body"]) <= 500 and one["body"].isprintable() for one in taken)
    for name, (hook, webhook) in refusing.items():
        said = until(partial(tries, admin, webhook), PATIENCE_S, name)[0]
        told = REFUSING[name][1]
        assert said["status"] == told or said["error"].startswith(str(told)), (name, said)
        assert set(numbers(hook)) == {placed[0]}, name  # nothing overtakes what it did not take
        assert {one.path for one in hook.received} == {"/hook"}, name
        states = [one["state"] for one in deliveries(admin, webhook)]
        assert states == ["pending"] * len(placed), name


def test_what_was_taken_too_late_comes_again_as_it_was_before_what_follows(admin, place, listening):
    hook, webhook = listening()
    hook.replies = [hook.late(3 * TIMEOUT_S), answering(204)]
    placed = [place() for _ in range(2)]
    until(lambda: len(hook.received) == 3, PATIENCE_S, "the second try, and the second message")
    assert numbers(hook) == [placed[0], *placed]
    first, again, _ = hook.received
    assert (first.id, first.body) == (again.id, again.body)
    until(lambda: len(tries(admin, webhook)) == 3, PATIENCE_S, "all on record")
    assert [one["status"] for one in tries(admin, webhook)] == [None, 204, 204]


@pytest.mark.parametrize(
    ("header", "at_least_s"),
    [
        ("600", 600),
        ("99999999999999999999", MAX_RETRY_AFTER_S),
        ("Fri, 31 Dec 9999 23:59:59 GMT", MAX_RETRY_AFTER_S),
        ("Wed, 99 Foo 2026 99:99:99 GMT", 0),
        ("-1", 0),
        ("1e308", 0),
        ("\xff", 0),
        ("Mon, 02 Mar 2020 08:00:00 -0000", 0),
    ],
)
def test_who_asks_for_time_gets_a_day_at_most(admin, place, listening, header, at_least_s):
    _, webhook = listening(answering(429, Retry_After=header))
    place()
    until(lambda: tries(admin, webhook), PATIENCE_S, "the try")
    [delivery] = deliveries(admin, webhook)
    tried_at = datetime.fromisoformat(delivery["attempts"][0]["at"])
    waits = datetime.fromisoformat(delivery["due_at"]) - tried_at
    assert timedelta(seconds=at_least_s) <= waits <= timedelta(seconds=MAX_RETRY_AFTER_S)


def test_one_that_is_gone_is_asked_no_more(admin, place, listening):
    hook, webhook = listening(answering(410))
    place()
    where = f"/v1/webhooks/{webhook['id']}"
    until(lambda: not admin.get(where).json()["enabled"], PATIENCE_S, "it to be disabled")
    place()
    assert "410" in admin.get(where).json()["disabled_reason"]
    assert len(hook.received) == len(deliveries(admin, webhook)) == 1


def test_tls_that_is_none_is_a_failure_and_nothing_is_told(admin, place, listening):
    with open_hook() as plain:
        _, webhook = listening(url=plain.url.replace("http:", "https:"))
        place()
        said = until(lambda: tries(admin, webhook), PATIENCE_S, "the try")[0]
        assert said["error"].startswith("no connection")
        assert plain.received == []


def test_a_name_that_leads_to_a_private_address_is_not_connected_to(admin, place, listening):
    with open_hook() as inside:
        port = inside.url.rpartition(":")[2].partition("/")[0]
        name = f"https://localtest.invalid:{port}/"
        _, webhook = listening(url=name)
        place()
        assert "no connection" in until(lambda: tries(admin, webhook), PATIENCE_S, "it")[0]["error"]
        assert inside.received == []


PRIVATE = [
    *("https://127.0.0.2/", "https://10.1.2.3/", "https://169.254.169.254/latest/meta-data"),
    *("https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://[64:ff9b::a00:1]/"),
    *("https://[2002:a00:1::]/", "https://[fe80::1]/", "https://[::127.0.0.2]/"),
    *("https://127.2/", "https://2130706434/", "https://0x7f000002/", "https://017700000002/"),
    *("https://0xa.1/", "https://10.0.0.1./", "https://127。0。0。2/", "https://0/"),
    *("https://localhost/", "https://LOCALHOST./", "https://any.localhost/"),
]


def test_a_long_url_is_one(admin):
    url = "https://example.com/" + "x" * 1900
    made = admin.post("/v1/webhooks", json={"url": url})
    assert made.json()["url"] == url


@pytest.mark.parametrize("url", PRIVATE)
@pytest.mark.usefixtures("unchanged")
def test_private_addresses_are_refused_however_they_are_written(admin, url):
    told = problem_of(admin.post("/v1/webhooks", json={"url": url}), 422, "invalid-input")
    [fault] = told["faults"]
    assert fault["where"] == "url"
    assert "is no public address; name another, or allow the host by" in fault["message"]


URLS = [
    ("http://example.com/", "is plain HTTP; use https"),
    ("https://user:hunter2@example.com/", "holds a name or password"),
    ("https://example.com:99999/", "99999 is no port"),
    ("file:///etc/passwd", "is not like https://example.com/hooks"),
    ("gopher://example.com/", "is not like https://example.com/hooks"),
    ("https://", "is not like"),
    ("https://exa mple.com/", "'exa%20mple.com' is no name of a host"),
    ("https://0177.0.0.2/", "is no URL"),
    ("https://example.com/\r\nX-Evil: 1", "non-printable ASCII character"),
    ("https://example.com/#x", "which is never sent"),
    ("https://example.com/" + "x" * 3000, "2000"),
    ("", "at least 1"),
]


@pytest.mark.parametrize(("url", "said"), URLS, ids=[url[:40] for url, _ in URLS])
@pytest.mark.usefixtures("unchanged")
def test_a_url_that_is_none_of_ours_is_refused_with_the_reason(admin, url, said):
    told = problem_of(admin.post("/v1/webhooks", json={"url": url}), 422, "invalid-input")
    assert said in told["detail"]
    assert "hunter2" not in told["detail"]


def test_secrets_are_shown_once_and_then_to_nobody(deployment, admin, place, listening, capfd):
    hook, webhook = listening(answering(418))
    where = f"/v1/webhooks/{webhook['id']}"
    rotated = admin.post(f"{where}/secret").json()
    place()
    until(lambda: tries(admin, webhook), PATIENCE_S, "the try")
    assert all(hook.received[0].signed_by(one["secret"]) for one in (webhook, rotated))
    admin.post(f"{where}/disable")
    admin.post(f"{where}/enable")
    order = admin.get("/v1/work-orders").json()["items"][-1]["id"]
    paths = [
        *("/v1/webhooks", where, f"{where}/deliveries", "/v1/messages", "/v1/audit/head"),
        *(f"/v1/work-orders/{order}/{what}" for what in ("timeline", "export", "proof")),
        *("/metrics", "/health/ready"),
    ]
    shown = "".join(admin.get(path).text for path in paths) + repr(deliveries(admin, webhook))
    exported = deployment.settings.data_dir / "log"
    audit.verify(deployment.context, export=exported)
    told = capfd.readouterr()
    everything = shown + exported.read_text() + told.out + told.err
    assert f"{where.rpartition('/')[2]}" in everything
    for secret in (webhook["secret"], rotated["secret"]):
        assert secret.removeprefix("whsec_") not in everything


def test_messages_keep_their_order_whoever_writes_them_at_once(admin, place, listening):
    hook, _ = listening()
    hook.replies = [answering(503, Retry_After="1"), answering(200), answering(500)]
    placed = [place() for _ in range(5)]
    until(lambda: len({*numbers(hook)}) == len(placed), PATIENCE_S, "all of them")
    assert [number for number, _ in groupby(numbers(hook))] == placed
