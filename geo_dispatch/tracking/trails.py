"""Trails for people to look at: pieces without a gap, fewer points, and where somebody stayed.

Thinning is by time and place together (TD-TR; Meratnia and de By, "Spatiotemporal compression
techniques for moving point objects", 2004): what is left out was, at its time, no further than the
tolerance from where the line between its neighbours puts it. So speeds and halts stay true.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.kernel.geo import LonLat, haversines_m, lonlat_to_local_m
from geo_dispatch.tracking.fixes import Fix
from geo_dispatch.tracking.plausibility import Trust, believe
from geo_dispatch.tracking.trips import Motion, move

GAP_MS: Final = 600_000
"""A pause of this length breaks a trail: nobody knows where the technician was."""

LONGEST_PIECE: Final = 5_000
"""Fixes in one piece, so that a trail of months needs no more memory than one of a day."""

STAY_MS: Final = 300_000
"""Who stands still for so long stays there."""


@dataclass(frozen=True, slots=True)
class Stay:
    """Somebody stood still at a place."""

    place: LonLat
    since_ms: int
    until_ms: int


def pieces(fixes: Iterable[Fix]) -> Iterator[list[Fix]]:
    """Believed fixes without a gap between them; the fixes come in the order of their keys.

    A piece longer than `LONGEST_PIECE` is cut, and goes on from its last fix.
    """
    trust = Trust()
    piece: list[Fix] = []
    for fix in fixes:
        trust, believed = believe(trust, fix)
        for one in believed:
            if piece and one.at_ms - piece[-1].at_ms > GAP_MS:
                yield piece
                piece = []
            piece.append(one)
            if len(piece) > LONGEST_PIECE:
                yield piece
                piece = [one]
    if piece:
        yield piece


def thinned(piece: Sequence[Fix], tolerance_m: float) -> list[Fix]:
    """The fixes of a piece that are needed to tell all the others within the tolerance.

    Parameters
    ----------
    tolerance_m
        0 leaves all.
    """
    if tolerance_m <= 0 or len(piece) <= 2:  # noqa: PLR2004 - both ends stay
        return list(piece)
    local_m = lonlat_to_local_m(lonlats_of(piece), piece[0].place)
    at_ms = np.array([fix.at_ms for fix in piece], dtype=np.float64)
    kept = np.zeros(len(piece), dtype=np.bool_)
    kept[0] = kept[-1] = True
    waiting = [(0, len(piece) - 1)]
    while waiting:
        first, last = waiting.pop()
        if last - first <= 1:
            continue
        off_m = _off_the_line_m(local_m[first : last + 1], at_ms[first : last + 1])
        worst = int(np.argmax(off_m))
        if off_m[worst] > tolerance_m:
            kept[first + worst] = True
            waiting += [(first, first + worst), (first + worst, last)]
    return [fix for fix, keep in zip(piece, kept, strict=True) if keep]


def stays(piece: Sequence[Fix]) -> list[Stay]:
    """Where somebody stood still within a piece, by the rule of trips."""
    found: list[Stay] = []
    motion: Motion | None = None
    for fix in piece:
        before, motion = motion, move(motion, fix)
        if before is not None and not before.moving and motion.moving:
            found.append(Stay(before.anchor.place, before.since_ms, motion.since_ms))
    if motion is not None and not motion.moving:
        found.append(Stay(motion.anchor.place, motion.since_ms, motion.near_ms))
    return [stay for stay in found if stay.until_ms - stay.since_ms >= STAY_MS]


def length_m(piece: Sequence[Fix]) -> float:
    """From fix to fix, metres; jitter counts."""
    lonlats = lonlats_of(piece)
    return float(haversines_m(lonlats[:-1], lonlats[1:]).sum())


def lonlats_of(fixes: Sequence[Fix]) -> NDArray[np.float64]:
    """Their places, shape (n, 2)."""
    return np.array([fix.place for fix in fixes], dtype=np.float64).reshape(-1, 2)


def _off_the_line_m(
    local_m: NDArray[np.float64], at_ms: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How far each is from where the line from first to last puts it at its time."""
    lasts = at_ms[-1] - at_ms[0]
    share = (at_ms - at_ms[0]) / lasts if lasts > 0 else np.zeros(len(at_ms))
    straight = local_m[0] + share[:, None] * (local_m[-1] - local_m[0])
    off_m: NDArray[np.float64] = np.hypot(*(local_m - straight).T)
    off_m[0] = off_m[-1] = 0.0
    return off_m
