"""The office of the demo: takes calls, and judges what the rules left to a dispatcher."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from geo_dispatch.demo.client import Api, Json, Refused
from geo_dispatch.demo.day import Job
from geo_dispatch.demo.seeding import Entered

Say = Callable[[str], None]

FIRST_REFUSAL = timedelta(minutes=50)
"""How long a job waits for the rules, or whoever is at the map, before the office assigns it."""

SECOND_TRY = timedelta(minutes=10)


@dataclass(order=True, slots=True)
class _Todo:
    at: datetime
    number: int
    order_id: str = field(compare=False)


class Office:
    """Places the day's jobs as their time comes, and looks after those that nobody was sent to.

    Attributes
    ----------
    placed
        Ids of the orders, emergencies left out.
    emergencies
        What the API said that each would change, and what it answered when it was declared.
    """

    def __init__(self, api: Api, entered: Entered, jobs: Sequence[Job], say: Say) -> None:
        self._api = api
        self._entered = entered
        self._jobs = list(reversed(jobs))
        self._say = say
        self._todo: list[_Todo] = []
        self.placed: list[str] = []
        self.emergencies: list[tuple[Json, Json]] = []

    def step(self, now: datetime) -> None:
        """Do what is due."""
        while self._jobs and self._jobs[-1].at <= now:
            job = self._jobs.pop()
            if job.emergency:
                self._declare(job)
            else:
                self._place(job, now)
        while self._todo and self._todo[0].at <= now:
            self._assign(heapq.heappop(self._todo), now)

    def _place(self, job: Job, now: datetime) -> None:
        order = self._api.post("/v1/work-orders", self._order(job))
        self.placed.append(order["id"])
        heapq.heappush(self._todo, _Todo(now + FIRST_REFUSAL, len(self.placed), order["id"]))

    def _declare(self, job: Job) -> None:
        body = self._order(job)
        shown = self._api.post("/v1/emergencies?dry_run=true", body)
        done = self._api.post("/v1/emergencies", body)
        self.emergencies.append((shown, done))
        goes = done["call_sign"] or "nobody can go"
        self._say(
            f"emergency {done['order']['number']}: {job.kind.title}; {goes}, "
            f"{max(len(done['changes']) - 1, 0)} other visits changed"
        )

    def _assign(self, todo: _Todo, now: datetime) -> None:
        waiting = self._api.get(f"/v1/work-orders/{todo.order_id}")
        if waiting["status"] != "new":  # by a rule, or by whoever sits at the map
            return
        try:
            self._api.post(f"/v1/work-orders/{todo.order_id}/assign", {"auto": True})
        except Refused as refused:
            self._say(f"{waiting['number']} stays unassigned: {refused}")
            heapq.heappush(self._todo, _Todo(now + SECOND_TRY, todo.number, todo.order_id))

    def _order(self, job: Job) -> Json:
        kind, known = job.kind, self._entered.equipment[job.site]
        body: Json = {
            "type": kind.type,
            "site_id": self._entered.sites[job.site],
            "customer_id": self._entered.customers[job.site],
            "required_skills": [
                {"name": name, "level": level} for name, level in kind.skills.items()
            ],
            "required_certificates": kind.certificates,
            "equipment_id": next((known[name] for name in kind.skills if name in known), None),
            "priority": kind.priority,
            "duration_s": job.duration_s,
            "due_at": job.due_at.isoformat(),
            "notes": kind.title,
        }
        if job.window:
            body["window"] = {
                "start": job.window.start.isoformat(),
                "end": job.window.end.isoformat(),
            }
        return body
