"""What keeps a visit where it is: what the board shows as fixed, and what refuses to move it."""

from __future__ import annotations

from typing import Final

from geo_dispatch.dispatch.ranking.exclusions import Code, Exclusion
from geo_dispatch.dispatch.work.orders import OPEN, Status, WorkOrder

_FIXED: Final = {
    Status.EN_ROUTE: Exclusion(
        Code.ON_THE_WAY, "the technician is on the way", "the technician called back"
    ),
    Status.ON_SITE: Exclusion(Code.AT_WORK, "the technician is there"),
    Status.ON_THE_TOOLS: Exclusion(Code.AT_WORK, "the technician is there"),
}
_PINNED: Final = Exclusion(Code.PINNED, "pinned by a person", "the visit unpinned")


def fixed_by(order: WorkOrder) -> Exclusion | None:
    """What keeps the visit where it is; None when anybody may move it.

    Whoever asked for help may be relieved of it at any time.
    """
    if order.status in _FIXED:
        return _FIXED[order.status]
    return _PINNED if order.pinned and order.status in OPEN else None
