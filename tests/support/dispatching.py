"""Builders of technicians, orders, sites and plans with what a test of dispatch cares about."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.drives import Drives, Leg
from geo_dispatch.dispatch.days.plan import Plan, Stop, Whereabouts, in_sequence
from geo_dispatch.dispatch.ranking.fleet import Fleet
from geo_dispatch.dispatch.ranking.points import Roads
from geo_dispatch.dispatch.records.sites import Site
from geo_dispatch.dispatch.records.technicians import Shift, Skill, Technician
from geo_dispatch.dispatch.work.orders import Arrival, SkillRequirement, Status, WorkOrder
from geo_dispatch.kernel.cells import lonlat_to_cell
from geo_dispatch.kernel.geo import METRES_PER_DEGREE, LonLat, haversine_m
from geo_dispatch.kernel.ids import OrderId, SiteId, TechnicianId, VisitId

ZONE = ZoneInfo("Europe/Vaduz")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""A Monday, 10:00 in Vaduz."""

ORIGIN = LonLat(9.52, 47.14)
WORKDAYS = tuple(Shift(day, time(8), time(17)) for day in range(7))
SPEED_MPS = 10.0


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def at(east_m: float, north_m: float = 0.0) -> LonLat:
    """A place so many metres east and north of `ORIGIN`."""
    lon = ORIGIN.lon + east_m / (METRES_PER_DEGREE * math.cos(math.radians(ORIGIN.lat)))
    return LonLat(lon, ORIGIN.lat + north_m / METRES_PER_DEGREE)


def a_technician(name: str = "van-1", **fields) -> Technician:
    return Technician(
        **{
            "id": TechnicianId(name),
            "call_sign": name.title().replace("-", " "),
            "shifts": WORKDAYS,
            **fields,
        }
    )


def a_site(place: LonLat = ORIGIN, **fields) -> Site:
    return Site(
        **{
            "id": SiteId("si_1"),
            "name": "Town hall",
            "location": place,
            "cell": lonlat_to_cell(place),
            **fields,
        }
    )


def an_order(name: str = "wo_1", **fields) -> WorkOrder:
    return WorkOrder(
        **{
            "id": OrderId(name),
            "number": name.upper().replace("_", "-"),
            "type": "repair",
            "site_id": SiteId("si_1"),
            "placed_at": NOW,
            **fields,
        }
    )


def needs(**levels: int) -> tuple[SkillRequirement, ...]:
    return tuple(SkillRequirement(name, level) for name, level in levels.items())


def skilled(name: str, level: int = 1, expires_on: date | None = None) -> tuple[Skill, ...]:
    return (Skill(name, level, expires_on),)


def a_stop(name: str, place: LonLat, sequence: int = 1, **fields) -> Stop:
    order = an_order(name, **{"status": Status.ASSIGNED, "sequence": sequence, **fields})
    return Stop(order, place)


def on_site_since(moment: datetime) -> dict:
    """Fields of an order whose technician is there since then."""
    return {
        "status": Status.ON_SITE,
        "arrival": Arrival(VisitId("vi_1"), moment, "gps"),
    }


def a_plan(
    technician: Technician | None = None,
    place: LonLat | None = ORIGIN,
    stops: Sequence[Stop] = (),
    seen_at: datetime = NOW,
    **fields,
) -> Plan:
    seen = Whereabouts(place, seen_at) if place is not None else None
    return Plan(technician or a_technician(), in_sequence(stops), seen, **fields)


def a_case(order: WorkOrder | None = None, site: Site | None = None, now: datetime = NOW) -> Case:
    return Case(order or an_order(), site or a_site(), now, ZONE)


@dataclass
class FlatLand:
    """Roads everywhere, as the crow flies, and a count of what was asked."""

    blocked: set[LonLat] = field(default_factory=set)
    batches: int = 0
    legs: int = 0

    def drive_times(self, legs: Sequence[Leg]) -> list[float | None]:
        self.batches += 1
        self.legs += len(legs)
        return [
            None if {start, end} & self.blocked else haversine_m(start, end) / SPEED_MPS
            for start, end in legs
        ]

    @property
    def drives(self) -> Drives:
        return Drives(self.drive_times)

    @property
    def roads(self) -> Roads:
        return Roads(self.drive_times, fastest_mps=SPEED_MPS, snap_slack_m=0.0)


def a_fleet(case: Case, plans: Iterable[Plan], roads: Roads | None = None, **options) -> Fleet:
    return Fleet(plans, roads or FlatLand().roads, case.now, case.zone, **options)
