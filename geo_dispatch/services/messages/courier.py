"""The courier: carries queued messages to webhooks, each endpoint on its own, in order.

A message counts as delivered when its 2xx is on record, so it arrives at least once: who dies in
between sends it again, under the same id. Several workers may run; each endpoint is claimed by
one of them for as long as a try may take. The schedule follows the deployment's clock; claims and
signatures are in real time, the world's.
"""

from __future__ import annotations

import asyncio
import threading
import time
import zlib
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

import structlog

from geo_dispatch.adapters.clock import system_clock
from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.adapters.webhook_hosts import allowed_by
from geo_dispatch.adapters.webhooks import TIMEOUT_S, Poster, open_poster, signed_headers
from geo_dispatch.dispatch.messages.queueing import Message
from geo_dispatch.dispatch.messages.webhooks import Answer, Attempt, Delivery, Endpoint, judge
from geo_dispatch.kernel.actors import WORKER
from geo_dispatch.kernel.errors import Unavailable
from geo_dispatch.kernel.ids import WebhookId
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.messages import inbox, webhooks
from geo_dispatch.services.messages.outbox import body_of

AT_ONCE: Final = 200
"""Endpoints written to at one time: slow ones wait for their answers beside the others."""

_POLL_S: Final = 0.25
_PAUSE_S: Final = 1.0
_CLAIM_MARGIN_S: Final = 5.0
_FORGET_EVERY_S: Final = 3600.0
_TURN: Final = 100
"""Messages to one endpoint before others may have its place."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """A message to be posted."""

    endpoint: Endpoint
    delivery: Delivery
    message: Message


@dataclass(slots=True)
class Courier:
    """One process's courier.

    Attributes
    ----------
    owner
        Its unique name in claims.
    stopping
        Set to end `run`; tries under way are given up, and made again by whoever comes next.
    """

    ctx: Desk
    owner: str
    stopping: threading.Event
    timeout_s: float = TIMEOUT_S
    at_once: int = AT_ONCE
    _serving: dict[WebhookId, asyncio.Task[None]] = field(default_factory=dict)
    _forget_at: float = 0.0

    def run(self) -> None:
        """Carry until stopped; what is away is waited for."""
        asyncio.run(self._run())

    async def _run(self) -> None:
        allowed = allowed_by(self.ctx.settings.webhook_allow)
        async with open_poster(allowed, self.timeout_s) as poster:
            try:
                while not self.stopping.is_set():
                    pause_s = await self._look(poster)
                    await asyncio.to_thread(self.stopping.wait, pause_s)
            finally:
                for task in self._serving.values():
                    task.cancel()
                await asyncio.gather(*self._serving.values(), return_exceptions=True)

    async def _look(self, poster: Poster) -> float:
        """Begin to serve endpoints that have something due; how long to pause before the next."""
        self._serving = {key: task for key, task in self._serving.items() if not task.done()}
        try:
            await asyncio.to_thread(self._forget)
            due = await asyncio.to_thread(self._due)
        except Unavailable as error:
            _log.warning("webhooks wait", reason=error.message)
            return _PAUSE_S
        except Exception:  # noqa: BLE001 - the edge of the loop
            _log.exception("what is due to webhooks can't be told")
            return _PAUSE_S
        for endpoint_id in due:
            if endpoint_id not in self._serving and len(self._serving) < self.at_once:
                task = asyncio.create_task(self._serve(poster, endpoint_id))
                self._serving[endpoint_id] = task
        return _POLL_S

    async def _serve(self, poster: Poster, endpoint_id: WebhookId) -> None:
        try:
            job = await asyncio.to_thread(self._begin, endpoint_id)
            for turn in range(1, _TURN + 1):
                if job is None:
                    return
                answer = await self._post(poster, job)
                job = await asyncio.to_thread(self._settle, job, answer, last=turn == _TURN)
        except Unavailable as error:
            _log.warning("a webhook waits", endpoint=endpoint_id, reason=error.message)
        except Exception:  # noqa: BLE001 - the edge of the loop: one endpoint must not end it
            _log.exception("a webhook was not served", endpoint=endpoint_id)

    async def _post(self, poster: Poster, job: Job) -> Answer:
        body = body_of(job.message)
        secrets = job.endpoint.secrets_at(self.ctx.clock())
        headers = signed_headers(job.message.id, body, secrets, system_clock())
        return await poster.post(job.endpoint.url, headers, body)

    def _forget(self) -> None:
        """Every hour, and as long as there is more of it: drop what is old."""
        if time.monotonic() >= self._forget_at and not inbox.forget_old(self.ctx):
            self._forget_at = time.monotonic() + _FORGET_EVERY_S

    def _due(self) -> list[WebhookId]:
        with self.ctx.store.read() as unit:
            return list(unit.webhooks.due(self.ctx.clock()))

    def _begin(self, endpoint_id: WebhookId) -> Job | None:
        with self.ctx.store.write() as unit:
            if not self._claim(unit, endpoint_id):
                return None
            job = self._next(unit, endpoint_id)
            if job is not None:
                unit.commit()
        return job

    def _settle(self, job: Job, answer: Answer, *, last: bool) -> Job | None:
        """Put on record what came of it; the endpoint's next message, if one is due."""
        now = self.ctx.clock()
        with self.ctx.store.write() as unit:
            lane = unit.webhooks.lane(job.endpoint.id)
            verdict = judge(job.delivery, lane, answer, now, _jitter(job.delivery))
            unit.deliveries.note(Attempt(job.delivery.id, now, answer))
            unit.deliveries.settle(verdict.delivery)
            unit.webhooks.set_lane(job.endpoint.id, verdict.lane)
            endpoint = unit.webhooks.get(job.endpoint.id)
            if verdict.disable and endpoint.enabled:
                disabled = replace(endpoint, enabled=False, disabled_reason=verdict.disable)
                webhooks.save(self.ctx, unit, endpoint, disabled, actor=WORKER)
                _log.warning("webhook disabled", endpoint=endpoint.id, reason=verdict.disable)
            following = None if last else self._next(unit, job.endpoint.id)
            if following is None or not self._claim(unit, job.endpoint.id):
                unit.webhooks.release(job.endpoint.id, self.owner)
                following = None
            unit.commit()
        if not answer.accepted:
            _log.info("webhook failed", endpoint=job.endpoint.id, told=answer.told)
        return following

    def _claim(self, unit: Unit, endpoint_id: WebhookId) -> bool:
        now = system_clock()
        until = now + timedelta(seconds=self.timeout_s + _CLAIM_MARGIN_S)
        return unit.webhooks.claim(endpoint_id, self.owner, now, until)

    def _next(self, unit: Unit, endpoint_id: WebhookId) -> Job | None:
        delivery = unit.webhooks.next_delivery(endpoint_id, self.ctx.clock())
        if delivery is None:
            return None
        endpoint = unit.webhooks.get(endpoint_id)
        return Job(endpoint, delivery, unit.messages.get(delivery.message_id))


def _jitter(delivery: Delivery) -> float:
    """In [0, 1), another for each delivery and try, and the same when asked again."""
    return zlib.crc32(f"{delivery.id} {delivery.tries}".encode()) / 2**32
