"""Let the day run: the office takes calls, vans drive, until someone ends it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from geo_dispatch.demo.day import Rhythm, plan_day
from geo_dispatch.demo.office import Office
from geo_dispatch.demo.phone import Habits, Phone
from geo_dispatch.demo.world import DemoOptions, Stage, World, opened

_TURN_S: Final = 0.05


def run_demo(options: DemoOptions, stage: Stage) -> None:
    """Run until a signal ends it."""
    with opened(options, stage) as world:
        stage.say(_invitation(world, options))
        for _ in day(world, stage, Rhythm(), Habits()):
            pass


def day(
    world: World, stage: Stage, rhythm: Rhythm, habits: Habits
) -> Iterator[tuple[Office, list[Phone]]]:
    """Play the day turn by turn; after each, one may look at what has happened."""
    jobs = plan_day(world.seeds, world.clock(), rhythm)
    office = Office(world.office, world.entered, jobs, stage.say)
    phones = [
        Phone(id_, seed.home, world.api(token), world.api(key), seed=number, habits=habits)
        for number, (id_, seed, token, key) in enumerate(
            zip(
                world.entered.technicians,
                world.seeds.technicians,
                world.tokens,
                world.ingest_keys,
                strict=True,
            )
        )
    ]
    while True:
        world.running.check()
        office.step(world.clock())
        for phone in phones:
            phone.step(world.clock())
        yield office, phones
        time.sleep(_TURN_S)


def _invitation(world: World, options: DemoOptions) -> str:
    url = world.running.url
    pace = "in real time" if options.speed == 1 else f"{options.speed:g} times as fast"
    lines = [
        "",
        f"geo-dispatch demo is ready: a day in Liechtenstein, {pace}",
        f"  live map           {url}/map",
        f"  technician's page  {url}/t",
        f"  API                {url}/docs",
        f"sign in at {url}/sign-in with one of these tokens, good until the demo ends:",
        *(f"  {name:<20} {secret}" for name, secret in world.secrets.items()),
        "Ctrl-C ends it",
        "",
    ]
    return "\n".join(lines)
