"""A courier in a process of its own, to be killed: ``python -m tests.support.carrier FOLDER``."""

import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.config import Settings
from geo_dispatch.services.desk import BackOffice
from geo_dispatch.services.messages.courier import Courier
from tests.support.records import counting_ids


def main(folder: Path, owner: str, timeout_s: float) -> None:
    settings = Settings(workspace=folder, data=folder, webhook_allow="127.0.0.1")
    store = Store(f"sqlite:///{folder / 'records.db'}")
    desk = BackOffice(settings, store, lambda: datetime.now(UTC), counting_ids())
    Courier(desk, owner, threading.Event(), timeout_s=timeout_s).run()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]))
