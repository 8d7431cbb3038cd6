"""Find places by what people call them."""

from __future__ import annotations

from typing import Final

from geo_dispatch.adapters.places import Place, Places
from geo_dispatch.config import Settings
from geo_dispatch.kernel.errors import Fault, InvalidInput
from geo_dispatch.kernel.geo import LonLat

__all__ = ["MAX_LIMIT", "Place", "search"]

MAX_LIMIT: Final = 50
MAX_QUERY: Final = 200


def search(settings: Settings, q: str, limit: int = 10, near: LonLat | None = None) -> list[Place]:
    """Addresses, streets and places of the area, the best answer first.

    Raises
    ------
    InvalidInput
        The query is too long, or the limit is out of bounds.
    Unavailable
        The area's address index is not built.
    """
    faults = []
    if len(q) > MAX_QUERY:
        faults.append(Fault("q", f"{len(q)} letters; an address has at most {MAX_QUERY}"))
    if not 1 <= limit <= MAX_LIMIT:
        faults.append(Fault("limit", f"{limit} is not between 1 and {MAX_LIMIT}"))
    if faults:
        raise InvalidInput("; ".join(map(str, faults)), faults)
    return Places(settings.places_path).search(q, limit, near)
