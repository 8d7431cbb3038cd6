"""`geo-dispatch webhooks`: URLs that hear what people and programs are told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final, cast

import typer

from geo_dispatch.bootstrap import open_back_office
from geo_dispatch.cli.console import say
from geo_dispatch.config import load_settings
from geo_dispatch.dispatch.messages.queueing import To
from geo_dispatch.dispatch.messages.webhooks import EVERYTHING, Endpoint
from geo_dispatch.kernel.actors import CLI
from geo_dispatch.kernel.errors import Fault, InvalidInput
from geo_dispatch.kernel.ids import MessageId
from geo_dispatch.services.messages import deliveries, webhooks
from geo_dispatch.services.messages.deliveries import Period, Sent

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="URLs that hear what people and programs are told.",
)

WebhookId = Annotated[str, typer.Argument(help="Its id, wh_…", metavar="WEBHOOK_ID")]

_SHOWN: Final = 50


@app.command()
def add(
    url: Annotated[str, typer.Argument(help="Where messages are posted.")],
    types: Annotated[
        str, typer.Option(help="Types that it hears, such as order.eta,order.bumped; * is all.")
    ] = EVERYTHING,
    to: Annotated[
        str, typer.Option(help="Whose messages: client, technician, customer.")
    ] = "client",
    description: Annotated[str, typer.Option(help="What you want to remember it by.")] = "",
) -> None:
    """Let a URL hear messages, and print its secret."""
    with open_back_office(load_settings()) as desk:
        endpoint = webhooks.create(
            desk,
            {
                "url": url,
                "types": _items(types),
                "to": cast("tuple[To, ...]", _items(to)),
                "description": description,
            },
            actor=CLI,
        )
    _tell_secret(endpoint)


@app.command("list")
def list_() -> None:
    """Show all webhooks; never their secrets."""
    with open_back_office(load_settings()) as desk:
        for one in webhooks.list_all(desk):
            typer.echo(f"{one.id}  {','.join(one.types)}  to {','.join(one.to)}  {one.url}")
            if not one.enabled:
                typer.echo(f"  disabled: {one.disabled_reason}")


@app.command()
def rotate(webhook_id: WebhookId) -> None:
    """Print a new secret; for a day the old one signs beside it."""
    with open_back_office(load_settings()) as desk:
        _tell_secret(webhooks.rotate_secret(desk, webhook_id, actor=CLI))


@app.command()
def enable(webhook_id: WebhookId) -> None:
    """Enable a webhook again; what still waited for it goes at once."""
    with open_back_office(load_settings()) as desk:
        webhooks.enable(desk, webhook_id, actor=CLI)
    say(f"{webhook_id} is enabled")


@app.command()
def disable(webhook_id: WebhookId, reason: Annotated[str, typer.Option()] = "") -> None:
    """Queue nothing for a webhook until it is enabled."""
    with open_back_office(load_settings()) as desk:
        webhooks.disable(desk, webhook_id, actor=CLI, reason=reason)
    say(f"{webhook_id} is disabled")


@app.command()
def test(webhook_id: WebhookId) -> None:
    """Queue a message of type webhook.test for this webhook alone; a worker carries it."""
    with open_back_office(load_settings()) as desk:
        queued = deliveries.send_test(desk, webhook_id)
    say(f"{queued.delivery.id} is queued; see it with: geo-dispatch webhooks log {webhook_id}")


@app.command()
def log(
    webhook_id: WebhookId,
    limit: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = _SHOWN,
) -> None:
    """Show what went to a webhook, is on its way or failed."""
    with open_back_office(load_settings()) as desk:
        for sent in deliveries.page(desk, webhook_id, limit=limit):
            typer.echo(_line(sent))
            full = deliveries.get(desk, sent.delivery.id, endpoint_id=webhook_id)
            for attempt in full.attempts:
                typer.echo(f"  {attempt.at:%Y-%m-%d %H:%M:%S}  {attempt.answer.told}")


@app.command()
def replay(
    webhook_id: WebhookId,
    *,
    message: Annotated[str, typer.Option(help="One message, msg_…")] = "",
    since: Annotated[
        datetime | None, typer.Option(help="All from then on, in UTC, such as 2026-03-02T09:00:00.")
    ] = None,
    until: Annotated[datetime | None, typer.Option(help="Until then; left out: now.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what the webhook accepted.")
    ] = False,
) -> None:
    """Queue a message, or those of a period, again."""
    with open_back_office(load_settings()) as desk:
        what = _again(message, since, until or desk.clock(), everything=everything)
        queued = deliveries.replay(desk, webhook_id, what)
    say(f"{queued} messages are queued again for {webhook_id}")


def _again(
    message: str, since: datetime | None, until: datetime, *, everything: bool
) -> Period | MessageId:
    if (since is None) == (not message):
        raise InvalidInput(
            "say what to replay: either --message or --since",
            [Fault("--since", "and --message are both given" if message else "is missing")],
        )
    if since is None:
        return MessageId(message)
    return Period(
        since.replace(tzinfo=UTC), until.replace(tzinfo=UTC), "all" if everything else "missing"
    )


def _line(sent: Sent) -> str:
    one = sent.delivery
    return f"{one.id}  {one.queued_at:%Y-%m-%d %H:%M:%S}  {one.state:<9}  {sent.message.type}"


def _items(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _tell_secret(endpoint: Endpoint) -> None:
    say(f"{endpoint.id} ({endpoint.url}); keep the secret, it is shown only now:")
    typer.echo(endpoint.secret)
