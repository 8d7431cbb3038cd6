"""The jobs that technicians had in hand, as tracking needs them, in SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, LargeBinary, bindparam, or_, select, type_coerce

from geo_dispatch.adapters.sql.tables import assignments, sites, work_orders
from geo_dispatch.dispatch.work.orders import Arrival, Status
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import AssignmentId, OrderId, SiteId, TechnicianId


@dataclass(frozen=True, slots=True)
class Job:
    """An order in a technician's hands over some time, where it is, and how it stands.

    Attributes
    ----------
    sequence
        As it was given; ``order_sequence`` as it is now.
    fence
        The site's polygon, lon, lat, as WKB; None where it has a circle.
    current
        Whether it is the order's latest assignment.
    not_before
        When its work may begin; None any time.
    """

    id: AssignmentId
    order_id: OrderId
    site_id: SiteId
    assigned_at: datetime
    released_at: datetime | None
    sequence: int
    current: bool
    order_sequence: int
    status: Status
    status_at: datetime | None
    arrival: Arrival | None
    started_at: datetime | None
    not_before: datetime | None
    place: LonLat
    fence: bytes | None
    fence_radius_m: float


_OF, _OWN, _AT = assignments.c, work_orders.c, sites.c
_SINCE = (
    select(
        _OF.technician_id,
        _OF.id,
        _OF.order_id,
        _OWN.site_id,
        _OF.assigned_at,
        _OF.released_at,
        _OF.sequence,
        _OWN.assignment_id,
        _OWN.sequence.label("order_sequence"),
        _OWN.status,
        _OWN.status_at,
        _OWN.arrival,
        _OWN.started_at,
        _OWN.window_start,
        _OWN.start_at,
        _AT.lon,
        _AT.lat,
        type_coerce(_AT.fence, LargeBinary).label("wkb"),
        _AT.fence_radius_m,
    )
    .join(work_orders, _OWN.id == _OF.order_id)
    .join(sites, _AT.id == _OWN.site_id)
    .where(
        _OF.technician_id.in_(bindparam("whose", expanding=True)),
        or_(_OF.released_at.is_(None), _OF.released_at > bindparam("moment")),
    )
    .order_by(_OF.technician_id, _OF.assigned_at, _OF.id)
)


class Jobs:
    """Reads them for many technicians at once, and no more of each than is needed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def since(
        self, technician_ids: Collection[str], moment: datetime
    ) -> dict[TechnicianId, list[Job]]:
        """Those that had not ended by then, of each technician, oldest first."""
        asked = {"whose": sorted(technician_ids), "moment": moment}
        found: defaultdict[TechnicianId, list[Job]] = defaultdict(list)
        for row in self._connection.execute(_SINCE, asked):
            found[row.technician_id].append(
                Job(
                    row.id,
                    row.order_id,
                    row.site_id,
                    row.assigned_at,
                    row.released_at,
                    row.sequence,
                    current=row.assignment_id == row.id,
                    order_sequence=row.order_sequence,
                    status=row.status,
                    status_at=row.status_at,
                    arrival=row.arrival,
                    started_at=row.started_at,
                    not_before=max(filter(None, (row.window_start, row.start_at)), default=None),
                    place=LonLat(row.lon, row.lat),
                    fence=None if row.wkb is None else bytes(row.wkb),
                    fence_radius_m=row.fence_radius_m,
                )
            )
        return dict(found)

    def holders(
        self, site_ids: Collection[SiteId], order_ids: Collection[OrderId], moment: datetime
    ) -> dict[TechnicianId, datetime]:
        """Who had a job at one of the sites, or one of the orders, then or later, and since when.

        Of several the earliest counts.
        """
        wanted = or_(_OWN.site_id.in_(sorted(site_ids)), _OWN.id.in_(sorted(order_ids)))
        rows = self._connection.execute(
            select(_OF.technician_id, _OF.assigned_at)
            .join(work_orders, _OWN.id == _OF.order_id)
            .where(wanted, or_(_OF.released_at.is_(None), _OF.released_at > moment))
            .order_by(_OF.assigned_at.desc())
        )
        return {row.technician_id: row.assigned_at for row in rows}
