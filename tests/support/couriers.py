"""A courier beside an API, as the worker runs it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from geo_dispatch.services.desk import Desk
from geo_dispatch.services.messages.courier import Courier


@contextmanager
def carrying(desk: Desk, timeout_s: float = 2.0) -> Iterator[None]:
    """Messages are carried to webhooks until the block ends."""
    stopping = threading.Event()
    thread = threading.Thread(target=Courier(desk, "test", stopping, timeout_s=timeout_s).run)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(10)
        assert not thread.is_alive()
