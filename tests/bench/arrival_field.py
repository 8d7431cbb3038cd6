"""A field that drives and arrives in real time, and what our own fold says of when it must arrive.

Some technicians drive to their first order, each to be there for long enough at a moment of its
own; the others drive about. Seeds are fixed; times begin with the run.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.dispatch.records.sites import Site
from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.dispatch.work.orders import Assignment, Status, WorkOrder
from geo_dispatch.kernel.cells import lonlat_to_cell
from geo_dispatch.kernel.geo import LonLat, local_m_to_lonlat
from geo_dispatch.kernel.ids import AssignmentId, OrderId, SiteId, TechnicianId
from geo_dispatch.kernel.time import ms_to_datetime
from geo_dispatch.tracking.fences import circle_fence
from geo_dispatch.tracking.fixes import DEGREE_SCALE, Fix
from geo_dispatch.tracking.geofence import RULE
from geo_dispatch.tracking.track import Stop, TrackState, advance

EVERY_MS = 10_000
"""Between two pings of a technician."""

BEFORE_MS = 360_000
"""So long before the run the traces begin."""

DRIVING_MS = 240_000
"""And those of who only drives about."""

ORDERS = 3
"""In the hands of each technician."""

_SPEED_MPS = 12.0
_NOISE_M = 4.0
_RADIUS_M = 100.0


@dataclass(frozen=True, slots=True)
class Ping:
    """A fix, and the order whose arrival it completes, if it does."""

    fix: Fix
    arrives_at: OrderId | None = None


class Field:
    """Technicians with their orders and traces.

    Parameters
    ----------
    start_ms
        When the run begins, milliseconds since 1970 UTC; it lasts ``seconds``.
    """

    def __init__(self, places: list[LonLat], technicians: int, arrivals: int, seconds: int) -> None:
        self._luck = random.Random(7)
        self._noise = np.random.default_rng(7)
        self._places = places
        self._arrivals = arrivals
        self.seconds = seconds
        self.sites = [
            Site(SiteId(f"si_{number}"), f"Site {number}", place, lonlat_to_cell(place),
                 fence_radius_m=_RADIUS_M)
            for number, place in enumerate(places)
        ]  # fmt: skip
        self.technicians = [
            Technician(TechnicianId(f"tc_{number:05}"), f"Van {number:05}")
            for number in range(technicians)
        ]
        self._first = [self._luck.randrange(len(places)) for _ in self.technicians]

    def enter(self, store: Store, start_ms: int) -> None:
        """Write the records, each technician with orders in hand since before the traces."""
        at = ms_to_datetime(start_ms - 2 * BEFORE_MS)
        orders, assignments = [], []
        for number, technician in enumerate(self.technicians):
            for sequence in range(1, ORDERS + 1):
                serial = 1000 + number * ORDERS + sequence
                site = (
                    self._first[number] if sequence == 1 else self._luck.randrange(len(self.sites))
                )
                key, order_id = AssignmentId(f"as_{serial}"), order_id_of(number, sequence)
                orders.append(
                    WorkOrder(
                        id=order_id,
                        number=f"WO-{serial}",
                        type="repair",
                        site_id=self.sites[site].id,
                        placed_at=at,
                        status=Status.ASSIGNED,
                        status_at=at,
                        technician_id=technician.id,
                        assignment_id=key,
                        assigned_at=at,
                        assignment_source="manual",
                        sequence=sequence,
                    )
                )
                assignments.append(
                    Assignment(key, order_id, technician.id, sequence, "manual", at, "bench")
                )
        with store.write() as unit:
            unit.sites.add_all(self.sites, [unit.sites.ready(one) for one in self.sites])
            people = [unit.technicians.ready(one) for one in self.technicians]
            unit.technicians.add_all(self.technicians, people)
            unit.orders.add_all(orders, [unit.orders.ready(one) for one in orders])
            for assignment in assignments:
                unit.assignments.add(assignment)
            unit.commit()

    def pings(self, start_ms: int) -> Iterator[list[Ping]]:
        """The trace of each technician."""
        for number, technician in enumerate(self.technicians):
            phase_ms = self._luck.randrange(EVERY_MS)
            times = np.arange(start_ms - BEFORE_MS + phase_ms, start_ms + self.seconds * 1000,
                              EVERY_MS)  # fmt: skip
            if number < self._arrivals:
                yield self._arriving(number, technician, start_ms, times)
            else:
                late = times[times >= start_ms - DRIVING_MS]
                yield [Ping(fix) for fix in self._driving(technician, late)]

    def _arriving(
        self, number: int, technician: Technician, start_ms: int, times: np.ndarray
    ) -> list[Ping]:
        done_s = (self.seconds - 15) * (number + self._luck.random()) / self._arrivals
        there_ms = start_ms + (done_s - RULE.dwell_s) * 1000
        bearing = self._luck.uniform(0, 2 * math.pi)
        site = self.sites[self._first[number]]
        away_m = np.maximum(0.0, (there_ms - times) / 1000 * _SPEED_MPS)
        east_north = np.column_stack([math.cos(bearing) * away_m, math.sin(bearing) * away_m])
        speeds = np.where(away_m > 0, _SPEED_MPS, 0.0)
        fixes = self._fixes(technician, times, east_north, site.location, speeds)
        stop = Stop(AssignmentId("as"), order_id_of(number, 1), site.id, 0, None, 1,
                    circle_fence(site.location, _RADIUS_M))  # fmt: skip
        state, pings = TrackState(), []
        for fix in fixes:
            before = bool(state.stops) and bool(state.stops[0].fence.attendances)
            state = advance(state, fix, [stop])
            arrived = bool(state.stops[0].fence.attendances) and not before
            pings.append(Ping(fix, stop.order_id if arrived else None))
        return pings

    def _driving(self, technician: Technician, times: np.ndarray) -> list[Fix]:
        """Round and round, 2 km across."""
        angle = (times - times[0]) / 1000 * _SPEED_MPS / 1000 + self._luck.uniform(0, 6)
        east_north = 1000 * np.column_stack([np.cos(angle), np.sin(angle)])
        speeds = np.full(len(times), _SPEED_MPS)
        return self._fixes(technician, times, east_north, self._luck.choice(self._places), speeds)

    def _fixes(
        self,
        technician: Technician,
        times: np.ndarray,
        east_north: np.ndarray,
        around: LonLat,
        speeds: np.ndarray,
    ) -> list[Fix]:
        noisy = east_north + self._noise.normal(0, _NOISE_M, east_north.shape)
        return [
            Fix(
                technician.id,
                int(at_ms),
                round(lon * DEGREE_SCALE),
                round(lat * DEGREE_SCALE),
                accuracy_m=8.0,
                speed_mps=float(speed_mps),
            )
            for at_ms, (lon, lat), speed_mps in zip(
                times, local_m_to_lonlat(noisy, around), speeds, strict=True
            )
        ]


def order_id_of(number: int, sequence: int) -> OrderId:
    """Of the technician of that number, the order of that place in their day."""
    return OrderId(f"wo_{number:05}_{sequence}")
