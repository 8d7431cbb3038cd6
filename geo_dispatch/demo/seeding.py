"""Enter the demo's technicians, customers and sites through the public API."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from geo_dispatch.demo.client import Api, Json
from geo_dispatch.demo.seeds import Seeds, SiteSeed, TechnicianSeed
from geo_dispatch.kernel.geo import LonLat

VISITING = "Phone 01"
"""Call sign that waits for a real phone when the demo runs in real time."""


@dataclass(frozen=True, slots=True)
class Entered:
    """Ids of what was entered, in the order of the seeds."""

    technicians: tuple[str, ...]
    sites: tuple[str, ...]
    customers: tuple[str, ...]
    visitor: str | None


def working_hours(now: datetime, zone: ZoneInfo, *, real_time: bool) -> tuple[time, time]:
    """When everybody works: a day from 07:30, or around now if the demo runs in real time."""
    if not real_time:
        return time(7, 30), time(17, 30)
    local = now.astimezone(zone).replace(minute=0, second=0, microsecond=0)
    return (local - timedelta(hours=1)).time(), (local + timedelta(hours=10)).time()


def enter(
    api: Api,
    seeds: Seeds,
    hours: tuple[time, time],
    tell: Callable[[str, int, int], None],
    *,
    with_visitor: bool,
) -> Entered:
    """Enter everything; ``tell`` hears how far it is."""
    published = api.get("/v1/territories")["features"]
    territories = {one["properties"]["name"]: one["id"] for one in published}
    total = len(seeds.technicians) + len(seeds.sites)
    technicians = []
    for technician in seeds.technicians:
        body = _technician(technician, hours, territories.get(technician.territory))
        technicians.append(api.post("/v1/technicians", body)["id"])
        tell("entering technicians and sites", len(technicians), total)
    sites, customers = [], []
    for site in seeds.sites:
        customer = api.post("/v1/customers", {"name": site.customer})
        customers.append(customer["id"])
        sites.append(api.post("/v1/sites", _site(site, customer["id"]))["id"])
        tell("entering technicians and sites", len(technicians) + len(sites), total)
    visitor = None
    if with_visitor:
        everything = {name: 3 for one in seeds.technicians for name in one.skills}
        home = seeds.technicians[0].home
        guest = TechnicianSeed(VISITING, "", home, "On foot", everything)
        visitor = api.post("/v1/technicians", _technician(guest, hours, None))["id"]
    return Entered(tuple(technicians), tuple(sites), tuple(customers), visitor)


def location(place: LonLat) -> Json:
    """A place as the API writes it."""
    return {"lon": place.lon, "lat": place.lat}


def _technician(seed: TechnicianSeed, hours: tuple[time, time], territory_id: str | None) -> Json:
    start, end = (one.isoformat("minutes") for one in hours)
    return {
        "call_sign": seed.call_sign,
        "skills": [{"name": name, "level": level} for name, level in seed.skills.items()],
        "shifts": [{"weekday": day, "start": start, "end": end} for day in range(7)],
        "home": location(seed.home),
        "vehicle": {"name": seed.vehicle},
        "territory_id": territory_id,
    }


def _site(seed: SiteSeed, customer_id: str) -> Json:
    return {
        "name": seed.customer,
        "customer_id": customer_id,
        "address": seed.address,
        "location": location(seed.location),
        "access_notes": seed.access_notes,
    }
