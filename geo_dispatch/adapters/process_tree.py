"""Child processes that start in order, come back when they die, and end together.

Each program is a Python module run under `geo_dispatch.adapters.guarded`, so that it also ends
when this process is killed. Programs get a session of their own: Ctrl-C in the terminal reaches
only us, and we end them in our order.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Final, Self

from geo_dispatch.kernel.errors import Unavailable

POLL_S: Final = 0.05
KEPT_LINES: Final = 20
"""Last lines of output that an error quotes from."""


@dataclass(frozen=True, slots=True)
class Program:
    """A module to run as a process.

    Attributes
    ----------
    is_ready
        Asked until it says yes before the next program starts.
    """

    name: str
    module: str
    arguments: tuple[str, ...] = ()
    is_ready: Callable[[], bool] = lambda: True


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for programs.

    Attributes
    ----------
    ready_s
        Until a program that just started is ready.
    stop_s
        From the request to end until it is forced.
    settled_s
        A program that ran this long is healthy: its next death counts as the first.
    deaths
        After so many deaths in a row the tree gives up.
    """

    ready_s: float = 60.0
    stop_s: float = 1.8
    settled_s: float = 30.0
    deaths: int = 5
    first_pause_s: float = 0.25
    longest_pause_s: float = 8.0


@dataclass(slots=True)
class _Child:
    program: Program
    process: subprocess.Popen[str]
    started: float
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT_LINES))
    deaths: int = 0
    restart_at: float | None = None

    def last_words(self) -> str:
        said = [line for line in self.lines if line.strip()]
        return f"; it last said: {said[-1].strip()}" if said else ""


class ProcessTree:
    """The programs, running; use it as a context manager.

    Parameters
    ----------
    environment
        The whole environment of the programs.
    say
        Takes each line that they print, with the program's name; called from threads.
    """

    def __init__(
        self,
        programs: Sequence[Program],
        environment: Mapping[str, str],
        say: Callable[[str, str], None],
        patience: Patience | None = None,
    ) -> None:
        self._programs = tuple(programs)
        self._environment = dict(environment)
        self._say = say
        self._patience = patience or Patience()
        self._children: list[_Child] = []
        self._readers: list[threading.Thread] = []
        self._stopping = threading.Event()
        self._failure: Unavailable | None = None
        self._keeper: threading.Thread | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the programs in order, each when the one before is ready.

        Raises
        ------
        Unavailable
            A program ended, or was not ready in time; the message quotes what it said last.
        """
        for program in self._programs:
            child = _Child(program, *self._spawn(program))
            self._children.append(child)
            self._follow(child)
            self._await_ready(child)
        self._keeper = threading.Thread(target=self._keep, name="process-tree", daemon=True)
        self._keeper.start()

    def pids(self) -> dict[str, int]:
        """Process ids by the program's name."""
        return {child.program.name: child.process.pid for child in self._children}

    def check(self) -> None:
        """Raise `Unavailable` if a program died too often to go on."""
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """End all programs, the last started first, by force if they don't leave in time."""
        self._stopping.set()
        if self._keeper is not None:
            self._keeper.join()
        for child in reversed(self._children):
            child.process.terminate()
        deadline = time.monotonic() + self._patience.stop_s
        for child in self._children:
            try:
                child.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
        for child in self._children:
            _close(child.process.stdin)
        for reader in self._readers:
            reader.join(0.5)
        self._children.clear()

    def _spawn(self, program: Program) -> tuple[subprocess.Popen[str], float]:
        process = subprocess.Popen(
            [
                sys.executable, "-m", "geo_dispatch.adapters.guarded",
                program.module, *program.arguments,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._environment,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )  # fmt: skip
        return process, time.monotonic()

    def _follow(self, child: _Child) -> None:
        reader = threading.Thread(target=self._read, args=(child, child.process), daemon=True)
        reader.start()
        self._readers.append(reader)

    def _read(self, child: _Child, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout as output:
            for line in output:
                child.lines.append(line)
                # a terminal that closed or a disk that is full: reading must go on, or the
                # program's next line ends it
                with suppress(OSError, ValueError):
                    self._say(child.program.name, line.rstrip("\n"))

    def _await_ready(self, child: _Child) -> None:
        deadline = time.monotonic() + self._patience.ready_s
        while not child.program.is_ready():
            status = child.process.poll()
            if status is not None:
                self._readers[-1].join(1.0)
                raise Unavailable(
                    f"the {child.program.name} ended with status {status} while starting"
                    + child.last_words()
                )
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"the {child.program.name} was not ready within "
                    f"{self._patience.ready_s:g} s" + child.last_words()
                )
            self._stopping.wait(POLL_S)

    def _keep(self) -> None:
        while not self._stopping.wait(POLL_S):
            for child in self._children:
                self._tend(child)

    def _tend(self, child: _Child) -> None:
        now = time.monotonic()
        if child.restart_at is not None:
            if now >= child.restart_at:
                child.restart_at = None
                child.process, child.started = self._spawn(child.program)
                self._follow(child)
            return
        status = child.process.poll()
        if status is None or self._failure is not None:
            return
        _close(child.process.stdin)
        lasted = now - child.started >= self._patience.settled_s
        child.deaths = 1 if lasted else child.deaths + 1
        if child.deaths >= self._patience.deaths:
            self._failure = Unavailable(
                f"the {child.program.name} died {child.deaths} times in a row, last with "
                f"status {status}" + child.last_words()
            )
            return
        pause = self._patience.first_pause_s * 2 ** (child.deaths - 1)
        child.restart_at = now + min(pause, self._patience.longest_pause_s)
        self._say(child.program.name, f"died with status {status}; starts again")


def _close(pipe: IO[str] | None) -> None:
    if pipe is not None:
        pipe.close()
