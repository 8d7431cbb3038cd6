"""What keeping records takes: less than a whole `Context`, so that it works without Redis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.config import Settings
from geo_dispatch.kernel.ids import NewId
from geo_dispatch.kernel.time import Clock


class Desk(Protocol):
    """Settings, records, clock and id maker: a `Context`, or the `BackOffice`."""

    @property
    def settings(self) -> Settings:
        """The deployment's settings."""

    @property
    def store(self) -> Store:
        """Its records."""

    @property
    def clock(self) -> Clock:
        """Its time."""

    @property
    def new_id(self) -> NewId:
        """Its id maker."""


@dataclass(frozen=True, slots=True)
class BackOffice:
    """The desk of the command line: no Redis, no roads."""

    settings: Settings
    store: Store
    clock: Clock
    new_id: NewId
