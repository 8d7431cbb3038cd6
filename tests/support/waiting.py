"""Waiting for a condition, with a bound; tests never just sleep."""

import time
from collections.abc import Callable


def until(condition: Callable[[], object], timeout_s: float, what: str):
    """Poll until the condition is truthy and return its value, or fail saying what never came."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout_s} s in vain for {what}")
        time.sleep(0.01)
