"""What this machine has, what it lacks, and how to get it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Final, Literal

from geo_dispatch.adapters.redis_server import find_redis_server
from geo_dispatch.config import Settings
from geo_dispatch.kernel.errors import GeoDispatchError
from geo_dispatch.services.deployment import free_port, require_graph

MIN_PYTHON: Final = (3, 11)
PYTHON_LIMIT: Final = (3, 14)
MIN_SQLITE: Final = (3, 35)
"""RETURNING came with it."""

_CHROMIUMS: Final = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at.

    Attributes
    ----------
    state
        ``"wanted"``: only some uses need it; ``"missing"``: nothing runs without it.
    remedy
        How to get it; empty when it is there.
    """

    thing: str
    state: Literal["ok", "wanted", "missing"]
    found: str
    remedy: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Look at everything; changes nothing."""
    return [look(settings) for look in _LOOKS]


def is_well(findings: list[Finding]) -> bool:
    """Whether nothing is missing that everything needs."""
    return all(finding.state != "missing" for finding in findings)


def _python(_: Settings) -> Finding:
    version = sys.version.split()[0]
    if MIN_PYTHON <= sys.version_info[:2] < PYTHON_LIMIT:
        return Finding("Python", "ok", version)
    return Finding("Python", "missing", version, "use Python 3.11, 3.12 or 3.13")


def _sqlite(settings: Settings) -> Finding:
    if settings.database_url:
        return Finding("database", "ok", settings.database_url.partition(":")[0])
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info >= MIN_SQLITE:
        return Finding("database", "ok", f"SQLite {version}")
    return Finding("database", "missing", f"SQLite {version}", "use a Python with SQLite >= 3.35")


def _redis(settings: Settings) -> Finding:
    if settings.redis_url:
        return Finding("Redis", "ok", "given by redis_url")
    try:
        return Finding("Redis", "ok", str(find_redis_server()))
    except GeoDispatchError as error:
        return Finding("Redis", "missing", "none >= 6.2", error.message)


def _web_assets(_: Settings) -> Finding:
    vendor = files("api").joinpath("static", "vendor")
    if vendor.is_dir() and any(True for _ in vendor.iterdir()):
        return Finding("web assets", "ok", "built in")
    return Finding(
        "web assets", "missing", "none", "install again with pip: the build fetches them by npm"
    )


def _npm(_: Settings) -> Finding:
    npm = shutil.which("npm")
    if npm:
        return Finding("npm", "ok", npm)
    return Finding(
        "npm", "wanted", "none", "only installs from source use it; pip then fetches its own"
    )


def _chromium(_: Settings) -> Finding:
    found = next(filter(None, map(shutil.which, _CHROMIUMS)), None)
    if found:
        return Finding("Chromium", "ok", found)
    return Finding(
        "Chromium",
        "wanted",
        "none on PATH",
        "only the page tests use it: apt-get install chromium, or python -m playwright install "
        "chromium",
    )


def _graph(settings: Settings) -> Finding:
    try:
        require_graph(settings)
    except GeoDispatchError as error:
        extracts = sorted(settings.recipe_dir.glob("*.osm.pbf"))
        remedy = error.message.replace("SOURCE", str(extracts[0])) if extracts else error.message
        return Finding("road graph", "wanted", "not built", f"{remedy} (the demo builds its own)")
    return Finding("road graph", "ok", str(settings.compiled_dir))


def _data(settings: Settings) -> Finding:
    folder = settings.data_dir
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return Finding("data folder", "ok", str(folder))
    return Finding(
        "data folder", "missing", f"{there} is not writable", "set GEO_DISPATCH_DATA to one that is"
    )


def _port(settings: Settings) -> Finding:
    try:
        free_port(settings.host, settings.port)
    except GeoDispatchError as error:
        return Finding("port", "wanted", f"{settings.port} is taken", error.message)
    return Finding("port", "ok", f"{settings.host}:{settings.port}")


_LOOKS: Final[tuple[Callable[[Settings], Finding], ...]] = (
    _python, _sqlite, _redis, _web_assets, _npm, _chromium, _graph, _data, _port,
)  # fmt: skip
