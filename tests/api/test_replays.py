"""Every kind of decision, made again over the API from what was known: the same to the byte."""

from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest

from geo_dispatch.services.policy import auto_assign
from geo_dispatch.tracking.nearest import PositionIndex
from tests.support.app import BALZERS, SCHAAN, VADUZ, WORKING_HOURS, Deployment
from tests.support.waiting import until


def done(answered):
    assert answered.is_success, answered.text
    return answered.json()


@dataclass(frozen=True)
class Scene:
    """An office with three vans, whose clients all speak as a dispatcher."""

    deployment: Deployment
    office: httpx.Client
    site: dict
    vans: list[dict]

    def order(self, **fields):
        body = {"type": "repair", "site_id": self.site["id"], "duration_s": 1800, **fields}
        return done(self.office.post("/v1/work-orders", json=body))

    def emergency(self, **fields):
        body = {"type": "burst pipe", "site_id": self.site["id"], **fields}
        return done(self.office.post("/v1/emergencies", json=body))["order"]["id"]


@pytest.fixture(scope="module")
def scene(deployment):
    office = deployment.client("dispatcher")
    site = done(office.post("/v1/sites", json={"name": "Bakery", "location": VADUZ}))
    made = []
    for number, place in enumerate((VADUZ, SCHAAN, BALZERS)):
        body = {"call_sign": f"Van {number}", "shifts": WORKING_HOURS}
        made.append(done(office.post("/v1/technicians", json=body)))
        fix = {"technician_id": made[-1]["id"], "at": deployment.now().isoformat(), **place}
        done(office.post("/v1/pings", json=fix))
    until(
        lambda: len(done(office.get("/v1/positions"))["items"]) == len(made),
        20,
        "the mirror to hear of the vans",
    )
    return Scene(deployment, office, site, made)


def by_hand(scene):
    order = scene.order()
    choice = {"technician_id": scene.vans[1]["id"], "reason": "knows the way"}
    done(scene.office.post(f"/v1/work-orders/{order['id']}/assign", json=choice))
    return order["id"]


def by_the_ranking(scene):
    order = scene.order()
    done(scene.office.post(f"/v1/work-orders/{order['id']}/assign", json={"auto": True}))
    return order["id"]


def by_an_emergency(scene):
    soon = (scene.deployment.now() + timedelta(minutes=20)).isoformat()
    return scene.emergency(respond_by=soon)


def by_an_emergency_for_two(scene):
    return scene.emergency(crew_size=2)


def by_an_emergency_that_nobody_can_serve(scene):
    return scene.emergency(required_skills=[{"name": "diving", "level": 3}])


def by_a_rule(scene, text='[[rules]]\nid = "all"\nthen = { margin_min = 0 }\n'):
    policy = {"toml": text, "author": "Ann", "reviewed_by": "Ben", "note": "because"}
    done(scene.deployment.client("planner").post("/v1/policy", json=policy))
    order, context = scene.order(), scene.deployment.context
    positions = PositionIndex(context.live.positions())
    while auto_assign.follow(context, positions):
        pass
    return order["id"]


def by_a_rule_that_leaves_it_to_a_person(scene):
    return by_a_rule(scene, '[[rules]]\nid = "other"\nwhen = { priorities = [5] }\n')


def by_a_repair(scene):
    scene.order(priority=2)
    gone = scene.order()["id"]
    done(scene.office.post(f"/v1/work-orders/{gone}/status", json={"status": "cancelled"}))
    body = {"cause": "cancelled", "technician_id": scene.vans[2]["id"], "order_id": gone}
    proposal = done(scene.office.post("/v1/disruptions", json=body))
    assert proposal["state"] == "open", proposal["fact"]
    accepted = done(scene.office.post(f"/v1/proposals/{proposal['id']}/accept"))
    return next(one["order_id"] for one in accepted["changes"] if one["kind"] == "assigned")


@pytest.mark.capability("FA-041")
@pytest.mark.parametrize(
    ("decide", "kind"),
    [
        (by_hand, "manual"),
        (by_the_ranking, "auto"),
        (by_an_emergency, "emergency"),
        (by_an_emergency_for_two, "emergency"),
        (by_an_emergency_that_nobody_can_serve, "emergency"),
        (by_a_repair, "repair"),
        (by_a_rule, "auto"),
        (by_a_rule_that_leaves_it_to_a_person, "flag"),
    ],
)
def test_a_decision_made_again_is_the_same_to_the_byte(scene, decide, kind):
    order_id, office = decide(scene), scene.office
    decided = done(office.get(f"/v1/work-orders/{order_id}/decisions"))["items"][-1]
    assert decided["kind"] == kind
    again = done(office.get(f"/v1/decisions/{decided['id']}/replay"))
    assert again["same"]
    named = {one["order_id"]: one["technician_after"] for one in again["changes"]}
    if kind in {"emergency", "repair"} and decided["chosen_id"]:
        assert named[order_id] == decided["chosen_id"]
    else:
        assert named == {}
    if kind != "repair":
        stored = done(office.get(f"/v1/decisions/{decided['id']}"))
        assert again["candidates"] == stored["ranking"]
