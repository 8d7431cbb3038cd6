"""What the board says of a visit is what the calls do that move it."""

import random

import pytest

from tests.support.app import BALZERS, SCHAAN, VADUZ, WORKING_HOURS
from tests.support.waiting import until

PLACES = (BALZERS, SCHAAN, VADUZ)
STEPS = {
    "assigned": (),
    "pinned": (),
    "en_route": ("en_route",),
    "on_site": ("en_route", "on_site"),
    "on_the_tools": ("en_route", "on_site", "on_the_tools"),
    "helped_there": ("en_route", "on_site", "needs_help"),
    "helped": ("needs_help",),
    "complete": ("en_route", "on_site", "complete"),
}
ON_SITE = {state for state, steps in STEPS.items() if "on_site" in steps}
"""Only at one site can a technician be at once."""


class Board:
    """A board drawn from a seed: each van has visits in every state, one of them a crew's."""

    def __init__(self, deployment, seed):
        self.luck = random.Random(seed)
        self.api = deployment.client("dispatcher")
        self.vans = [self._van(deployment, f"Van {seed}{n}") for n in range(2)]
        until(lambda: len(self._seen()) == len(self.vans), 5, "the mirror to hear of the vans")
        self.sites = [
            self.post("/v1/sites", {"name": f"Site {n}", "location": place})["id"]
            for n, place in enumerate(PLACES)
        ]
        for van, place in zip(self.vans, self.sites, strict=False):
            states = [*STEPS, *self.luck.choices(list(STEPS), k=2)]
            self.luck.shuffle(states)
            states.sort(key="en_route".__eq__)  # whoever goes elsewhere is not on the way any more
            for state in states:
                self._visit(state, van, {"site_id": place} if state in ON_SITE else {})
        both = {"crew_size": 2}
        for pinned in (False, True):
            order = self._order(**both)
            body = {"technician_id": self.vans[0], "crew": self.vans[1:], "pinned": pinned}
            self.post(f"/v1/work-orders/{order['id']}/assign", body | FORCE)

    def _van(self, deployment, call_sign):
        van = self.post("/v1/technicians", {"call_sign": call_sign, "shifts": WORKING_HOURS})
        place = self.luck.choice(PLACES)
        ping = {"technician_id": van["id"], "at": deployment.now().isoformat(), **place}
        self.post("/v1/pings", ping)
        return van["id"]

    def _seen(self):
        items = self.api.get("/v1/positions").json()["items"]
        return {one["technician_id"] for one in items} & set(self.vans)

    def _order(self, **fields):
        body = {"type": "repair", "site_id": self.luck.choice(self.sites), "duration_s": 600}
        return self.post("/v1/work-orders", body | fields)

    def _visit(self, state, van, place):
        order = self._order(**place)
        pinned = state == "pinned" or self.luck.random() < 0.2
        body = {"technician_id": van, "pinned": pinned} | FORCE
        self.post(f"/v1/work-orders/{order['id']}/assign", body)
        for step in STEPS[state]:
            body = {"status": step, "reason": "stuck", "notes": "done"}
            self.post(f"/v1/work-orders/{order['id']}/status", body)

    def post(self, url, body):
        answer = self.api.post(url, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def visits(self):
        lanes = self.api.get("/v1/board").json()["lanes"]
        return [
            visit
            for lane in lanes
            if lane["technician_id"] in self.vans
            for visit in lane["visits"]
        ]

    def call(self, visit, step, **body):
        """One call on the visit, as it stands now: others of the day may have moved it up."""
        url = f"/v1/work-orders/{visit['order_id']}"
        etag = self.api.get(url).headers["ETag"]
        return self.api.post(f"{url}/{step}", json=body, headers={"If-Match": etag})

    def other(self, visit):
        """A van whose technician hasn't got the order."""
        order = self.api.get(f"/v1/work-orders/{visit['order_id']}").json()
        return next(one for one in self.vans if one != order["technician_id"])


FORCE = {"force": True, "reason": "drawn"}
AWAY = ("unassign", {}), ("hold", {"reason": "material"})
NOT_FIXED = {"pinned", "on_the_way", "at_work"}


@pytest.fixture(params=range(2))
def board(request, deployment):
    return Board(deployment, request.param)


@pytest.mark.capability("FA-034", "BO-041")
def test_what_is_said_to_be_fixed_is_refused_by_every_move_with_the_same_reason(board):
    fixed = [one for one in board.visits() if not one["movable"]]
    assert {one["why_not_movable"] for one in fixed} == {
        "pinned by a person",
        "the technician is on the way",
        "the technician is there",
        "complete",
    }
    for visit in fixed:
        elsewhere = {"technician_id": board.other(visit)}
        moves = [*AWAY, ("move", {"position": 0}), ("move", elsewhere), ("assign", elsewhere)]
        for step, body in moves:
            answer = board.call(visit, step, **body)
            assert answer.status_code == 409, (step, visit, answer.text)
            said = answer.json()["detail"] + " ".join(
                one["message"] for one in answer.json()["conflicts"]
            )
            assert visit["why_not_movable"] in said, (step, said)


@pytest.mark.capability("FA-034")
def test_what_is_said_to_be_movable_can_be_moved_or_taken_away(board):
    tried = 0
    while movable := [one for one in board.visits() if one["movable"]]:
        visit = board.luck.choice(movable)
        told = board.call(visit, "move", technician_id=board.other(visit))
        if told.status_code == 409:
            assert not NOT_FIXED & {one["where"] for one in told.json()["conflicts"]}, told.text
        step, body = board.luck.choice(AWAY)
        taken = board.call(visit, step, **body)
        assert taken.status_code == 200, taken.text
        assert taken.json()["technician_id"] is None
        tried += 1
    assert tried > 4


def test_what_is_pinned_or_on_the_way_is_taken_away_by_force_with_a_reason_only(board):
    for visit in board.visits():
        if visit["why_not_movable"] not in {"pinned by a person", "the technician is on the way"}:
            continue
        if board.api.get(f"/v1/work-orders/{visit['order_id']}").json()["technician_id"] is None:
            continue  # a crew's visit is in two lanes
        step, word = board.luck.choice([("unassign", "reason"), ("hold", "note")])
        body = {"reason": "weather"} if step == "hold" else {}
        mute = board.call(visit, step, force=True, **body)
        assert mute.status_code == 422, mute.text
        assert f'needs a "{word}"' in mute.text.replace("\\", "")
        forced = board.call(visit, step, force=True, **(body | {word: "the customer called"}))
        assert forced.status_code == 200, forced.text


def test_nobody_is_taken_from_work_that_is_under_way_by_force_either(board):
    there = [one for one in board.visits() if one["why_not_movable"].endswith("is there")]
    assert there
    for visit in there:
        for step, body in (*AWAY, ("move", {"technician_id": board.other(visit)})):
            force = {"force": True, "note": "x"} if step == "hold" else FORCE
            answer = board.call(visit, step, **force | body)
            assert answer.status_code == 409, answer.text
            assert "can't be forced" in answer.json()["detail"]


def test_a_pinned_visit_is_let_go_and_moved_in_one_call(board):
    visit = next(
        one
        for one in board.visits()
        if one["why_not_movable"] == "pinned by a person" and one["status"] == "assigned"
    )
    order = board.api.get(f"/v1/work-orders/{visit['order_id']}").json()
    moved = board.call(visit, "move", pinned=False, technician_id=order["technician_id"])
    if moved.status_code == 409:
        assert not NOT_FIXED & {one["where"] for one in moved.json()["conflicts"]}
    else:
        assert moved.status_code == 200, moved.text
        assert moved.json()["pinned"] is False
