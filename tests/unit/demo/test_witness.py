"""What counts as seen, and what does not."""

from geo_dispatch.demo.witness import (
    Seen,
    arrival_with_evidence,
    completed_with_story,
    eta_update,
    position_in_its_cell,
    ranking_off_the_crow,
    sse_events,
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


def test_a_stream_of_events_is_read_with_comments_and_several_lines():
    lines = [": keep-alive", "", "event: order.eta", "id: 7", 'data: {"a":', "data: 1}", ""]
    assert list(sse_events(lines)) == [("order.eta", {"a": 1})]
