"""The record as it must be after whatever was sent."""

from dataclasses import replace

from geo_dispatch.dispatch.work.events import stream_of
from geo_dispatch.dispatch.work.evolution import evolve_all
from geo_dispatch.services.context import Context
from geo_dispatch.services.history import audit


def assert_consistent(ctx: Context) -> None:
    """The log is as it was written, and every order is what its events come to."""
    verdict = audit.verify(ctx)
    assert verdict.finding is None, verdict.finding
    with ctx.store.read() as unit:
        for order in unit.orders.list(retired=True):
            events = [logged.event for logged in unit.stream(stream_of(order.id))]
            assert replace(evolve_all(None, events), version=order.version) == order
