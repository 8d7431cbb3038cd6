"""Let the day run: the office takes calls, vans drive, until someone ends it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from geo_dispatch.demo.client import Refused
from geo_dispatch.demo.day import Rhythm, plan_day
from geo_dispatch.demo.office import Office
from geo_dispatch.demo.phone import Habits, Phone
from geo_dispatch.demo.seeding import enter_project
from geo_dispatch.demo.world import DemoOptions, Stage, World, opened
from geo_dispatch.kernel.errors import Unavailable

_TURN_S: Final = 0.05


def run_demo(options: DemoOptions, stage: Stage, invite: Callable[[str], None]) -> None:
    """Run until a signal ends it; ``invite`` gets the invitation once everything is ready."""
    with opened(options, stage) as world:
        invite(invitation(world.running.url, options.speed, options.host, world.secrets))
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
    for phone in phones:
        phone.step(world.clock())
    # not before: the rules would find that nobody has sent a position yet
    enter_project(world.office, world.seeds, world.entered)
    while True:
        world.running.check()
        try:
            office.step(world.clock())
            for phone in phones:
                phone.step(world.clock())
        except Refused as refused:
            raise Unavailable(f"the demo can't go on: {refused}") from refused
        yield office, phones
        time.sleep(_TURN_S)


def invitation(url: str, speed: float, host: str, secrets: Mapping[str, str]) -> str:
    """What to open and how to sign in, once everything runs."""
    pace = "in real time" if speed == 1 else f"{speed:g} times as fast"
    keys = {name: secret for name, secret in secrets.items() if name.startswith("ingest key")}
    people = {name: secret for name, secret in secrets.items() if name not in keys}
    lines = [
        "",
        f"geo-dispatch demo is ready: a day in Liechtenstein, {pace}",
        f"live map {url}/map, technician's page {url}/t, API {url}/docs",
        "",
        "Each link signs in; what stands behind # is the token that the API takes as Bearer:",
        *(f"  {name:<20} {url}/sign-in#{secret}" for name, secret in people.items()),
        *(f"  {name:<20} {secret}" for name, secret in keys.items()),
        "",
    ]
    if host not in ("127.0.0.1", "localhost", "::1"):
        lines.append("From other machines, put this one's address in place of 127.0.0.1.")
    lines += ["Ctrl-C ends it.", ""]
    return "\n".join(lines)
