"""A phone is connected: it gets its key, and the app on it is told where to send."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from geo_dispatch.adapters.qr_codes import text_to_svg
from geo_dispatch.adapters.sql.tokens import Token
from geo_dispatch.config import Settings
from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.kernel.actors import Role
from geo_dispatch.kernel.errors import Conflict, Fault, InvalidInput, NotFound
from geo_dispatch.services import tokens
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.tracking.phones import APPS, SetUp
from geo_dispatch.services.views import View


@dataclass(frozen=True, slots=True)
class Connection:
    """A phone's new key, and how each app is told of it.

    Attributes
    ----------
    url
        Where the phone sends to.
    keys
        Ids of the technician's other keys that are good.
    doubts
        Why the phone may not reach us, or not safely.
    """

    technician: Technician
    token: Token
    url: str
    keys: tuple[str, ...]
    doubts: tuple[str, ...]
    set_ups: tuple[SetUp, ...]


def connect(
    ctx: Desk,
    technician_id: str,
    *,
    url: str = "",
    rotate: bool = False,
) -> Connection:
    """Give a technician's phone a key of its own; the set-ups hold it, and nothing else does.

    Parameters
    ----------
    url
        Where phones reach us; empty: ``public_url`` of the settings.
    rotate
        The technician's other ingest keys are no longer good.

    Raises
    ------
    InvalidInput
        The technician is retired, or the URL is none.
    NotFound
        There is no such technician.
    """
    reached = checked_url(url or ctx.settings.public_url or _own(ctx.settings))
    with ctx.store.read() as unit:
        technician = unit.technicians.get(technician_id)
    token, secret = tokens.create(
        ctx, Role.INGEST, technician_id=technician.id, replacing_others=rotate
    )
    others = tuple(
        one.id
        for one in tokens.list_all(ctx)
        if one.technician_id == technician.id
        and one.role is Role.INGEST
        and one.revoked_at is None
        and one.id != token.id
    )
    set_ups = tuple(make(reached, secret, technician) for make in APPS.values())
    return Connection(technician, token, reached, others, doubts_of(reached), set_ups)


def connection_view(made: Connection) -> View:
    """The connection, each link as a QR code too."""
    return {
        "technician_id": made.technician.id,
        "token_id": made.token.id,
        "url": made.url,
        "other_token_ids": list(made.keys),
        "doubts": list(made.doubts),
        "set_ups": [
            {
                "app": one.app,
                "title": one.title,
                "link": one.link,
                "steps": list(one.steps),
                "profile": one.profile,
                "qr_svg": text_to_svg(one.link),
            }
            for one in made.set_ups
        ],
    }


def find(ctx: Desk, who: str) -> Technician:
    """The technician whom people mean by a call sign, an id or an external id.

    Raises
    ------
    NotFound, Conflict
        Nobody is called so; several are.
    """
    wanted = who.strip().casefold()
    with ctx.store.read() as unit:
        meant = unit.technicians.named(who.strip()) or [
            one for one in unit.technicians.list() if wanted and wanted in one.call_sign.casefold()
        ]
    if len(meant) > 1:
        raise Conflict(
            f"{who!r} may be any of {len(meant)} technicians; say which by its id",
            [Fault(one.id, one.call_sign) for one in meant],
        )
    if not meant:
        raise NotFound("technician", who, "give a call sign, as 'Van 07', an id or an external id")
    return meant[0]


def checked_url(url: str) -> str:
    """The URL without its last slash.

    Raises
    ------
    InvalidInput
        It is no URL of a web server.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise InvalidInput(
            f"{url!r} is not where phones can send to; give a URL like https://dispatch.example.com",
            [Fault("url", f"{url!r} is no http or https URL with a host, without ? and #")],
        )
    return url.rstrip("/")


def doubts_of(url: str) -> tuple[str, ...]:
    """Why phones may not reach this URL, or not safely; empty when there is no doubt."""
    parts = urlsplit(url)
    doubts = []
    if _is_loopback(parts.hostname or ""):
        doubts.append(
            f"{url} is this machine only: phones can't reach it; set public_url, or give --url"
        )
    if parts.scheme == "http":
        doubts.append(
            "over plain HTTP everybody on the way can read the key and where the phone is, and "
            "iPhones refuse to send; put a proxy with TLS in front"
        )
    return tuple(doubts)


def _is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def _own(settings: Settings) -> str:
    return f"http://{settings.host}:{settings.port}"
