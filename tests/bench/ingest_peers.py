"""What `tests.bench.ingest` compares with, each a server of its own.

    python -m tests.bench.ingest_peers bare|obvious PORT [REDIS_URL]

`bare` reads the body and answers 204: what the server takes by itself. `obvious` is what one writes
first: a FastAPI route, a pydantic model, and one script call per request.
"""

import sys
from typing import Any

import h3.api.basic_int as h3
import redis.asyncio
import uvicorn
from fastapi import FastAPI
from pydantic import AwareDatetime, BaseModel, Field

SCRIPT = """
local known = redis.call('HGET', KEYS[1], ARGV[1])
if known and tonumber(known:match('^%d+')) >= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ',' .. ARGV[3] .. ',' .. ARGV[4])
redis.call('ZADD', KEYS[2], ARGV[5], ARGV[1])
redis.call('XADD', KEYS[3], '*', 'id', ARGV[1], 't', ARGV[2], 'x', ARGV[3], 'y', ARGV[4])
return 1
"""


async def bare(scope: Any, receive: Any, send: Any) -> None:
    """Read the body, answer 204."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


class Ping(BaseModel):
    """As `PingIn` has it."""

    technician_id: str = ""
    at: AwareDatetime
    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)
    accuracy_m: float | None = None
    speed_mps: float | None = None


class Verdict(BaseModel):
    """What became of it."""

    verdict: str


def obvious(redis_url: str) -> FastAPI:
    """A route that validates, runs one script and answers."""
    app = FastAPI()
    client = redis.asyncio.Redis.from_url(redis_url, max_connections=256)
    script = client.register_script(SCRIPT)

    @app.post("/v1/pings")
    async def post(ping: Ping) -> Verdict:
        cell = h3.latlng_to_cell(ping.lat, ping.lon, 9) & ((1 << 52) - 1)
        at_ms = int(ping.at.timestamp() * 1000)
        new = await script(
            keys=["{0}:pos", "{0}:h3", "{0}:st"],
            args=[ping.technician_id, at_ms, ping.lon, ping.lat, cell],
        )
        return Verdict(verdict="accepted" if new else "late")

    return app


def main(kind: str, port: str, redis_url: str = "") -> None:
    app = bare if kind == "bare" else obvious(redis_url)
    uvicorn.run(
        app,
        port=int(port),
        log_level="warning",
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_keep_alive=30,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
