"""How the work is spread over territories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.kernel.ids import TerritoryId
from geo_dispatch.kernel.units import UNREACHABLE_MS
from geo_dispatch.territory.model import Territory

_MS_PER_MIN = 60_000


@dataclass(frozen=True, slots=True)
class Load:
    """The work in one territory.

    Attributes
    ----------
    territory_id
        None: the work outside all territories.
    drive_min
        Driving of the reachable visits.
    unreachable
        Visits that no road leads to from the middle of the territory's work.
    """

    territory_id: TerritoryId | None
    name: str
    visits: int
    work_min: float
    drive_min: float
    unreachable: int = 0

    @property
    def total_min(self) -> float:
        """Minutes of work and driving."""
        return self.work_min + self.drive_min


@dataclass(frozen=True, slots=True)
class Spread:
    """How even the loads are; 1 and 1 when all are equal.

    Attributes
    ----------
    max_to_mean, min_to_mean
        The largest and the smallest load as a share of the average one.
    sd_min
        Standard deviation, minutes.
    """

    max_to_mean: float
    min_to_mean: float
    sd_min: float


def median_drives_ms(
    matrix_ms: NDArray[np.int32], owners: Sequence[TerritoryId | None]
) -> NDArray[np.int32]:
    """Drive time to each visit from the middle of its territory's work.

    The middle is the visit with the smallest sum of drive times to the others of its territory:
    where a planner would base the technician.

    Parameters
    ----------
    matrix_ms
        (n, n) int32 between the visits, `UNREACHABLE_MS` where there is no way.
    owners
        Territory of each visit.

    Returns
    -------
    NDArray
        (n,) int32 milliseconds; 0 for visits outside all territories.
    """
    drives = np.zeros(len(owners), dtype=np.int32)
    for owner in {owner for owner in owners if owner is not None}:
        rows = np.array([n for n, o in enumerate(owners) if o == owner])
        among = matrix_ms[np.ix_(rows, rows)]
        middle = int(among.sum(axis=1, dtype=np.int64).argmin())
        drives[rows] = among[middle]
    return drives


def loads(
    territories: Sequence[Territory],
    owners: Sequence[TerritoryId | None],
    work_min: NDArray[np.float64],
    drive_ms: NDArray[np.int32],
) -> list[Load]:
    """The load of each territory, in their order; one more, if any, for work outside them all.

    Parameters
    ----------
    owners, work_min, drive_ms
        One value per visit: (n,) each.
    """
    keys: list[tuple[TerritoryId | None, str]] = [(t.id, t.name) for t in territories]
    if None in owners:
        keys.append((None, ""))
    held = np.array([str(owner or "") for owner in owners])
    reachable = drive_ms < UNREACHABLE_MS
    found = []
    for owner, name in keys:
        mine = held == str(owner or "")
        found.append(
            Load(
                territory_id=owner,
                name=name,
                visits=int(mine.sum()),
                work_min=float(work_min[mine].sum()),
                drive_min=float(drive_ms[mine & reachable].sum(dtype=np.int64)) / _MS_PER_MIN,
                unreachable=int((mine & ~reachable).sum()),
            )
        )
    return found


def spread(found: Sequence[Load]) -> Spread:
    """How even the loads of the territories are; work outside them is left out."""
    totals = np.array([load.total_min for load in found if load.territory_id is not None])
    if not totals.any():
        return Spread(1.0, 1.0, 0.0)
    mean = totals.mean()
    return Spread(float(totals.max() / mean), float(totals.min() / mean), float(totals.std()))
