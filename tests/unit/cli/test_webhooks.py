"""`geo-dispatch webhooks`, as people type it."""

import pytest


@pytest.fixture
def cli(cli):
    assert cli("db", "upgrade")[0] == 0
    return cli


def _added(cli, *options):
    status, out, err = cli("webhooks", "add", "https://example.com/hook", *options)
    assert status == 0
    return err.split(" ")[0], out.strip()


def test_a_webhook_is_added_listed_switched_and_given_a_new_secret(cli):
    webhook, secret = _added(cli, "--types", "order.eta, order.bumped", "--to", "client,customer")
    assert secret.startswith("whsec_")
    assert cli("webhooks", "list")[1] == (
        f"{webhook}  order.eta,order.bumped  to client,customer  https://example.com/hook\n"
    )
    assert cli("webhooks", "disable", webhook, "--reason", "moving house")[0] == 0
    assert "disabled: moving house" in cli("webhooks", "list")[1]
    assert cli("webhooks", "enable", webhook)[0] == 0
    status, rotated, _ = cli("webhooks", "rotate", webhook)
    assert (status, rotated.startswith("whsec_"), rotated.strip() == secret) == (0, True, False)


def test_a_test_is_queued_shown_and_replayed(cli):
    webhook, _ = _added(cli)
    assert cli("webhooks", "test", webhook)[0] == 0
    status, out, _ = cli("webhooks", "log", webhook)
    assert status == 0
    assert out.split()[-2:] == ["pending", "webhook.test"]
    status, _, err = cli("webhooks", "replay", webhook, "--since", "2026-01-01T00:00:00")
    assert (status, err) == (0, f"0 messages are queued again for {webhook}\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "http://10.0.0.1"), "plain HTTP"),
        (("add", "https://example.com", "--types", "order.nothing"), "order.nothing"),
        (("add", "https://example.com", "--to", "everybody"), "everybody"),
        (("enable", "wh_none"), "no webhook 'wh_none'"),
        (("replay", "wh_none"), "either --message or --since"),
        (("replay", "wh_none", "--message", "msg_1"), "no webhook 'wh_none'"),
    ],
)
def test_what_can_not_be_is_refused_in_a_line(cli, arguments, said):
    status, out, err = cli("webhooks", *arguments)
    assert (status, out) == (1, "")
    assert said in err
    assert "Traceback" not in err
