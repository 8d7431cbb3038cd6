"""How much a last position is worth by its age."""

from __future__ import annotations

from enum import StrEnum


class Freshness(StrEnum):
    """Whether a position tells where somebody is, or only where they were."""

    LIVE = "live"
    STALE = "stale"
    SILENT = "silent"


def freshness(age_s: float, *, stale_s: float, silent_s: float) -> Freshness:
    """What a position of that age is; one from a clock that runs ahead is live.

    Parameters
    ----------
    stale_s, silent_s
        Older positions are stale, and those of somebody who is silent.
    """
    if age_s > silent_s:
        return Freshness.SILENT
    return Freshness.STALE if age_s > stale_s else Freshness.LIVE
