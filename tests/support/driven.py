"""A technician who stood, drove a known way through Liechtenstein, and stood again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
import numpy as np

from geo_dispatch.dispatch.work.commands import Command, ConfirmArrival, SetOut
from geo_dispatch.kernel.actors import WORKER
from geo_dispatch.kernel.ids import VisitId
from geo_dispatch.kernel.time import datetime_to_ms, ms_to_datetime
from geo_dispatch.services.orders.lifecycle import apply
from geo_dispatch.tracking.fixes import DEGREE_SCALE, Fix
from tests.support.app import Deployment
from tests.support.drives import Drive, random_drive

Key = tuple[int, int, int]


@dataclass(frozen=True)
class Morning:
    """The drive after an hour at its beginning, and an hour at its end; a minute apart there.

    ``keys`` are the times and places of the fixes; by the minute while standing.
    """

    drive: Drive
    keys: list[Key]

    @property
    def set_out_at(self) -> datetime:
        return ms_to_datetime(self.keys[59][0])

    @property
    def arrived_at(self) -> datetime:
        return ms_to_datetime(self.keys[59 + len(self.drive.times_s)][0])


def morning(deployment: Deployment) -> Morning:
    """It ends about now; machine code is made here, not while a request waits."""
    drive = random_drive(deployment.context.roads.graph, 4, least_m=4000)
    deployment.context.roads.match(drive.lonlats, drive.times_s, np.full(len(drive.times_s), 8.0))
    first_ms = datetime_to_ms(deployment.now() - timedelta(hours=3))
    rng = np.random.default_rng(9)
    before, after = (
        np.repeat(drive.true[[end]], 60, axis=0) + rng.normal(0, 6e-5, (60, 2)) for end in (0, -1)
    )
    begins_s = 3600 - drive.times_s[0]
    times_s = np.concatenate(
        [
            np.arange(60) * 60.0,
            begins_s + drive.times_s,
            begins_s + drive.times_s[-1] + 60.0 + np.arange(60) * 60.0,
        ]
    )
    places = np.concatenate([before, drive.lonlats, after])
    keys = [
        (first_ms + round(at_s * 1000), *map(int, np.rint(place * DEGREE_SCALE)))
        for at_s, place in zip(times_s, places, strict=True)
    ]
    return Morning(drive, keys)


def technician(
    deployment: Deployment, office: httpx.Client, name: str, keys: Sequence[Key] = ()
) -> str:
    """The id of a new one, with these fixes in history."""
    made = office.post("/v1/technicians", json={"call_sign": name}).json()["id"]
    with deployment.context.store.write() as unit:
        unit.tracking.add_fixes([Fix(made, *key, 10.0) for key in keys], 0)
        unit.commit()
    return made


def set_out(deployment: Deployment, office: httpx.Client, van: str, made: Morning) -> str:
    """The id of an order at the end of the drive that the van set out for, as fixes show."""
    end = made.drive.true[-1]
    site = {"name": "End", "location": {"lon": end[0], "lat": end[1]}}
    site_id = office.post("/v1/sites", json=site).json()["id"]
    order = office.post("/v1/work-orders", json={"type": "repair", "site_id": site_id}).json()["id"]
    body = {"technician_id": van, "force": True, "reason": "a test"}
    assert office.post(f"/v1/work-orders/{order}/assign", json=body).is_success
    _by_fixes(deployment, order, SetOut(source="gps", occurred_at=made.set_out_at))
    return order


def arrive(deployment: Deployment, order: str, made: Morning) -> None:
    """They arrived, as fixes show."""
    arrival = ConfirmArrival(visit_id=VisitId("vi_1"), source="gps", occurred_at=made.arrived_at)
    _by_fixes(deployment, order, arrival)


def _by_fixes(deployment: Deployment, order: str, command: Command) -> None:
    ctx = deployment.context
    with ctx.store.write() as unit:
        apply(ctx, unit, unit.orders.get(order), command, actor=WORKER)
        unit.commit()
