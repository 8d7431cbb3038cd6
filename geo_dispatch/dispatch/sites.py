"""Customers, and the sites where their work is done."""

from __future__ import annotations

from dataclasses import dataclass

import shapely

from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import CustomerId, SiteId, TerritoryId

DEFAULT_FENCE_RADIUS_M = 60.0


@dataclass(frozen=True, slots=True)
class Customer:
    """Whoever orders the work."""

    id: CustomerId
    name: str
    tier: str = "standard"
    phone: str = ""
    email: str = ""
    notes: str = ""
    external_id: str | None = None
    retired: bool = False
    version: int = 1


@dataclass(frozen=True, slots=True)
class Site:
    """A place where work is done, and the fence that confirms arrivals.

    Attributes
    ----------
    location
        The entrance, or the middle of the building.
    cell
        H3 cell of the location at the index resolution.
    fence
        Polygon of the parcel, lon, lat; None means the circle of ``fence_radius_m``.
    territory_id
        The published territory that it lies in; None outside all.
    """

    id: SiteId
    name: str
    location: LonLat
    cell: int
    customer_id: CustomerId | None = None
    address: str = ""
    fence: shapely.Polygon | shapely.MultiPolygon | None = None
    fence_radius_m: float = DEFAULT_FENCE_RADIUS_M
    access_notes: str = ""
    territory_id: TerritoryId | None = None
    external_id: str | None = None
    retired: bool = False
    version: int = 1
