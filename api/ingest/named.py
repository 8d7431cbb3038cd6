"""Devices that are named as other systems name them become technicians."""

from __future__ import annotations

from fastapi.concurrency import run_in_threadpool

from api.ingest.forms import Reading
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.services.context import Context
from geo_dispatch.services.tracking import fleet


async def by_id(context: Context, reading: Reading, actor: Actor) -> Reading:
    """The reading with technicians' ids for names, as far as anybody is called so.

    What it tells of devices that are nobody's, or that the key doesn't speak for, is left out.
    """
    strangers = reading.named() - {actor.technician_id, ""}
    if not strangers:
        return reading
    ids = await run_in_threadpool(fleet.ids_of, context, strangers)
    ours = reading.renamed(ids)
    speaks_for = ids.values() if actor.technician_id is None else {actor.technician_id}
    told = {who: one for who, one in ours.statuses.items() if who in speaks_for}
    return Reading(ours.items, told)
