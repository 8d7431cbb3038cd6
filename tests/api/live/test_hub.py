"""Streams: events complete and in order, positions coalesced, slow readers reset."""

import asyncio
from datetime import UTC, datetime

import pytest

from api.live.hub import MAX_WAITING_EVENTS, POSITIONS_INTERVAL_S, Hub
from api.metrics import Metrics
from geo_dispatch.dispatch.work.events import LoggedEvent


def _event(seq: int, kind: str = "order.placed") -> LoggedEvent:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return LoggedEvent(seq=seq, stream="order:1", version=seq, type=kind, body={}, at=at, actor="x")


def _position(technician_id: str, lon: float = 9.5):
    return {"technician_id": technician_id, "lon": lon}


def _everything(_):
    return True


def _run(scenario):
    async def bounded():
        hub = Hub(Metrics())
        with hub.client(_everything, _everything) as client:
            await asyncio.wait_for(scenario(hub, client), 5)

    asyncio.run(bounded())


def test_events_come_complete_and_in_order():
    async def scenario(hub, client):
        hub.publish([_event(1), _event(2)])
        hub.publish([_event(3)])
        assert [event.seq for event in (await client.next()).events] == [1, 2, 3]

    _run(scenario)


def test_of_each_technician_only_the_latest_position_comes():
    async def scenario(hub, client):
        hub.publish(positions=[_position("t1", 9.1), _position("t2", 9.2)])
        hub.publish(positions=[_position("t1", 9.3)])
        parcel = await client.next()
        assert {p["technician_id"]: p["lon"] for p in parcel.positions} == {"t1": 9.3, "t2": 9.2}

    _run(scenario)


def test_positions_come_at_most_four_times_a_second_but_events_at_once():
    async def scenario(hub, client):
        loop = asyncio.get_running_loop()
        hub.publish(positions=[_position("t1")])
        await client.next()
        started = loop.time()
        hub.publish([_event(1)], [_position("t1", 9.6)])
        first = await client.next()
        assert (len(first.events), first.positions) == (1, ())
        assert loop.time() - started < POSITIONS_INTERVAL_S
        second = await client.next()
        assert second.positions[0]["lon"] == 9.6
        assert loop.time() - started >= POSITIONS_INTERVAL_S * 0.9

    _run(scenario)


def test_a_reader_too_slow_for_the_log_is_reset():
    async def scenario(hub, client):
        hub.publish([_event(seq) for seq in range(MAX_WAITING_EVENTS + 1)])
        assert (await client.next()).reset

    _run(scenario)


def test_closing_ends_open_streams_and_new_ones():
    async def scenario(hub, client):
        waiting = asyncio.ensure_future(client.next())
        await asyncio.sleep(0)
        hub.close()
        assert (await waiting).closed
        with hub.client(_everything, _everything) as late:
            assert (await late.next()).closed

    _run(scenario)


def test_a_reader_gets_only_what_it_wants():
    async def scenario(hub, _client):
        def is_mine(position):
            return position["technician_id"] == "t1"

        with hub.client(lambda e: e.type == "order.eta", is_mine) as picky:
            hub.publish([_event(1), _event(2, "order.eta")], [_position("t1"), _position("t2")])
            parcel = await picky.next()
        assert [event.seq for event in parcel.events] == [2]
        assert [p["technician_id"] for p in parcel.positions] == ["t1"]

    _run(scenario)


@pytest.mark.parametrize("clients", [0, 3])
def test_open_streams_are_counted(clients):
    metrics = Metrics()
    hub = Hub(metrics)

    async def scenario():
        opened = [hub.client(_everything, _everything) for _ in range(clients)]
        for one in opened:
            one.__enter__()
        assert f"stream_clients {float(clients)}" in metrics.exposition().decode()
        for one in opened:
            one.__exit__(None, None, None)
        assert "stream_clients 0.0" in metrics.exposition().decode()

    asyncio.run(scenario())
