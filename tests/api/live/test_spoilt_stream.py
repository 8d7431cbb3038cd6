"""Bytes in the stream that are no fixes: positions go on, and metrics are told."""

from contextlib import closing

import redis

from geo_dispatch.adapters.live_redis.client import stream_key
from tests.support.app import VADUZ
from tests.support.fixes import fix_at
from tests.support.waiting import until


def test_positions_go_on_behind_an_entry_of_other_bytes(deployment):
    office = deployment.client("admin")
    van = office.post("/v1/technicians", json={"call_sign": "Van 41", "home": VADUZ}).json()["id"]

    def seen(east_m):
        place = fix_at(east_m, 0, 0).place
        ping = {"technician_id": van, "lon": place.lon, "lat": place.lat}
        ping["at"] = deployment.now().isoformat()
        assert office.post("/v1/pings", json=ping).is_success
        where = f"/v1/technicians/{van}/position"
        until(lambda: office.get(where).json().get("lon") == place.lon, 10, "the position")

    seen(0)
    with closing(redis.Redis.from_url(deployment.context.live.url)) as client:
        client.xadd(stream_key(0), {"b": b"nothing of ours", "r": b"1"})
        client.xadd(stream_key(0), {"other": b"field"})
    seen(5)
    told = office.get("/metrics").text
    assert 'geo_dispatch_shard_stuck_technicians{shard="0"} 0.0' in told
