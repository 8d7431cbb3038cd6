"""The office of the demo: takes calls, assigns most jobs, leaves some to whoever is at the map."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from geo_dispatch.demo.client import Api, Json, Refused
from geo_dispatch.demo.day import Job
from geo_dispatch.demo.seeding import Entered

Say = Callable[[str], None]

THINKING = timedelta(seconds=20)
"""From the call to the assignment."""

FIRST_REFUSAL = timedelta(minutes=40)
"""How long a job waits for the dispatcher at the map before the office assigns it."""

SECOND_TRY = timedelta(minutes=10)


@dataclass(order=True, slots=True)
class _Todo:
    at: datetime
    number: int
    order_id: str = field(compare=False)


class Office:
    """Places the day's jobs as their time comes, and has them assigned to the top candidate."""

    def __init__(self, api: Api, entered: Entered, jobs: Sequence[Job], say: Say) -> None:
        self._api = api
        self._entered = entered
        self._jobs = list(reversed(jobs))
        self._say = say
        self._todo: list[_Todo] = []
        self.placed: list[str] = []
        self.assigned: dict[str, Json] = {}
        """What the API answered to each assignment, by order."""

    def step(self, now: datetime) -> None:
        """Do what is due."""
        while self._jobs and self._jobs[-1].at <= now:
            self._place(self._jobs.pop(), now)
        while self._todo and self._todo[0].at <= now:
            self._assign(heapq.heappop(self._todo), now)

    def _place(self, job: Job, now: datetime) -> None:
        order = self._api.post("/v1/work-orders", self._order(job))
        self.placed.append(order["id"])
        wait = FIRST_REFUSAL if job.left_to_dispatcher else THINKING
        heapq.heappush(self._todo, _Todo(now + wait, len(self.placed), order["id"]))
        if job.kind.priority == 1:
            self._say(f"emergency {order['number']}: {job.kind.title}")

    def _assign(self, todo: _Todo, now: datetime) -> None:
        try:
            order = self._api.post(f"/v1/work-orders/{todo.order_id}/assign", {"auto": True})
        except Refused as refused:
            # nobody can do it now; whoever sits at the map may have assigned it already
            current = self._api.get(f"/v1/work-orders/{todo.order_id}")
            if current["status"] == "new":
                self._say(f"{current['number']} stays unassigned: {refused}")
                again = _Todo(now + SECOND_TRY, todo.number, todo.order_id)
                heapq.heappush(self._todo, again)
            return
        self.assigned[todo.order_id] = order

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
