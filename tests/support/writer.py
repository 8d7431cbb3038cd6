"""A process that writes: `python -m tests.support.writer URL WHO COUNT`.

It migrates, then places orders and changes one that all writers share, as often as told.
"""

import sys

from geo_dispatch.adapters.clock import random_id, system_clock
from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.config import Settings
from geo_dispatch.kernel.errors import VersionConflict
from geo_dispatch.services.desk import BackOffice
from geo_dispatch.services.orders import work_orders
from tests.support.records import DISPATCHER

SHARED = "shared"
"""External id of the order that all writers change."""


def main(url: str, who: str, count: int) -> None:
    """Write ``count`` times; each time one new order and one change of the shared one."""
    store = Store(url)
    store.migrate()
    desk = BackOffice(Settings(), store, system_clock, random_id)
    with store.read() as unit:
        shared = unit.orders.by_external_id(SHARED)
    for turn in range(count):
        fields = {"type": "repair", "site_id": shared.site_id, "external_id": f"{who}-{turn}"}
        work_orders.place(desk, fields, actor=DISPATCHER)
        while not changed(desk, shared.id, f"{who}-{turn}"):
            pass
    store.close()


def changed(desk: BackOffice, order_id: str, note: str) -> bool:
    """Add the note to the order's; False when someone else came first."""
    order = work_orders.get(desk, order_id)
    notes = f"{order.notes} {note}"
    try:
        work_orders.change(
            desk, order_id, {"notes": notes}, actor=DISPATCHER, expected_version=order.version
        )
    except VersionConflict:
        return False
    return True


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
