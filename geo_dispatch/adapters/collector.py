"""The garbage collector of processes that live long and answer quickly."""

from __future__ import annotations

import gc
from typing import Final

_YOUNG_OBJECTS: Final = 20_000
"""A batch of pings makes more than the usual 700, all of which are gone with its answer."""


def spare_collector() -> None:
    """Let the garbage collector pass over what lives as long as the process.

    Each of its full rounds looks at a million objects of code, tables and maps: a third of the CPU
    of pings, and in the worker a tenth of a second in which nothing else is done.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS)
