"""What is said to lift a refusal is entered as said, over the API, and then they can be sent."""

import math
import random
from datetime import datetime, timedelta

import pytest

from tests.support.app import SCHAAN, VADUZ, WORKING_HOURS
from tests.support.waiting import until

SPARE_S = 300
"""The clock goes on between the questions."""


class Desk:
    """One van, and orders that it can't do for one to three reasons each."""

    def __init__(self, deployment):
        self.deployment = deployment
        self.api = deployment.client("dispatcher")
        self.site = self.post("/v1/sites", {"name": "Mill", "location": VADUZ})["id"]
        self.van = self.post("/v1/technicians", {"call_sign": "Van 01", "shifts": WORKING_HOURS})
        at = deployment.now().isoformat()
        self.post("/v1/pings", {"technician_id": self.van["id"], "at": at, **SCHAAN})
        until(lambda: self.api.get("/v1/positions").json()["items"], 5, "the mirror to hear of it")

    def post(self, url, body):
        answer = self.api.post(url, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def change(self, url, **fields):
        etag = self.api.get(url).headers["ETag"]
        answer = self.api.patch(url, json=fields, headers={"If-Match": etag})
        assert answer.is_success, answer.text

    def order(self, *obstacles, **fields):
        for obstacle in obstacles:
            fields |= OBSTACLES[obstacle](self)
        held = fields.pop("held", False)
        body = {"type": "repair", "site_id": self.site, "duration_s": 1800, **fields}
        order = self.post("/v1/work-orders", body)
        if held:
            self.post(f"/v1/work-orders/{order['id']}/hold", {"reason": "material"})
        return order

    def why_not(self, order):
        answer = self.api.get(f"/v1/work-orders/{order['id']}/why-not")
        assert answer.status_code == 200, answer.text
        return answer.json()["nearest"]

    def candidates(self, order):
        ranking = self.api.get(f"/v1/work-orders/{order['id']}/candidates").json()
        return [one["technician_id"] for one in ranking["candidates"]]

    def lift(self, order, relax):
        """Enter what one reason says would lift it."""
        van, work = f"/v1/technicians/{self.van['id']}", f"/v1/work-orders/{order['id']}"
        now, has = self.api.get(van).json(), self.api.get(work).json()
        gives, target, amount = relax["gives"], relax["target"], relax["amount"]
        if gives == "hold":
            self.post(f"{work}/release", {})
        elif gives == "skill":
            self.change(van, skills=[*now["skills"], {"name": target, "level": amount}])
        elif gives == "certificate":
            self.change(van, certificates=[*now["certificates"], {"name": target}])
        elif gives == "part":
            self.change(van, parts=[*now["parts"], {"sku": target, "quantity": amount}])
        elif gives == "equipment":
            aboard = (now["vehicle"] or {"equipment": []})["equipment"]
            self.change(van, vehicle={"name": "van", "equipment": [*aboard, target]})
        elif gives == "permit":
            day = datetime.fromisoformat(relax["at"]).date().isoformat()
            self.change(work, permits=[{"name": target, "granted_on": day}])
        elif gives == "window":
            self.change(work, window=has["window"] | {"end": later(has["window"]["end"], amount)})
        else:
            assert gives == "shift", relax
            minutes = 19 * 60 + math.ceil((amount + SPARE_S) / 60)
            end = f"{minutes // 60 % 24:02}:{minutes % 60:02}"
            self.change(van, shifts=[one | {"end": end} for one in WORKING_HOURS])


def later(moment, amount_s):
    moved = datetime.fromisoformat(moment) + timedelta(seconds=amount_s + SPARE_S)
    return moved.isoformat()


def soon(desk, minutes):
    return (desk.deployment.now() + timedelta(minutes=minutes)).isoformat()


OBSTACLES = {
    "skill": lambda _: {"required_skills": [{"name": "laser", "level": 3}]},
    "certificate": lambda _: {"required_certificates": ["gas licence"]},
    "part": lambda _: {"required_parts": [{"sku": "pump", "quantity": 2}]},
    "equipment": lambda _: {"required_equipment": ["hoist"]},
    "permit": lambda _: {"permits": [{"name": "road closure"}]},
    "hold": lambda _: {"held": True},
    "window": lambda desk: {"window": {"start": soon(desk, -60), "end": soon(desk, 1)}},
    "shift": lambda _: {"duration_s": 11 * 3600},
}
CODES = {
    "skill": "missing_skill",
    "certificate": "cert_missing",
    "part": "part_missing",
    "equipment": "equipment_missing",
    "permit": "permit_missing",
    "hold": "on_hold",
    "window": "outside_window",
    "shift": "shift_ends",
}


def drawn(count, seed=7):
    """Each obstacle once, and some in company; those of a van's own record once only."""
    luck, left = random.Random(seed), list(OBSTACLES)
    luck.shuffle(left)
    while left:
        size = luck.randint(1, min(count, len(left)))
        yield tuple(left[:size])
        left = left[size:]


@pytest.fixture(scope="module")
def desk(deployment):
    return Desk(deployment)


@pytest.mark.parametrize("obstacles", list(drawn(3)), ids="+".join)
def test_who_is_refused_can_be_sent_once_what_is_said_is_entered(desk, obstacles):
    order = desk.order(*obstacles)
    assert desk.candidates(order) == []
    (told,) = desk.why_not(order)
    assert {one["code"] for one in told["exclusions"]} == {CODES[one] for one in obstacles}
    assert told["enough"] is True
    for number, reason in enumerate(told["exclusions"], 1):
        assert reason["fact"]
        assert reason["lifts"]
        assert desk.candidates(order) == [], number
        desk.lift(order, reason["relax"])
    assert desk.why_not(order) == []
    assert desk.candidates(order) == [desk.van["id"]]
    desk.post(f"/v1/work-orders/{order['id']}/status", {"status": "cancelled", "reason": "done"})


def test_every_order_that_waits_says_who_lacks_what(desk):
    waits = desk.order(required_skills=[{"name": "alchemy", "level": 1}])
    goes = desk.order()
    items = {one["order_id"]: one for one in desk.api.get("/v1/why-not").json()["items"]}
    assert items[goes["id"]]["best_id"] == desk.van["id"]
    assert items[waits["id"]]["best_id"] is None
    assert items[waits["id"]]["reasons"] == [{"code": "missing_skill", "technicians": 1}]
