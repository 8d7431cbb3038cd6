"""A process that dies at its work: `python -m tests.support.keyed URL SITE before|after`.

It handles `REQUEST` as the API does, by placing an order at the site, and is killed before or
after that is committed, but in any case before its answer is kept.
"""

import os
import signal
import sys
from typing import Final

from geo_dispatch.adapters.clock import random_id, system_clock
from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.config import Settings
from geo_dispatch.kernel.ids import SiteId
from geo_dispatch.services import idempotency
from geo_dispatch.services.desk import BackOffice
from geo_dispatch.services.idempotency import Request
from geo_dispatch.services.orders import work_orders
from tests.support.records import DISPATCHER

REQUEST: Final = Request(DISPATCHER.name, "k-1", "POST", "/v1/work-orders", b"{}")


def main(url: str, site_id: str, moment: str) -> None:
    """Place the order, and die at the moment."""
    store = Store(url)
    desk = BackOffice(Settings(), store, system_clock, random_id)
    assert idempotency.begin(store, REQUEST) is None
    with idempotency.in_hand(REQUEST), store.write() as unit:
        work_orders.place_in(
            desk, unit, {"type": "repair", "site_id": SiteId(site_id)}, actor=DISPATCHER
        )
        if moment == "after":
            unit.commit()
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
