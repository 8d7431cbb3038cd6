"""Large answers are as documented, and compressed for whoever takes it; streams never wait."""

import gzip
import json

import pytest

from api.schemas.board import BoardOut
from tests.support.app import SCHAAN, VADUZ, WORKING_HOURS
from tests.support.waiting import until


@pytest.fixture(scope="module")
def office(deployment):
    office = deployment.client("dispatcher")
    body = {"call_sign": "Van 01", "shifts": WORKING_HOURS}
    van = office.post("/v1/technicians", json=body).json()["id"]
    ping = {"technician_id": van, "at": deployment.now().isoformat(), **VADUZ}
    assert office.post("/v1/pings", json=ping).status_code == 200
    until(lambda: office.get("/v1/positions").json()["items"], 5, "the mirror to hear of the van")
    site = office.post("/v1/sites", json={"name": "Bakery", "location": SCHAAN}).json()["id"]
    window = {"start": "2026-03-02T13:00:00Z", "end": "2026-03-02T13:30:00Z"}
    for number in range(60):
        body = {"type": "repair", "site_id": site, "duration_s": 1800 + number, "window": window}
        order = office.post("/v1/work-orders", json=body).json()
        if number < 4:
            sent = {"technician_id": van, "force": True, "reason": "to fill the board"}
            answer = office.post(f"/v1/work-orders/{order['id']}/assign", json=sent)
            assert answer.status_code == 200, answer.text
    return office


@pytest.mark.capability("BO-001")
def test_the_board_is_as_documented_to_the_field(office):
    sheet = office.get("/v1/board").json()
    assert len(sheet["backlog"]) == 56
    [lane] = sheet["lanes"]
    assert any(visit["broken"] for visit in lane["visits"])
    documented = BoardOut.model_validate_json(json.dumps(sheet), strict=True)
    assert documented.model_dump(mode="json") == sheet


def encoded(office, path, accept):
    with office.stream("GET", path, headers={"Accept-Encoding": accept}) as answer:
        return answer, b"".join(answer.iter_raw())


def test_large_json_is_compressed_for_whoever_takes_it(office):
    answer, packed = encoded(office, "/v1/board", "gzip")
    assert answer.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["vary"]
    plain_answer, plain = encoded(office, "/v1/board", "identity")
    assert "content-encoding" not in plain_answer.headers
    assert len(packed) < len(plain) / 5
    assert json.loads(gzip.decompress(packed))["counts"] == json.loads(plain)["counts"]


@pytest.mark.parametrize("path", ["/v1/technicians", "/static/js/map/store.js"])
def test_small_answers_and_assets_are_not(office, path):
    answer, _ = encoded(office, path, "gzip")
    assert answer.status_code == 200
    assert "content-encoding" not in answer.headers


def test_event_streams_come_at_once_and_uncompressed(office):
    with office.stream("GET", "/v1/stream", headers={"Accept-Encoding": "gzip"}) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in stream.headers
        assert next(stream.iter_raw())
