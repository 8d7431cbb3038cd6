"""The pages that people open: sign-in, the dispatcher's map, the technician's day, the API's docs.

A page holds no records: its script reads them from the API with the visitor's session. Whoever
has no session is sent to sign in, and whoever has another role to the page of that role.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.templating import Jinja2Templates

from api.auth import authenticate
from api.deps import State
from geo_dispatch.kernel.actors import Role
from geo_dispatch.kernel.errors import Unauthenticated
from geo_dispatch.services.live_map import live_map_parts

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_TEMPLATES: Final = Jinja2Templates(Path(__file__).parent.parent / "templates")

HOMES: Final = {Role.TECHNICIAN: "/t", Role.CLIENT: "/docs"}
"""Where a role's work is; for all others the map."""

_CSP: Final = (
    "default-src 'none'; script-src 'self'{nonce}; style-src 'self'{inline}; "
    "img-src 'self' data:; connect-src 'self'; font-src 'self'; manifest-src 'self'; "
    "worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


async def _role(request: Request) -> Role | None:
    try:
        return (await authenticate(request)).role
    except Unauthenticated:
        return None


Visitor = Annotated[Role | None, Depends(_role)]
"""The role of whoever opens the page; None without a session."""


@router.get("/", operation_id="page_home")
def home(visitor: Visitor) -> Response:
    """Send everybody to where their work is."""
    return RedirectResponse(_home(visitor) if visitor else "/sign-in", status_code=303)


@router.get("/sign-in", operation_id="page_sign_in")
def sign_in(request: Request, state: State, next: str = "", failed: str = "") -> Response:  # noqa: A002 - the name in the URL
    """Ask for a token."""
    settings = state.settings
    return _page(
        request, "sign_in.html", {"area": settings.area, "next": next, "failed": bool(failed)}
    )


@router.get("/map", operation_id="page_map")
def live_map(request: Request, state: State, visitor: Visitor) -> Response:
    """Show the dispatcher's live map."""
    if visitor is None or _home(visitor) != "/map":
        return _elsewhere(request, visitor)
    settings = state.settings
    return _page(
        request,
        "map.html",
        {
            "area": settings.area,
            "time_zone": settings.time_zone,
            "stale_s": settings.position_stale_s,
            "silent_s": settings.position_silent_s,
            "parts": live_map_parts(state.context),
        },
        nonce=secrets.token_urlsafe(16),
    )


@router.get("/t", operation_id="page_technician")
def technician(request: Request, state: State, visitor: Visitor) -> Response:
    """Show the technician's day."""
    if visitor is not Role.TECHNICIAN:
        return _elsewhere(request, visitor)
    settings = state.settings
    facts: dict[str, object] = {
        "time_zone": settings.time_zone,
        "stale_s": settings.position_stale_s,
    }
    return _page(request, "technician.html", facts)


@router.get("/docs", operation_id="page_docs")
def docs(request: Request) -> Response:
    """Show the API's documentation; Swagger UI styles itself inline."""
    return _page(request, "docs.html", {}, inline_styles=True)


def _home(role: Role) -> str:
    return HOMES.get(role, "/map")


def _elsewhere(request: Request, visitor: Role | None) -> Response:
    asked = quote(request.url.path, safe="")
    return RedirectResponse(
        _home(visitor) if visitor else f"/sign-in?next={asked}", status_code=303
    )


def _page(
    request: Request,
    template: str,
    context: dict[str, object],
    *,
    nonce: str = "",
    inline_styles: bool = False,
) -> Response:
    policy = _CSP.format(
        nonce=f" 'nonce-{nonce}'" if nonce else "",
        inline=" 'unsafe-inline'" if inline_styles else "",
    )
    return _TEMPLATES.TemplateResponse(
        request,
        template,
        {**context, "nonce": nonce},
        headers={"Content-Security-Policy": policy, "Cache-Control": "no-store"},
    )
