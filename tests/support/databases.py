"""Real databases for tests: SQLite files, and PostgreSQL where a server is installed."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from geo_dispatch.adapters.sql.store import Store
from tests.support.waiting import until

_INSTALLED = Path("/usr/lib/postgresql")
_HOW = "for example by `apt-get install postgresql` and `pip install 'geo-dispatch[postgresql]'`"


@contextmanager
def sqlite_store(folder: Path) -> Iterator[Store]:
    """An empty store of this version in the folder."""
    store = Store(f"sqlite:///{folder / 'records.db'}")
    store.migrate()
    try:
        yield store
    finally:
        store.close()


def postgresql_binary(name: str) -> Path:
    """A program of the PostgreSQL server; skips the test where it is not installed."""
    found = shutil.which(name)
    newest = sorted(_INSTALLED.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    if found is None and not newest:
        pytest.skip(f"no {name} on this machine; install it, {_HOW}")
    if find_spec("psycopg") is None:
        pytest.skip(f"no psycopg in this environment; install it, {_HOW}")
    return newest[-1] if newest else Path(found or "")


@contextmanager
def postgresql_server(folder: Path) -> Iterator[str]:
    """A PostgreSQL server of our own on loopback, with its data in the folder; yields its URL.

    The server refuses to run as root, so root starts it as the user whom Debian's package makes.
    """
    initdb, postgres = postgresql_binary("initdb"), postgresql_binary("postgres")
    account = {"user": "postgres", "group": "postgres"} if os.getuid() == 0 else {}
    data = folder / "data"
    data.mkdir(parents=True)
    if account:
        _open_to(data, **account)
    subprocess.run(
        [initdb, "-D", data, "-U", "test", "-A", "trust", "--no-sync", "-E", "UTF8"],
        check=True,
        capture_output=True,
        timeout=120,
        cwd="/",
        **account,
    )
    port = free_port()
    options = f"-p {port} -h 127.0.0.1 -k  -c fsync=off -c max_connections=60".split(" ")
    with subprocess.Popen(
        [postgres, "-D", data, *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        **account,
    ) as server:
        try:
            until(lambda: _answers(port), 60, "PostgreSQL to listen")
            yield f"postgresql+psycopg://test@127.0.0.1:{port}"
        finally:
            server.send_signal(signal.SIGINT)  # whoever is still connected is sent away
            server.wait(timeout=30)


def create_database(server: str, name: str, template: str = "template1") -> None:
    """Make a database on the server, as a copy of one that nobody uses now."""
    admin = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
    admin.dispose()


def _open_to(data: Path, user: str, group: str) -> None:
    """Give the folder to the user, who may pass through those above it."""
    shutil.chown(data, user, group)
    for parent in data.parents:
        if parent.is_relative_to(tempfile.gettempdir()) and parent != Path(tempfile.gettempdir()):
            parent.chmod(parent.stat().st_mode | stat.S_IXOTH)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _answers(port: int) -> bool:
    import psycopg  # noqa: PLC0415 - only where it is installed

    try:
        psycopg.connect(f"host=127.0.0.1 port={port} user=test dbname=postgres").close()
    except psycopg.OperationalError:
        return False
    return True
