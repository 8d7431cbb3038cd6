"""Processes of a deployment that tests start, kill and start again."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geo_dispatch.config import Settings, child_environment

ROOT = Path(__file__).parents[2]


class Process:
    """``python -m module arguments`` with the settings; its output in a log file."""

    def __init__(self, settings: Settings, module: str, *arguments: object) -> None:
        self.command = [sys.executable, "-m", module, *map(str, arguments)]
        self.log = settings.data_dir / f"{module}.log"
        self._environment = {**os.environ, **child_environment(settings)}
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                self.command, cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )

    @property
    def has_ended(self) -> bool:
        """Whether it runs no longer."""
        return self.child.poll() is not None

    def kill(self) -> None:
        self.child.send_signal(signal.SIGKILL)
        self.child.wait(timeout=10)

    def restart(self) -> None:
        self.kill()
        self.start()

    def end(self, within_s: float = 10.0) -> int:
        self.child.terminate()
        return self.child.wait(timeout=within_s)


@contextmanager
def process(settings: Settings, module: str, *arguments: object) -> Iterator[Process]:
    """One that ends with the block, whatever happens."""
    started = Process(settings, module, *arguments)
    try:
        yield started
    finally:
        started.kill()
