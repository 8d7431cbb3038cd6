"""Who asks, and whether they may: tokens, the session cookie, and one table of roles.

A token comes as ``Authorization: Bearer gd_…`` or in the cookie that ``POST /sign-in`` sets.
Ingest keys also come as phones' apps can send them: Basic, ``?key=``, ``?api_key=`` or the last
part of the path; those forms are good for ingest keys only, because URLs end up in logs, and for
the keys of calendars.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from api.deps import state_of
from api.roles import ROLES
from api.unambiguous import refuse_ambiguous_query
from geo_dispatch.kernel.actors import Actor, Role
from geo_dispatch.kernel.errors import Forbidden, Unauthenticated
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.services import tokens

SESSION_COOKIE: Final = "gd_session"

_KEYS: Final = frozenset({Role.INGEST, Role.FLEET, Role.CALENDAR})
"""What apps send that know no headers; each is good for one thing, because URLs end up in logs."""

_IN_URLS: Final = frozenset({"key", "api_key"})

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


async def authenticate(request: Request) -> Actor:
    """Who asks; without asking whether they may.

    Raises
    ------
    Unauthenticated
        No token, or one that is not valid.
    Forbidden
        A write by cookie that does not come from our own pages.
    """
    known: Actor | None = getattr(request.state, "actor", None)
    if known is not None:
        return known
    shown = shown_by(request)
    actor = await run_in_threadpool(
        tokens.authenticate, state_of(request).context.store, shown.secret
    )
    refuse_way(shown, actor, request)
    request.state.actor = actor
    return actor


@dataclass(frozen=True, slots=True)
class Shown:
    """A secret, and the way by which it came."""

    secret: str
    by_cookie: bool = False
    by_url: bool = False
    """Or as Basic: good for keys only."""


def shown_by(request: Request) -> Shown:
    """The secret that a request shows.

    Raises
    ------
    Unauthenticated
        It shows none.
    """
    shown = _shown(request)
    if not shown.secret:
        raise Unauthenticated(
            "this needs a token: send it as 'Authorization: Bearer gd_…'; "
            "'geo-dispatch tokens create' makes one"
        )
    return shown


def refuse_way(shown: Shown, actor: Actor, request: Request) -> None:
    """See to it that this actor's secret may come by that way.

    Raises
    ------
    Unauthenticated, Forbidden
        As `authenticate`.
    """
    if shown.by_url and actor.role not in _KEYS:
        raise Unauthenticated(
            "only ingest and calendar keys may come as Basic or in the URL; send this token as "
            "'Authorization: Bearer gd_…'"
        )
    if shown.by_cookie and request.method not in _SAFE_METHODS:
        require_own_origin(request)


async def authorize(request: Request) -> Actor:
    """Who asks, when their role may use this route.

    Raises
    ------
    Unauthenticated, Forbidden
        As `authenticate`, or their role may not.
    """
    actor = await authenticate(request)
    require_role(actor, request.scope["route"].operation_id)
    return actor


def require_role(actor: Actor, operation: str) -> None:
    """See to it that the actor's role may do the operation.

    Raises
    ------
    Forbidden
        It may not.
    """
    allowed = ROLES[operation]
    if actor.role not in allowed:
        names = ", ".join(sorted(allowed))
        raise Forbidden(
            f"a token with the role {actor.role} may not do this; it needs one of: {names}"
        )


async def _caller(request: Request) -> Actor:
    actor = await authorize(request)
    refuse_ambiguous_query(request, besides=in_url(actor))
    return actor


def in_url(actor: Actor) -> frozenset[str]:
    """Names in the query by which the actor's key may have come."""
    return _IN_URLS if actor.role in _KEYS else frozenset()


Caller = Annotated[Actor, Depends(_caller)]
"""The actor of a route, allowed by the table of roles, whose query can be understood."""


def only_for(actor: Actor, technician_id: TechnicianId | None, what: str) -> None:
    """Let a technician's token speak for that technician only.

    Raises
    ------
    Forbidden
        It is another technician's.
    """
    if actor.role in (Role.TECHNICIAN, *_KEYS) and actor.technician_id != technician_id:
        raise Forbidden(
            f"{what} is not of technician {actor.technician_id}, for whom this token speaks"
        )


def require_own_origin(request: Request) -> None:
    """Refuse a write that another site made the browser send.

    Raises
    ------
    Forbidden
        Origin is another site's, or neither Origin nor Sec-Fetch-Site says that it is ours.
    """
    origin = request.headers.get("origin")
    if origin is None:
        if request.headers.get("sec-fetch-site") == "same-origin":
            return
        raise Forbidden("a write with the session cookie must say its Origin; use a token instead")
    public = state_of(request).settings.public_url
    own = {request.headers.get("host", "").lower()} | (
        {urlsplit(public).netloc} if public else set()
    )
    if urlsplit(origin).netloc.lower() not in own:
        raise Forbidden(f"origin {origin} is not this site; set public_url if it should be")


def _shown(request: Request) -> Shown:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return Shown(value.strip())
    if scheme.lower() == "basic":
        return Shown(_basic_password(value.strip()), by_url=True)
    key = (
        request.path_params.get("key")
        or request.query_params.get("key")
        or request.query_params.get("api_key")
    )
    if key:
        return Shown(str(key), by_url=True)
    return Shown(request.cookies.get(SESSION_COOKIE, ""), by_cookie=True)


def _basic_password(value: str) -> str:
    if value.startswith(tokens.PREFIX):  # as Overland sends it: not encoded
        return value.partition(":")[0]
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise Unauthenticated("the Basic credentials are not base64 of 'user:key'") from None
    return password or user
