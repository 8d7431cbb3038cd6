"""A map of two thousand technicians that move stays small on the wire."""

import json
import random
from datetime import timedelta

import pytest

from geo_dispatch.kernel.time import datetime_to_ms
from geo_dispatch.tracking.fixes import DEGREE_SCALE, Fix
from tests.support.sse import listening
from tests.support.waiting import until

COUNT = 2000
MOST_BYTES = 200_000
MOST = 300
CORNER = "9.50,47.05,9.51,47.06"


@pytest.fixture(scope="module")
def crowd(deployment):
    crowd = Crowd(deployment)
    crowd.drive(60)
    office = deployment.client("dispatcher")
    counted = lambda: sum(one["count"] for one in office.get("/v1/density").json()["cells"])  # noqa: E731
    until(lambda: counted() == COUNT, 20, "the mirror to hear of everybody")
    return crowd


class Crowd:
    """Technicians all over the country, and their phones."""

    def __init__(self, deployment):
        self.context, self.draw = deployment.context, random.Random(7)
        rows = "external_id,call_sign\n" + "".join(f"v{n},Van {n:04}\n" for n in range(COUNT))
        answer = deployment.client("dispatcher").post("/v1/imports/technicians", json={"csv": rows})
        assert answer.is_success, answer.text
        with self.context.store.read() as unit:
            self.vans = [one.id for one in unit.technicians.list()]
        self.places = [
            (self.draw.uniform(9.48, 9.62), self.draw.uniform(47.05, 47.26)) for _ in self.vans
        ]

    def drive(self, ago_s):
        """Everybody moves by some metres."""
        at_ms = datetime_to_ms(self.context.clock() - timedelta(seconds=ago_s))
        fixes = []
        for number, van in enumerate(self.vans):
            lon, lat = self.places[number]
            lon += self.draw.uniform(-1e-3, 1e-3)
            self.places[number] = (lon, lat)
            e7 = (round(lon * DEGREE_SCALE), round(lat * DEGREE_SCALE))
            fixes.append(Fix(van, at_ms, *e7, accuracy_m=8.0, speed_mps=13.9, heading_deg=90.0))
        self.context.live.append(0, fixes, at_ms)


def size(message):
    return len(json.dumps(message.data, separators=(",", ":")).encode())


@pytest.mark.capability("BO-036")
def test_of_a_crowd_the_whole_map_shows_counts_below_200_kb(deployment, crowd):
    with listening(deployment.client("dispatcher"), f"/v1/stream?most={MOST}") as stream:
        snapshot = stream.wait_for("snapshot", timeout_s=20)
        assert snapshot.data["positions"] == []
        assert sum(one["count"] for one in snapshot.data["cells"]) == COUNT
        assert len(snapshot.data["cells"]) <= MOST
        crowd.drive(30)
        moved = stream.wait_for("density", timeout_s=20)
        assert sum(one["count"] for one in moved.data["cells"]) == COUNT
        assert not [m for m in stream.messages if m.event == "positions"]
        assert max(map(size, stream.messages)) < MOST_BYTES


@pytest.mark.capability("BO-036")
def test_a_part_of_the_map_shows_who_is_in_it_one_by_one(deployment, crowd):
    path = f"/v1/stream?most={MOST}&bbox={CORNER}"
    with listening(deployment.client("dispatcher"), path) as stream:
        snapshot = stream.wait_for("snapshot", timeout_s=20)
        assert snapshot.data["cells"] is None
        positions = snapshot.data["positions"]
        assert 0 < len(positions) <= MOST
        assert all(9.50 <= one["lon"] <= 9.51 and one["lat"] <= 47.06 for one in positions)
        crowd.drive(10)
        moved = stream.wait_for("positions", timeout_s=20).data["positions"]
        assert all(9.50 <= one["lon"] <= 9.51 and one["lat"] <= 47.06 for one in moved)
        assert max(map(size, stream.messages)) < MOST_BYTES


def test_without_a_limit_everybody_comes_one_by_one(deployment, crowd):
    with listening(deployment.client("dispatcher"), "/v1/stream") as stream:
        snapshot = stream.wait_for("snapshot", timeout_s=20)
        assert len(snapshot.data["positions"]) == COUNT
        assert snapshot.data["cells"] is None
