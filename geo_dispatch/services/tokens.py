"""Tokens: made once, shown once, kept as a digest, revoked at once.

A secret has 256 random bits, so a plain SHA-256 of it is safe to keep: there is nothing to guess.
Tokens live in real time, also where the deployment's clock is scaled.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

from geo_dispatch.adapters.clock import system_clock
from geo_dispatch.adapters.sql.store import Store, Unit
from geo_dispatch.adapters.sql.tokens import Token
from geo_dispatch.kernel.actors import Actor, Role
from geo_dispatch.kernel.errors import Fault, InvalidInput, Unauthenticated
from geo_dispatch.kernel.ids import TechnicianId, TokenId
from geo_dispatch.services.desk import Desk

PREFIX: Final = "gd_"
"""Begins every secret, so that people and scanners recognise a leaked one."""

_SECRET_BYTES: Final = 32
_SPEAKS_FOR_SOMEONE: Final = frozenset({Role.TECHNICIAN, Role.INGEST, Role.CALENDAR})


def create(
    ctx: Desk,
    role: Role,
    name: str = "",
    technician_id: TechnicianId | None = None,
    *,
    replacing_others: bool = False,
) -> tuple[Token, str]:
    """Make a token.

    Parameters
    ----------
    replacing_others
        The technician's other tokens of the role are no longer good.

    Returns
    -------
    tuple[Token, str]
        The token, and its secret ``gd_…`` as it goes over the wire: kept nowhere, so show it now.

    Raises
    ------
    InvalidInput
        A technician's token or ingest key without a technician, or another one with.
    NotFound
        There is no such technician.
    """
    if (role in _SPEAKS_FOR_SOMEONE) != (technician_id is not None):
        need = (
            "needs the technician it speaks for: --technician CALL_SIGN"
            if technician_id is None
            else "speaks for nobody; leave the technician out"
        )
        raise InvalidInput(
            f"a token with the role {role} {need}",
            [Fault("technician_id", f"{technician_id!r} with the role {role}")],
        )
    secret = PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    with ctx.store.write() as unit:
        if technician_id is not None:
            technician = unit.technicians.get(technician_id)
            if technician.retired:
                raise InvalidInput(
                    f"{technician.call_sign} is retired and gets no token",
                    [Fault("technician_id", f"{technician_id} is retired")],
                )
            name = name or technician.call_sign
            if replacing_others:
                revoke_all_of(unit, technician_id, role)
        token = Token(
            id=TokenId(ctx.new_id("tok")),
            role=role,
            name=name or role.value,
            created_at=system_clock(),
            technician_id=technician_id,
        )
        unit.tokens.add(token, _digest(secret))
        unit.commit()
    return token, secret


def authenticate(store: Store, secret: str) -> Actor:
    """Whoever holds the secret.

    Raises
    ------
    Unauthenticated
        No token has it, or the token was revoked.
    """
    with store.read() as unit:
        token = unit.tokens.by_digest(_digest(secret))
    if token is None:
        raise Unauthenticated("this token is not known; `geo-dispatch tokens create` makes one")
    if token.revoked_at is not None:
        raise Unauthenticated(
            f"token {token.id} was revoked at {token.revoked_at:%Y-%m-%d %H:%M} UTC; "
            "`geo-dispatch tokens create` makes a new one"
        )
    return Actor(f"token:{token.id}", token.role, token.technician_id)


def revoke(ctx: Desk, token_id: str) -> Token:
    """The token is no longer good, from now on.

    Raises
    ------
    NotFound
        There is none with this id.
    """
    with ctx.store.write() as unit:
        unit.tokens.get(token_id)
        unit.tokens.revoke(token_id, system_clock())
        token = unit.tokens.get(token_id)
        unit.commit()
    return token


def revoke_all_of(unit: Unit, technician_id: TechnicianId, role: Role | None = None) -> None:
    """None of the technician's tokens, or of those of one role, is good any more."""
    for token in unit.tokens.list():
        if token.technician_id == technician_id and role in {None, token.role}:
            unit.tokens.revoke(token.id, system_clock())


def list_all(ctx: Desk) -> list[Token]:
    """Every token, revoked ones too, oldest first."""
    with ctx.store.read() as unit:
        return unit.tokens.list()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.strip().encode()).hexdigest()
