"""A technician of the demo, and the phone in the van: drives, waits, works, reports."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from geo_dispatch.demo.client import Api, Json, Refused
from geo_dispatch.demo.driving import Drive, Motion, Receiver, Reported, drive_to
from geo_dispatch.kernel.geo import LonLat, haversine_m

_OPEN: Final = ("assigned", "en_route", "on_site", "on_the_tools", "needs_help")
_AT_HOME_M: Final = 100.0
_ARRIVED: Final = ("on_site", "on_the_tools")


@dataclass(frozen=True, slots=True)
class Habits:
    """How a technician and the phone behave; times are those of the demo's clock.

    Attributes
    ----------
    moving_every, standing_every
        From one fix to the next.
    looks_every
        From one look at the list of jobs to the next.
    early
        How long before a window opens one is willing to be there.
    patience
        On site, how long until one says so oneself if no fix has.
    settles_in
        From the arrival to the tools.
    goes_home_after
        Without a job for so long, one drives home and waits there.
    send_every_s
        Real seconds: a phone bundles its fixes.
    """

    moving_every: timedelta = timedelta(seconds=5)
    standing_every: timedelta = timedelta(seconds=20)
    looks_every: timedelta = timedelta(seconds=25)
    early: timedelta = timedelta(minutes=10)
    patience: timedelta = timedelta(minutes=12)
    settles_in: timedelta = timedelta(seconds=60)
    goes_home_after: timedelta = timedelta(minutes=45)
    send_every_s: float = 1.0


class Phone:
    """One technician, acting through their own token and ingest key.

    Parameters
    ----------
    api
        With the technician's token.
    ingest
        With the ingest key of the phone.
    """

    def __init__(
        self,
        technician_id: str,
        home: LonLat,
        api: Api,
        ingest: Api,
        *,
        seed: int,
        habits: Habits | None = None,
    ) -> None:
        self.technician_id = technician_id
        self._api = api
        self._ingest = ingest
        self._habits = habits or Habits()
        self._rng = random.Random(seed)
        self._receiver = Receiver(seed)
        self._home = self._place = home
        self._idle_since: datetime | None = None
        self._drive: Drive | None = None
        self._order: Json | None = None
        self._on_site_since: datetime | None = None
        self._tools_at: datetime | None = None
        self._done_at: datetime | None = None
        self._next_fix: datetime | None = None
        self._next_look: datetime | None = None
        self._fixes: list[Reported] = []
        self._last_sent = 0.0
        self.verdicts: list[Json] = []
        """What the API said to the last fixes sent."""

    def step(self, now: datetime) -> None:
        """Report and act as the time has come."""
        self._report(now)
        self._send()
        if self._next_look is not None and now < self._next_look:
            return
        self._next_look = now + self._habits.looks_every * self._rng.uniform(0.8, 1.2)
        if self._order is None:
            self._look_for_work(now)
        elif self._drive is not None and now < self._drive.end:
            self._drop_if_taken_away()
        else:
            self._work(now)

    def _motion(self, now: datetime) -> Motion:
        return self._drive.at(now) if self._drive else Motion(self._place)

    def _report(self, now: datetime) -> None:
        if self._next_fix is None:
            self._next_fix = now
        while self._next_fix <= now:
            motion = self._motion(self._next_fix)
            self._place = motion.place
            self._fixes.append(self._receiver.report(self._next_fix, motion))
            moving = motion.speed_mps > 0
            pause = self._habits.moving_every if moving else self._habits.standing_every
            self._next_fix += pause

    def _send(self) -> None:
        if not self._fixes or time.monotonic() < self._last_sent + self._habits.send_every_s:
            return
        self._last_sent = time.monotonic()
        pings = [self._ping(fix) for fix in self._fixes]
        answer = self._ingest.post("/v1/pings", {"pings": pings})
        self._fixes.clear()
        self.verdicts = [
            {**ping, **verdict} for ping, verdict in zip(pings, answer["verdicts"], strict=True)
        ]

    def _ping(self, fix: Reported) -> Json:
        return {
            "technician_id": self.technician_id,
            "at": fix.at.isoformat(),
            "lon": fix.lon,
            "lat": fix.lat,
            "accuracy_m": fix.accuracy_m,
            "speed_mps": fix.speed_mps,
            "heading_deg": fix.heading_deg,
        }

    def _look_for_work(self, now: datetime) -> None:
        jobs = [j for j in self._api.get("/v1/my/day")["items"] if j["status"] in _OPEN]
        for job in in_turn(jobs):
            route = self._route(LonLat(**job["site"]["location"]))
            if route["duration_s"] is None:
                continue
            window = job.get("window")
            opens = datetime.fromisoformat(window["start"]) if window else now
            arrives = now + timedelta(seconds=route["duration_s"])
            if arrives >= opens - self._habits.early:
                self._set_out(job, route, now)
                return
            break  # too early for it: one waits rather than upset the office's plan
        self._idle_since = self._idle_since or now
        if not jobs and now >= self._idle_since + self._habits.goes_home_after:
            self._go_home(now)

    def _route(self, there: LonLat) -> Json:
        return self._api.get(
            "/v1/roads/route",
            {
                "from": f"{self._place.lon:.7f},{self._place.lat:.7f}",
                "to": f"{there.lon:.7f},{there.lat:.7f}",
            },
        )

    def _go_home(self, now: datetime) -> None:
        self._idle_since = now
        route = self._route(self._home)
        if haversine_m(self._place, self._home) > _AT_HOME_M and route["duration_s"] is not None:
            self._drive = drive_to(now, self._place, *_line(route), self._home)

    def _set_out(self, job: Json, route: Json, now: datetime) -> None:
        self._idle_since = None
        there = job["site"]["location"]
        # nobody parks on the middle of the building
        door = LonLat(
            there["lon"] + self._rng.uniform(-1, 1) * 1e-4,
            there["lat"] + self._rng.uniform(-1, 1) * 1e-4,
        )
        self._order = job
        self._drive = drive_to(now, self._place, *_line(route), door)

    def _drop_if_taken_away(self) -> None:
        if self._current() is None:
            self._stop_here()

    def _current(self) -> Json | None:
        """The order as it stands; None when it is no longer ours or has ended."""
        assert self._order is not None
        try:
            current = self._api.get(f"/v1/work-orders/{self._order['id']}")
        except Refused:
            return None  # it is another technician's now
        mine = current["technician_id"] == self.technician_id
        return current if mine and current["status"] in _OPEN else None

    def _work(self, now: datetime) -> None:
        assert self._order is not None
        current = self._current()
        if current is None:
            self._stop_here()
        elif self._done_at is not None:
            if now >= self._done_at:
                self._say_status("complete", notes="Done; customer informed.")
                self._stop_here()
        elif current["status"] not in _ARRIVED:
            self._wait_for_arrival(now)
        elif self._tools_at is None:
            self._tools_at = now + self._habits.settles_in
            self._confirm_sometimes()
        elif now >= self._tools_at:
            self._say_status("on_the_tools")
            share = self._rng.uniform(0.85, 1.15)
            self._done_at = now + timedelta(seconds=self._order["duration_s"] * share)

    def _wait_for_arrival(self, now: datetime) -> None:
        if self._on_site_since is None:
            self._on_site_since = now
        elif now > self._on_site_since + self._habits.patience:
            self._say_status("on_site")

    def _confirm_sometimes(self) -> None:
        assert self._order is not None
        if self._rng.random() < 0.5:  # noqa: PLR2004 - every other time
            return
        for visit in self._api.get(f"/v1/work-orders/{self._order['id']}/visits")["items"]:
            if visit["review"] == "open":
                self._api.post(f"/v1/visits/{visit['id']}/confirm", {})

    def _say_status(self, status: str, **more: str) -> None:
        assert self._order is not None
        try:
            self._api.post(
                f"/v1/work-orders/{self._order['id']}/status", {"status": status, **more}
            )
        except Refused:
            # someone at the map was faster; the next look shows how things stand
            self._stop_here()

    def _stop_here(self) -> None:
        self._order = self._drive = None
        self._on_site_since = self._tools_at = self._done_at = None


def in_turn(jobs: Sequence[Json]) -> list[Json]:
    """The jobs as the office expects them: where one is, where one is going, then by sequence."""
    before = {"on_site": 0, "on_the_tools": 0, "en_route": 1}
    return sorted(jobs, key=lambda job: (before.get(job["status"], 2), job["sequence"]))


def _line(route: Json) -> tuple[list[LonLat], list[float]]:
    """Places and times of a route as the API tells it."""
    places = [LonLat(lon, lat) for lon, lat in route["geometry"]["coordinates"]]
    return places, route["times_s"]
