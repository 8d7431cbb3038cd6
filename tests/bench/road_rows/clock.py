"""CPU time of ours and of peers, one after the other in each round, so that both see the same."""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable, Mapping

Call = Callable[[], object]
Ready = Callable[[], Call]
"""What makes a call ready, untimed, before each run of it."""

SLOW_S = 3.0
"""What takes longer is run once."""


def cpu_s() -> float:
    """Of this process and all its children that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def interleaved(
    calls: Mapping[str, Ready],
    runs: int,
    clock: Callable[[], float] = cpu_s,
    slow_s: float = SLOW_S,
) -> dict[str, float]:
    """Median seconds of each call, after one run of each that warms up.

    What a call makes is given up after the clock was read.
    """
    taken: dict[str, list[float]] = {}
    for name, ready in calls.items():
        taken[name] = [_seconds(ready, clock)]
    quick = [name for name, seconds in taken.items() if seconds[0] < slow_s]
    for name in quick:
        taken[name].clear()
    for _ in range(runs):
        for name in quick:
            taken[name].append(_seconds(calls[name], clock))
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def _seconds(ready: Ready, clock: Callable[[], float]) -> float:
    call = ready()
    start = clock()
    made = call()
    taken = clock() - start
    del made
    return taken
