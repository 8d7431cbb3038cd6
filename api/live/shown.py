"""Which positions one reader of a stream sees: those of its part of the map, or counts by cell."""

from __future__ import annotations

from typing import Any

from api.live.audience import Audience
from api.live.density import counts, resolution_for
from api.live.feed import Feed
from api.live.hub import PositionView
from geo_dispatch.kernel.geo import Box, LonLat
from geo_dispatch.tracking.positions import Position


class Shown:
    """What a reader sees of positions; whether that is counts is settled when it begins.

    Parameters
    ----------
    box
        The part of the map; None for all of it.
    most
        More positions than this are counted by cell, in at most so many cells; None never are.
    """

    def __init__(
        self, feed: Feed, audience: Audience, box: Box | None = None, most: int | None = None
    ) -> None:
        self._feed = feed
        self._audience = audience
        self._box = box
        self._most = most or 0
        self.counted = most is not None and len(self._positions()) > most

    def wants(self, view: PositionView) -> bool:
        """Whether the reader is sent this position."""
        if self.counted or not self._audience.wants_position(view["technician_id"]):
            return False
        return self._box is None or self._box.holds(LonLat(view["lon"], view["lat"]))

    def snapshot(self) -> dict[str, Any]:
        """All of it, as it stands now: ``positions``, or ``cells`` and no positions."""
        if self.counted:
            return {"positions": [], "cells": self.cells()}
        return {"positions": self._feed.view(self._positions()), "cells": None}

    def cells(self) -> list[dict[str, Any]]:
        """How many there are in each cell, with its outline."""
        positions = self._positions()
        found = counts(positions, resolution_for(positions, self._most), self._feed.is_live)
        return [one.plain | {"outline": one.outline} for one in found]

    def _positions(self) -> list[Position]:
        wanted = self._audience.wants_position
        return [one for one in self._feed.in_use(self._box) if wanted(one.technician_id)]
