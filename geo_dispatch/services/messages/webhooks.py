"""Webhook endpoints: entered, changed, given new secrets, enabled and disabled."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final, TypedDict, get_args

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.adapters.webhook_hosts import allowed_by, url_faults
from geo_dispatch.dispatch.messages.queueing import To
from geo_dispatch.dispatch.messages.rows import TYPES
from geo_dispatch.dispatch.messages.webhooks import (
    EVERYTHING,
    ROTATION_S,
    Endpoint,
)
from geo_dispatch.dispatch.work.events import Event, RecordChanged, RecordCreated, RecordRetired
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import Conflict, Fault, InvalidInput
from geo_dispatch.kernel.ids import WebhookId
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.views import webhook_view

KIND: Final = "webhook"

_SECRET_BYTES: Final = 32


class EndpointFields(TypedDict, total=False):
    """The fields of an endpoint that people set; on a change, those left out stay."""

    url: str
    types: tuple[str, ...]
    to: tuple[To, ...]
    description: str


def create(ctx: Desk, given: EndpointFields, *, actor: Actor) -> Endpoint:
    """Let a URL hear messages from now on; the answer holds its new secret.

    Raises
    ------
    InvalidInput
        Every fault found.
    """
    endpoint = Endpoint(
        id=WebhookId(ctx.new_id("wh")),
        secret=_new_secret(),
        created_at=ctx.clock(),
        **given,
    )
    _refuse_faulty(ctx, endpoint)
    with ctx.store.write() as unit:
        unit.webhooks.add(endpoint)
        _log(ctx, unit, endpoint, RecordCreated(kind=KIND, record=webhook_view(endpoint)), actor)
        unit.commit()
    return endpoint


def change(
    ctx: Desk,
    endpoint_id: str,
    given: EndpointFields,
    *,
    actor: Actor,
    expected_version: int | None,
) -> Endpoint:
    """Change some fields; without a difference nothing happens.

    Raises
    ------
    NotFound, VersionConflict, InvalidInput
        No such endpoint; changed meanwhile; every fault found.
    """
    with ctx.store.write() as unit:
        endpoint = unit.webhooks.expect(endpoint_id, expected_version)
        changed = replace(endpoint, **given)
        _refuse_faulty(ctx, changed)
        saved = save(ctx, unit, endpoint, changed, actor=actor)
        unit.commit()
    return saved


def retire(ctx: Desk, endpoint_id: str, *, actor: Actor, expected_version: int | None) -> Endpoint:
    """It hears nothing more; what was delivered stays on record.

    Raises
    ------
    NotFound, VersionConflict
        No such endpoint; changed meanwhile.
    """
    with ctx.store.write() as unit:
        endpoint = unit.webhooks.expect(endpoint_id, expected_version)
        if endpoint.retired:
            return endpoint
        retired = unit.webhooks.save(replace(endpoint, retired=True, enabled=False))
        _log(ctx, unit, endpoint, RecordRetired(kind=KIND), actor)
        unit.commit()
    return retired


def enable(ctx: Desk, endpoint_id: str, *, actor: Actor) -> Endpoint:
    """It hears messages again; what still waited for it goes first, at once.

    Raises
    ------
    NotFound, Conflict
        No such endpoint; it is retired.
    """
    with ctx.store.write() as unit:
        endpoint = unit.webhooks.get(endpoint_id)
        refuse_retired(endpoint)
        enabled = replace(endpoint, enabled=True, disabled_reason="")
        saved = save(ctx, unit, endpoint, enabled, actor=actor)
        unit.deliveries.restart(endpoint.id, ctx.clock())
        unit.commit()
    return saved


def disable(ctx: Desk, endpoint_id: str, *, actor: Actor, reason: str = "") -> Endpoint:
    """Nothing is queued for it or sent to it until it is enabled.

    Raises
    ------
    NotFound
        There is no such endpoint.
    """
    with ctx.store.write() as unit:
        endpoint = unit.webhooks.get(endpoint_id)
        why = reason.strip() or "by hand"
        disabled = replace(endpoint, enabled=False, disabled_reason=why)
        saved = save(ctx, unit, endpoint, disabled, actor=actor)
        unit.commit()
    return saved


def rotate_secret(ctx: Desk, endpoint_id: str, *, actor: Actor) -> Endpoint:
    """Give it a new secret; the old one signs beside it for `ROTATION_S`.

    Raises
    ------
    NotFound, Conflict
        No such endpoint; it is retired.
    """
    with ctx.store.write() as unit:
        endpoint = unit.webhooks.get(endpoint_id)
        refuse_retired(endpoint)
        rotated = replace(
            endpoint,
            secret=_new_secret(),
            previous_secret=endpoint.secret,
            previous_until=ctx.clock() + timedelta(seconds=ROTATION_S),
        )
        saved = save(ctx, unit, endpoint, rotated, actor=actor)
        unit.commit()
    return saved


def get(ctx: Desk, endpoint_id: str) -> Endpoint:
    """The endpoint.

    Raises
    ------
    NotFound
        There is none with this id.
    """
    with ctx.store.read() as unit:
        return unit.webhooks.get(endpoint_id)


def list_all(ctx: Desk, *, retired: bool = False) -> Sequence[Endpoint]:
    """All endpoints, oldest first; those out of use only if asked for."""
    with ctx.store.read() as unit:
        return unit.webhooks.list(retired=retired)


def save(ctx: Desk, unit: Unit, endpoint: Endpoint, changed: Endpoint, *, actor: Actor) -> Endpoint:
    """Keep the changed endpoint and log what changed, within a unit; secrets are not logged."""
    before, after = webhook_view(endpoint), webhook_view(changed)
    changes = {name: after[name] for name in after if after[name] != before[name]}
    if changed.secret != endpoint.secret:
        changes["secret_rotated"] = True
    if not changes:
        return endpoint
    _log(ctx, unit, endpoint, RecordChanged(kind=KIND, changes=changes), actor)
    return unit.webhooks.save(changed)


def refuse_retired(endpoint: Endpoint) -> None:
    """Raise `Conflict` for an endpoint that is out of use."""
    if endpoint.retired:
        raise Conflict(f"{endpoint.id} is retired; enter its URL anew")


def _refuse_faulty(ctx: Desk, endpoint: Endpoint) -> None:
    faults = url_faults(endpoint.url, allowed_by(ctx.settings.webhook_allow))
    if not endpoint.types:
        faults.append(Fault("types", "names none; '*' is all of them"))
    faults.extend(
        Fault("types", f"{name!r} matches no type of message; docs/messages.md lists them")
        for name in endpoint.types
        if not _matches_any(name)
    )
    if not endpoint.to:
        faults.append(Fault("to", "names nobody; 'client' is for programs"))
    faults.extend(
        Fault("to", f"{one!r} is none of {', '.join(get_args(To))}")
        for one in endpoint.to
        if one not in get_args(To)
    )
    if faults:
        raise InvalidInput("this webhook cannot be entered like that", faults)


def _matches_any(name: str) -> bool:
    if name.endswith(".*"):
        return any(one.startswith(name[:-1]) for one in TYPES)
    return name == EVERYTHING or name in TYPES


def _log(ctx: Desk, unit: Unit, endpoint: Endpoint, event: Event, actor: Actor) -> None:
    unit.append(f"{KIND}:{endpoint.id}", [event], actor=actor, at=ctx.clock())


def _new_secret() -> str:
    """``whsec_`` and 256 random bits, as Standard Webhooks writes them."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}"
