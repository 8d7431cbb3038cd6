"""Enter the demo's technicians, customers and sites through the public API."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

from geo_dispatch.demo.client import Api, Json
from geo_dispatch.demo.seeds import EquipmentSeed, Seeds, SiteSeed, TechnicianSeed
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
    equipment: tuple[dict[str, str], ...] = ()
    """For each site, ids by the skill that they are worked on with."""


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
    today: date,
    tell: Callable[[str, int, int], None],
    *,
    with_visitor: bool,
) -> Entered:
    """Enter everything; ``tell`` hears how far it is.

    Parameters
    ----------
    hours
        When everybody works, local.
    today
        Certificates end so many days from then on, and the rota begins after its hours.
    """
    published = api.get("/v1/territories")["features"]
    territories = {one["properties"]["name"]: one["id"] for one in published}
    total = len(seeds.technicians) + len(seeds.sites)
    technicians = []
    for technician in seeds.technicians:
        body = _technician(technician, hours, today, territories.get(technician.territory))
        technicians.append(api.post("/v1/technicians", body)["id"])
        tell("entering technicians and sites", len(technicians), total)
    sites, customers, equipment = [], [], []
    for site in seeds.sites:
        customer = api.post("/v1/customers", {"name": site.customer, "tier": site.tier})
        customers.append(customer["id"])
        sites.append(api.post("/v1/sites", _site(site, customer["id"], hours))["id"])
        equipment.append(
            {
                one.skill: api.post("/v1/equipment", _equipment(one, sites[-1]))["id"]
                for one in seeds.equipment
                if site.kind in one.kinds
            }
        )
        tell("entering technicians and sites", len(technicians) + len(sites), total)
    visitor = None
    if with_visitor:
        everything = {name: 3 for one in seeds.technicians for name in one.skills}
        home = seeds.technicians[0].home
        guest = TechnicianSeed(VISITING, "", home, "On foot", everything)
        visitor = api.post("/v1/technicians", _technician(guest, hours, today, None))["id"]
    return Entered(tuple(technicians), tuple(sites), tuple(customers), visitor, tuple(equipment))


def publish_policy(author: Api, reviewer: Api) -> None:
    """Put the company's rules and promises in force, after somebody else has looked at them."""
    toml = files("geo_dispatch.demo").joinpath("policy.toml").read_text("utf-8")
    reviewer.post("/v1/policy/check", {"toml": toml})
    said = {"author": "demo planner", "reviewed_by": "demo admin", "note": "Rules for the day."}
    author.post("/v1/policy", {"toml": toml, **said})


def enter_project(api: Api, seeds: Seeds, entered: Entered) -> None:
    """Enter work in stages, with a crew, things to book, and a permit that is not there yet."""
    project = seeds.project
    vans = {
        one.call_sign: key for one, key in zip(seeds.technicians, entered.technicians, strict=True)
    }
    for name, provides in project.resources.items():
        api.post("/v1/resources", {"name": name, "kind": "vehicle", "provides": provides})
    crew = {"lead_id": vans[project.lead], "member_ids": [vans[project.member]]}
    api.post("/v1/crews", {"name": project.crew, **crew})
    site = next(n for n, one in enumerate(seeds.sites) if one.customer == project.customer)
    before: list[str] = []
    for stage in project.stages:
        body = {
            "type": stage.type,
            "work_class": "project",
            "site_id": entered.sites[site],
            "notes": stage.title,
            "priority": 4,
            "duration_s": stage.duration_min * 60.0,
            "required_certificates": stage.certificates,
            "required_equipment": stage.needs,
            "crew_size": stage.crew_size,
            "permits": [{"name": name} for name in stage.permits],
            "after": before,
        }
        before = [api.post("/v1/work-orders", body)["id"]]


def location(place: LonLat) -> Json:
    """A place as the API writes it."""
    return {"lon": place.lon, "lat": place.lat}


def _technician(
    seed: TechnicianSeed, hours: tuple[time, time], today: date, territory_id: str | None
) -> Json:
    start, end = (one.isoformat("minutes") for one in hours)
    noon = {"earliest": "11:30", "latest": "13:30", "duration_s": 1800.0}
    breaks = [noon] if seed.breaks and hours[0] < time(11, 30) < hours[1] else []
    ends_on = {
        name: (today + timedelta(days=left)).isoformat() if left else None
        for name, left in seed.certificates.items()
    }
    return {
        "call_sign": seed.call_sign,
        "skills": [{"name": name, "level": level} for name, level in seed.skills.items()],
        "certificates": [{"name": name, "expires_on": day} for name, day in ends_on.items()],
        "shifts": [
            {"weekday": day, "start": start, "end": end, "breaks": breaks} for day in range(7)
        ],
        "on_call": [_night(today)] if seed.on_call else [],
        "home": location(seed.home),
        "vehicle": {"name": seed.vehicle, "equipment": seed.equipment},
        "parts": [{"sku": sku, "quantity": count} for sku, count in seed.parts.items()],
        "territory_id": territory_id,
    }


def _night(today: date) -> Json:
    start = datetime.combine(today, time(18), UTC)
    return {"start": start.isoformat(), "end": (start + timedelta(hours=12)).isoformat()}


def _equipment(seed: EquipmentSeed, site_id: str) -> Json:
    return {"site_id": site_id, "type": seed.type, "name": seed.name}


def _site(seed: SiteSeed, customer_id: str, hours: tuple[time, time]) -> Json:
    start, end = (one.isoformat("minutes") for one in hours)
    week = [{"weekday": day, "start": start, "end": end} for day in range(7)]
    return {
        "name": seed.customer,
        "customer_id": customer_id,
        "address": seed.address,
        "location": location(seed.location),
        "access_notes": seed.access_notes,
        "access_windows": week if seed.closes else [],
    }
