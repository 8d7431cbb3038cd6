"""Customers, and the sites where their work is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypedDict

import shapely

from geo_dispatch.dispatch.records.hours import Hours, hours_faults
from geo_dispatch.kernel.errors import Fault, InvalidPosition
from geo_dispatch.kernel.geo import LonLat, checked_lonlat, haversine_m
from geo_dispatch.kernel.ids import CustomerId, SiteId, TechnicianId, TerritoryId

DEFAULT_FENCE_RADIUS_M: Final = 60.0
MAX_FENCE_RADIUS_M: Final = 5000.0
MAX_FENCE_CORNERS: Final = 2000
"""Every fix near the site is held against each of them."""
MAX_FENCE_REACH_M: Final = 50_000.0
"""Beyond this a corner is a mistake: swapped coordinates, another site's outline."""


@dataclass(frozen=True, slots=True)
class Customer:
    """Whoever orders the work.

    Attributes
    ----------
    tier
        Of their contract; SLA policies and rules ask for it.
    preferred_technician_id
        Whom they like to see.
    """

    id: CustomerId
    name: str
    tier: str = "standard"
    phone: str = ""
    email: str = ""
    notes: str = ""
    preferred_technician_id: TechnicianId | None = None
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
    access_windows
        When anybody is let in; none means always.
    safety_notes
        What to beware of there.
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
    access_windows: tuple[Hours, ...] = ()
    safety_notes: str = ""
    territory_id: TerritoryId | None = None
    external_id: str | None = None
    retired: bool = False
    version: int = 1


class CustomerFields(TypedDict, total=False):
    """The fields of a customer that people set; on a change, those left out stay."""

    name: str
    tier: str
    phone: str
    email: str
    notes: str
    preferred_technician_id: TechnicianId | None
    external_id: str | None


class SiteFields(TypedDict, total=False):
    """The fields of a site that people set; on a change, those left out stay."""

    name: str
    location: LonLat
    customer_id: CustomerId | None
    address: str
    fence: shapely.Polygon | shapely.MultiPolygon | None
    fence_radius_m: float
    access_notes: str
    access_windows: tuple[Hours, ...]
    safety_notes: str
    external_id: str | None


def customer_faults(customer: Customer) -> list[Fault]:
    """Everything wrong with what is said of the customer."""
    return [] if customer.name.strip() else [Fault("name", "is empty; say who it is")]


def site_faults(site: Site) -> list[Fault]:
    """Everything wrong with what is said of the site."""
    faults = []
    if not site.name.strip():
        faults.append(Fault("name", "is empty; say what people call the site"))
    try:
        checked_lonlat(*site.location, where="location")
    except InvalidPosition as error:
        faults.extend(error.faults)
    faults.extend(hours_faults(site.access_windows, "access_windows"))
    if not 0 < site.fence_radius_m <= MAX_FENCE_RADIUS_M:
        faults.append(
            Fault(
                "fence_radius_m",
                f"{site.fence_radius_m:g} is not above 0 and up to {MAX_FENCE_RADIUS_M:g} m",
            )
        )
    if site.fence is not None:
        faults.extend(_fence_faults(site.fence, site.location))
    return faults


def _fence_faults(fence: shapely.Polygon | shapely.MultiPolygon, location: LonLat) -> list[Fault]:
    if fence.is_empty:
        return [Fault("fence", "is empty; draw an area, or leave it out for a circle")]
    corners = int(shapely.get_num_coordinates(fence))
    if corners > MAX_FENCE_CORNERS:
        return [
            Fault("fence", f"has {corners} corners, more than {MAX_FENCE_CORNERS}; simplify it")
        ]
    if not fence.is_valid:
        reason = shapely.is_valid_reason(fence)
        return [Fault("fence", f"is not a simple area: {reason}; redraw it without crossings")]
    west, south, east, north = fence.bounds
    try:
        checked_lonlat(west, south, where="fence")
        checked_lonlat(east, north, where="fence")
    except InvalidPosition as error:
        return list(error.faults)
    reach_m = max(
        haversine_m(location, LonLat(*corner)) for corner in ((west, south), (east, north))
    )
    if reach_m > MAX_FENCE_REACH_M:
        return [
            Fault(
                "fence",
                f"reaches {reach_m / 1000:.0f} km from the location, more than "
                f"{MAX_FENCE_REACH_M / 1000:.0f}; draw it around the site, longitude first",
            )
        ]
    return []
