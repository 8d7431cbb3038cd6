"""What counts as seen, and what does not."""

import pytest

from geo_dispatch.demo.witness import (
    DURING_THE_DAY,
    Seen,
    arrival_with_evidence,
    assignment_by_rule,
    completed_with_story,
    emergency,
    eta_update,
    flag,
    position_in_its_cell,
    promise,
    ranking_off_the_crow,
)
from geo_dispatch.kernel import cells
from geo_dispatch.kernel.geo import LonLat

PLACE = LonLat(9.5215, 47.1410)
POSITION = {
    "technician_id": "tech_1",
    "lon": PLACE.lon,
    "lat": PLACE.lat,
    "cell": cells.cell_to_str(cells.lonlat_to_cell(PLACE)),
    "at": "2026-07-01T06:00:00Z",
}
VISIT = {
    "id": "v_1",
    "order_id": "wo_1",
    "technician_id": "tech_1",
    "arrived_at": "2026-07-01T06:00:00Z",
    "source": "gps",
    "evidence": {"rule": "dwell/1", "probability": 0.97, "fixes": [{}, {}]},
}


def candidate(name, drive_s, crow_m, rank=1):
    return {"technician_id": name, "drive_s": drive_s, "crow_m": crow_m, "rank": rank}


def told(*types):
    return [{"type": f"order.{one}", "at": "2026-07-01T06:00:00Z", "text": one} for one in types]


def test_a_position_counts_in_its_own_cell_only():
    assert position_in_its_cell(POSITION)["cell"] == POSITION["cell"]
    neighbour = cells.cell_to_str(cells.ring(cells.lonlat_to_cell(PLACE), 1)[0])
    assert position_in_its_cell({**POSITION, "cell": neighbour}) is None


def test_a_ranking_counts_when_road_and_crow_disagree():
    near, far = candidate("near", 900.0, 800.0), candidate("far", 300.0, 2000.0)
    found = ranking_off_the_crow("wo_1", [far, near])
    assert found["nearest_by_road"]["technician_id"] == "far"
    assert found["nearest_by_crow"]["technician_id"] == "near"


def test_a_ranking_on_which_they_agree_does_not_count():
    assert ranking_off_the_crow("wo_1", [candidate("a", 60.0, 500.0)]) is None
    assert ranking_off_the_crow("wo_1", []) is None


def test_an_eta_counts_when_it_comes_again_and_differs():
    first = {"eta": "2026-07-01T06:10:00Z", "seq": 4, "drive_s": 300.0}
    later = {"eta": "2026-07-01T06:12:00Z", "seq": 9, "drive_s": 280.0}
    assert eta_update({"wo_1": [first]}) is None
    assert eta_update({"wo_1": [first, first]}) is None
    assert eta_update({"wo_1": [first, later]})["seq"] == 9


def test_an_arrival_counts_by_fixes_not_by_word():
    assert arrival_with_evidence(VISIT)["fixes"] == 2
    assert arrival_with_evidence({**VISIT, "source": "person"}) is None
    assert arrival_with_evidence({**VISIT, "evidence": None}) is None


def test_a_completed_order_counts_with_its_whole_story():
    order = {"id": "wo_1", "number": "WO-1001", "ended_at": "2026-07-01T07:00:00Z"}
    story = told("placed", "assigned", "arrived", "completed")
    assert len(completed_with_story(order, story)["timeline"]) == 4
    assert completed_with_story(order, told("placed", "completed")) is None


def test_the_outcome_names_what_is_missing_first():
    seen = Seen({"ping": {"at": "now"}})
    answer = seen.as_json()
    assert not answer["ok"]
    assert "ping" not in answer["missing"]
    assert "arrival" in answer["missing"]


def test_the_record_is_checked_after_everything_else():
    seen = Seen({name: {} for name in DURING_THE_DAY})
    assert seen.missing_of_the_day == []
    assert seen.missing == ["audit"]


def test_an_assignment_by_a_rule_counts_when_replaying_it_gives_the_same_bytes():
    decision = {
        "order_id": "wo_1",
        "at": "2026-07-01T06:00:00Z",
        "source": "rule:gold",
        "chosen_id": "tech_1",
        "policy_version": 1,
        "actor": "worker",
    }
    assert assignment_by_rule(decision, {"same": True})["source"] == "rule:gold"
    assert assignment_by_rule(decision, {"same": False}) is None


def test_a_flag_counts_while_nobody_was_sent():
    waiting = {
        "id": "wo_1",
        "number": "WO-1001",
        "status": "new",
        "flag": {"code": "no_rule", "fact": "no rule is for it", "since": "2026-07-01T06:00:00Z"},
    }
    assert flag([waiting])["fact"] == "no rule is for it"
    assert flag([{**waiting, "status": "assigned"}]) is None
    assert flag([]) is None


def test_a_promise_counts_with_its_clock():
    clocks = {"policy": "gold", "policy_version": 1, "response": {"due_at": "x"}}
    assert promise({"id": "wo_1", "sla": clocks})["policy"] == "gold"
    assert promise({"id": "wo_1", "sla": {**clocks, "response": None}}) is None
    assert promise({"id": "wo_1", "sla": None}) is None


def declared(own, *changes, technician_id="tech_1"):
    told = [
        {
            "order_id": order_id,
            "number": order_id,
            "kind": kind,
            "technician_before": before,
            "technician_after": after,
        }
        for order_id, kind, before, after in ((own, "assigned", None, technician_id), *changes)
    ]
    return {
        "order": {"id": own},
        "technician_id": technician_id,
        "arrive_at": "2026-07-01T06:20:00Z",
        "respond_by": "2026-07-01T06:45:00Z",
        "changes": told,
    }


def test_an_emergency_counts_when_it_did_what_its_dry_run_had_shown():
    bumped = ("wo_7", "moved", "tech_1", "tech_2")
    shown, done = declared("wo_dry", bumped), declared("wo_9", bumped)
    assert emergency([(shown, done)])["done"] == ["wo_9 assigned", "wo_7 moved"]


@pytest.mark.parametrize(
    "other",
    [
        declared("wo_9"),
        declared("wo_9", ("wo_8", "moved", "tech_1", "tech_2")),
        declared("wo_9", ("wo_7", "moved", "tech_1", "tech_3")),
        declared("wo_9", ("wo_7", "moved", "tech_1", "tech_2"), technician_id="tech_4"),
        declared("wo_9", ("wo_7", "moved", "tech_1", "tech_2"), technician_id=None),
    ],
)
def test_an_emergency_that_did_something_else_does_not_count(other):
    shown = declared("wo_dry", ("wo_7", "moved", "tech_1", "tech_2"))
    assert emergency([(shown, other)]) is None
