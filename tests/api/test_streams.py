"""Event streams over HTTP: snapshot, live, resumed, by role."""

import pytest

from geo_dispatch.services.dispatching import eta
from tests.support.app import BALZERS, SCHAAN, VADUZ, WORKING_HOURS
from tests.support.sse import listening
from tests.support.waiting import until

NEXT_DOOR = {"lon": SCHAAN["lon"] + 0.0001, "lat": SCHAAN["lat"]}


@pytest.fixture(scope="module")
def office(deployment):
    return deployment.client("dispatcher")


@pytest.fixture(scope="module")
def site(office):
    return office.post("/v1/sites", json={"name": "Bakery", "location": VADUZ}).json()


@pytest.fixture(scope="module")
def vans(deployment, office):
    made = []
    for number, place in ((1, SCHAAN), (2, BALZERS)):
        body = {"call_sign": f"Van {number:02}", "shifts": WORKING_HOURS}
        made.append(office.post("/v1/technicians", json=body).json()["id"])
        _send(deployment, office, made[-1], place)
    until(lambda: len(office.get("/v1/positions").json()["items"]) == 2, 15, "two positions")
    return made


def _send(deployment, office, van, place):
    ping = {"technician_id": van, "at": deployment.now().isoformat(), **place}
    assert office.post("/v1/pings", json=ping).status_code == 200


def _place_order(office, site):
    body = {"type": "boiler repair", "site_id": site["id"]}
    return office.post("/v1/work-orders", json=body).json()


def _assign(office, order, van):
    answer = office.post(f"/v1/work-orders/{order['id']}/assign", json={"technician_id": van})
    assert answer.status_code == 200, answer.text


def test_a_stream_begins_with_a_snapshot_of_everybody(deployment, vans):
    with listening(deployment.client("dispatcher"), "/v1/stream") as stream:
        snapshot = stream.wait_for("snapshot")
        assert {p["technician_id"] for p in snapshot.data["positions"]} == set(vans)
        assert {p["call_sign"] for p in snapshot.data["positions"]} == {"Van 01", "Van 02"}
        assert snapshot.data["positions_as_of"]
        assert snapshot.id == str(snapshot.data["seq"])


@pytest.mark.capability("BO-036")
def test_a_ping_reaches_the_stream_without_an_id(deployment, office, vans):
    with listening(deployment.client("dispatcher"), "/v1/stream") as stream:
        stream.wait_for("snapshot")
        _send(deployment, office, vans[0], NEXT_DOOR)
        message = stream.wait_for("positions")
        (position,) = message.data["positions"]
        assert (position["technician_id"], position["lon"]) == (vans[0], NEXT_DOOR["lon"])
        assert message.id is None


def test_an_event_of_the_log_comes_under_its_name_with_its_seq_as_id(deployment, office, site):
    with listening(deployment.client("dispatcher"), "/v1/stream") as stream:
        stream.wait_for("snapshot")
        order = _place_order(office, site)
        placed = stream.wait_for("order.placed")
        assert placed.id == str(placed.data["seq"])
        assert placed.data["stream"] == f"order:{order['id']}"
        assert placed.data["body"]["order"]["number"] == order["number"]
        assert placed.data["actor"].startswith("dispatcher:token:")


def test_a_status_change_shows_at_the_technicians_position(deployment, office, site, vans):
    order = _place_order(office, site)
    with listening(deployment.client("dispatcher"), "/v1/stream") as stream:
        stream.wait_for("snapshot")
        _assign(office, order, vans[1])
        shown = stream.wait_for("positions", lambda m: m.data["positions"][0]["order_id"])
        assert shown.data["positions"][0]["technician_id"] == vans[1]
        assert shown.data["positions"][0]["status"] == "assigned"
    office.post(f"/v1/work-orders/{order['id']}/unassign", json={})


def test_who_comes_back_misses_nothing(deployment, office, site):
    with listening(deployment.client("dispatcher"), "/v1/stream") as stream:
        last = stream.wait_for("snapshot").id
    missed = [_place_order(office, site)["id"] for _ in range(3)]
    for options in ({"headers": {"Last-Event-ID": last}}, {"params": {"last_event_id": last}}):
        with listening(deployment.client("dispatcher"), "/v1/stream", **options) as stream:
            stream.wait_for("order.placed", lambda m: m.data["body"]["order_id"] == missed[-1])
            names = [m.event for m in stream.messages]
            told = [m.data["body"]["order_id"] for m in stream.messages if m.event[:5] == "order"]
        assert names[0] == "snapshot"
        assert stream.messages[0].id == last
        assert told == missed


def test_live_events_follow_missed_ones_without_gap_or_repeat(deployment, office, site):
    with listening(deployment.client("dispatcher"), "/v1/stream") as stream:
        last = stream.wait_for("snapshot").id
    first = _place_order(office, site)["id"]
    headers = {"Last-Event-ID": last}
    with listening(deployment.client("dispatcher"), "/v1/stream", headers=headers) as stream:
        second = _place_order(office, site)["id"]
        stream.wait_for("order.placed", lambda m: m.data["body"]["order_id"] == second)
        seqs = [int(m.id) for m in stream.messages if m.event == "order.placed"]
        told = [m.data["body"]["order_id"] for m in stream.messages if m.event == "order.placed"]
    assert told == [first, second]
    assert seqs == sorted(set(seqs))


def test_who_missed_too_much_is_told_to_start_again(deployment):
    headers = {"Last-Event-ID": "999999999"}
    with listening(deployment.client("dispatcher"), "/v1/stream", headers=headers) as stream:
        stream.wait_for("snapshot")
        assert stream.messages[0].event == "reset"


def test_a_last_event_id_that_is_none_is_refused(office):
    answer = office.get("/v1/stream", headers={"Last-Event-ID": "yesterday"})
    assert answer.status_code == 422
    assert answer.json()["faults"][0]["where"] == "Last-Event-ID"


def test_a_technician_hears_of_their_own_work_only(deployment, office, site, vans):
    mine, other = vans
    with listening(deployment.client("technician", mine), "/v1/stream") as stream:
        snapshot = stream.wait_for("snapshot")
        assert [p["technician_id"] for p in snapshot.data["positions"]] == [mine]
        theirs, own = _place_order(office, site), _place_order(office, site)
        _assign(office, theirs, other)
        _assign(office, own, mine)
        office.post(f"/v1/work-orders/{own['id']}/unassign", json={})
        stream.wait_for("order.unassigned")
        streams = {m.data["stream"] for m in stream.messages if m.event.startswith("order.")}
    assert streams == {f"order:{own['id']}"}
    office.post(f"/v1/work-orders/{theirs['id']}/unassign", json={})


def test_an_api_client_hears_of_orders_but_sees_nobody(deployment, office, site, vans):
    with listening(deployment.client("client"), "/v1/stream") as stream:
        assert stream.wait_for("snapshot").data["positions"] == []
        office.post("/v1/customers", json={"name": "Private"})
        _send(deployment, office, vans[0], SCHAAN)
        _place_order(office, site)
        stream.wait_for("order.placed")
        names = {m.event for m in stream.messages}
    assert "positions" not in names
    assert not any(name.startswith("record.") for name in names)


def test_the_stream_of_etas_tells_etas_only(deployment, office, site, vans):
    order = _place_order(office, site)
    with listening(deployment.client("client"), "/v1/etas/stream") as stream:
        assert stream.wait_for("snapshot").data["etas"] == []
        _assign(office, order, vans[0])
        eta.refresh(deployment.context, [vans[0]])
        told = stream.wait_for("order.eta")
        assert told.data["body"]["order_id"] == order["id"]
        assert {m.event for m in stream.messages} == {"snapshot", "order.eta"}
    with listening(deployment.client("client"), "/v1/etas/stream") as stream:
        (known,) = stream.wait_for("snapshot").data["etas"]
        assert known["order_id"] == order["id"]


def test_open_streams_are_counted_and_forgotten(deployment, office):
    def clients():
        lines = office.get("/metrics").text.splitlines()
        return next(x for x in lines if x.startswith("geo_dispatch_stream_clients "))

    until(lambda: clients().endswith(" 0.0"), 15, "the streams of other tests to end")
    with listening(deployment.client("dispatcher"), "/v1/stream") as stream:
        stream.wait_for("snapshot")
        assert clients().endswith(" 1.0")
    until(lambda: clients().endswith(" 0.0"), 15, "the stream to be forgotten")
