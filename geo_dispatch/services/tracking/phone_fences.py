"""The fences of today's jobs, for phones whose app can watch them.

What is news is worked out after a phone was answered, and told with its next answer: no fix waits
for it, and none is refused for it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

import structlog

from geo_dispatch.dispatch.records.sites import Site
from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.kernel.errors import GeoDispatchError
from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.kernel.time import datetime_to_ms
from geo_dispatch.services.context import Context
from geo_dispatch.tracking.fences import circle_fence, polygon_fence
from geo_dispatch.tracking.phone_fences import FenceNews, PhoneFence, news_of

LOOK_EVERY_MS: Final = 30_000
"""A phone's jobs are looked at no more often, in the deployment's time."""

MOST: Final = 15
"""An iPhone watches twenty places in all; the technician may have some of their own."""

_PHONES: Final = 4
"""So many phones of one technician are told apart."""


class Phone(NamedTuple):
    """Whose phone, and as which device it speaks."""

    technician_id: TechnicianId
    device: str


@dataclass(slots=True)
class _Known:
    """What this process knows of a phone; ``answered`` is the message that was answered with it."""

    looked_ms: int = -LOOK_EVERY_MS
    news: FenceNews | None = None
    said: FenceNews | None = None
    answered: int | None = None


class PhoneFences:
    """Tells each phone its fences, once for each change."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._known: dict[TechnicianId, dict[str, _Known]] = {}
        self._looking: set[asyncio.Task[None]] = set()

    def take(self, phone: Phone, message: int) -> FenceNews | None:
        """What to tell the phone in answer to this message; asks nobody.

        Parameters
        ----------
        message
            A mark of what it sent. The same again means that our answer was lost: it gets it again.
        """
        known = self._of(phone)
        if known.news is not None:
            known.said, known.news, known.answered = known.news, None, message
            self._look_soon(phone, known, known.said)
            return known.said
        if known.answered == message:
            return known.said
        if self._now_ms() - known.looked_ms >= LOOK_EVERY_MS:
            self._look_soon(phone, known)
        return None

    def look(self, phone: Phone, said: FenceNews | None = None) -> FenceNews | None:
        """Keep that the phone was told that; find what it has not been told."""
        ctx = self._ctx
        with ctx.store.read() as unit:
            technician = unit.technicians.get(phone.technician_id)
            orders = _todays(unit.orders.open([technician.id]), ctx.clock(), ctx)
            sites = unit.sites.many(order.site_id for order in orders)
        told = ctx.live.devices.fences_told(technician.shard, technician.id)
        if said is not None:
            told.pop(phone.device, None)
            told[phone.device] = said.fences
            kept = dict(list(told.items())[-_PHONES:])
            ctx.live.devices.keep_fences_told(technician.shard, technician.id, kept)
        fences = [_fence(order, sites[order.site_id]) for order in orders[:MOST]]
        return news_of(told.get(phone.device, ()), fences)

    async def looked(self) -> None:
        """Return when all that was begun beside answers is done."""
        await asyncio.gather(*self._looking)

    def _look_soon(self, phone: Phone, known: _Known, said: FenceNews | None = None) -> None:
        known.looked_ms = self._now_ms()
        task = asyncio.create_task(self._look(phone, known, said))
        self._looking.add(task)
        task.add_done_callback(self._looking.discard)

    async def _look(self, phone: Phone, known: _Known, said: FenceNews | None) -> None:
        try:
            known.news = await asyncio.to_thread(self.look, phone, said)
        except GeoDispatchError as error:
            structlog.get_logger().warning("fences_not_told", code=error.code, detail=error.message)

    def _of(self, phone: Phone) -> _Known:
        phones = self._known.setdefault(phone.technician_id, {})
        if phone.device not in phones and len(phones) >= _PHONES:
            del phones[next(iter(phones))]
        return phones.setdefault(phone.device, _Known())

    def _now_ms(self) -> int:
        return datetime_to_ms(self._ctx.clock())


def _todays(orders: list[WorkOrder], now: datetime, ctx: Context) -> list[WorkOrder]:
    today = now.astimezone(ctx.zone).date()
    return [
        order
        for order in orders
        if order.window is None or order.window.start.astimezone(ctx.zone).date() <= today
    ]


def _fence(order: WorkOrder, site: Site) -> PhoneFence:
    if site.fence is None:
        fence = circle_fence(site.location, site.fence_radius_m)
    else:
        fence = polygon_fence(site.fence)
    return PhoneFence(
        order_id=order.id,
        name=order.number,
        lon=round(fence.centre.lon, 7),
        lat=round(fence.centre.lat, 7),
        radius_m=max(1, round(fence.radius_m)),
    )
