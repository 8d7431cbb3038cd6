"""Ending on request: Ctrl-C, SIGTERM and the closing of a terminal all clean up the same way."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from geo_dispatch.cli.console import say

ENDING_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def until_signal() -> Iterator[None]:
    """Let SIGINT, SIGTERM or SIGHUP end the block; further ones can't break its cleaning up."""

    def end(_signal: int, _frame: FrameType | None) -> None:
        for one in ENDING_SIGNALS:
            signal.signal(one, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {one: signal.signal(one, end) for one in ENDING_SIGNALS}
    try:
        yield
    except KeyboardInterrupt:
        say("stopped")
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
