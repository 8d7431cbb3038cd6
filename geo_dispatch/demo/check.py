"""``demo --check``: watch the API until the whole main job was seen to work, or time is up."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Final

from geo_dispatch.demo.day import Rhythm
from geo_dispatch.demo.listener import EtaListener
from geo_dispatch.demo.phone import Habits
from geo_dispatch.demo.show import day
from geo_dispatch.demo.witness import Seen, Witness
from geo_dispatch.demo.world import DemoOptions, Stage, opened

SPEED: Final = 40.0
"""A ten-minute drive in 15 s; beyond, two slow cores fall behind the vans."""

AT_MOST_S: Final = 165.0
"""Of the 180 s allowed, the rest is for starting Python and for ending everything."""

_LOOK_EVERY_S: Final = 0.5
_RHYTHM: Final = Rhythm(
    at_start=12, emergencies_min=(4.0, 8.0, 12.0), duration_scale=0.25, windows=False
)
_HABITS: Final = Habits(send_every_s=0.5)


def check_demo(options: DemoOptions, stage: Stage) -> Seen:
    """Run the demo fast and headless; return what was seen, and what was not."""
    began = time.monotonic()
    options = replace(options, speed=SPEED)
    seen = Seen()
    with (
        opened(options, stage) as world,
        EtaListener(world.running.url, world.client_token) as etas,
    ):
        stage.say(f"ready after {time.monotonic() - began:.1f} s; watching")
        witness = Witness(world.office, etas, seen, stage.say)
        next_look = 0.0
        for office, phones in day(world, stage, _RHYTHM, _HABITS):
            now = time.monotonic()
            if now >= next_look:
                witness.look(office, phones)
                next_look = time.monotonic() + _LOOK_EVERY_S
            seen.waited_s = time.monotonic() - began
            if not seen.missing_of_the_day or seen.waited_s > AT_MOST_S:
                break
        record = world.checked_record()
        if record is not None:
            seen.things["audit"] = record
    return seen
