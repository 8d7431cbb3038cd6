"""APIs in processes of their own, forked from one that has imported all that they need.

Starting Python and importing the libraries costs seconds of CPU; a test that kills many APIs
would mostly wait for that.
"""

import asyncio
import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from geo_dispatch.config import Settings

_FORKS: Final = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["api.__main__", __name__])


class Forked:
    """An API that runs; what it says is in a log file."""

    def __init__(self, settings: Settings) -> None:
        self.log = settings.data_dir / "api.log"
        self._child = _FORKS.Process(target=_serve, args=(settings, self.log), daemon=True)
        self._child.start()

    @property
    def has_ended(self) -> bool:
        """Whether it runs no longer."""
        return not self._child.is_alive()

    def kill(self) -> None:
        """End it without warning."""
        self._child.kill()
        self._child.join(10)


@contextmanager
def forked_api(settings: Settings) -> Iterator[Forked]:
    """One that ends with the block, whatever happens."""
    api = Forked(settings)
    try:
        yield api
    finally:
        api.kill()


def _serve(settings: Settings, log: Path) -> None:
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    from api.__main__ import server_for  # noqa: PLC0415 - the parent needs none of it

    asyncio.run(server_for(settings).serve())
