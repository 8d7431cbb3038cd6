"""Which sites lie around a site, in SQL: by the cells of the index, never by looking at all."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, LargeBinary, select, type_coerce

from geo_dispatch.adapters.sql import tables
from geo_dispatch.kernel.cells import lonlat_to_cell, ring
from geo_dispatch.kernel.geo import LonLat, haversine_m
from geo_dispatch.kernel.ids import SiteId


@dataclass(frozen=True, slots=True)
class SiteNear:
    """A site near another; ``fence`` is its polygon as WKB, None where it has a circle."""

    id: SiteId
    place: LonLat
    fence: bytes | None
    fence_radius_m: float


class SitesNear:
    """Reads them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def within(self, site_ids: Collection[SiteId], metres: float) -> dict[SiteId, list[SiteNear]]:
        """The other sites in use within that many metres of each, by id; up to 150 m.

        Sites that have none are left out.
        """
        columns = tables.sites.c
        own = self._connection.execute(
            select(columns.id, columns.lon, columns.lat, columns.cell).where(
                columns.id.in_(sorted(site_ids))
            )
        ).all()
        cells = {cell for row in own for k in (0, 1) for cell in ring(row.cell, k)}
        around = [
            SiteNear(row.id, LonLat(row.lon, row.lat), row.fence, row.fence_radius_m)
            for row in self._connection.execute(
                select(
                    columns.id,
                    columns.lon,
                    columns.lat,
                    type_coerce(columns.fence, LargeBinary).label("fence"),
                    columns.fence_radius_m,
                )
                .where(columns.cell.in_(sorted(cells)), columns.retired.is_(False))
                .order_by(columns.id)
            )
        ]
        found = {
            row.id: [
                one
                for one in around
                if one.id != row.id and haversine_m(one.place, LonLat(row.lon, row.lat)) <= metres
            ]
            for row in own
        }
        return {site_id: near for site_id, near in found.items() if near}

    def around(self, places: Collection[LonLat], metres: float) -> set[SiteId]:
        """The sites in use within that many metres of any of the places; up to 150 m."""
        columns = tables.sites.c
        cells = {
            cell for place in places for k in (0, 1) for cell in ring(lonlat_to_cell(place), k)
        }
        rows = self._connection.execute(
            select(columns.id, columns.lon, columns.lat).where(
                columns.cell.in_(sorted(cells)), columns.retired.is_(False)
            )
        )
        return {
            row.id
            for row in rows
            if any(haversine_m(place, LonLat(row.lon, row.lat)) <= metres for place in places)
        }
