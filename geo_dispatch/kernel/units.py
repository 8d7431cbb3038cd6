"""Units. Names carry them: ``_m``, ``_s``, ``_ms``, ``_mps``, ``_kmh``, ``_deg``.

Drive times inside the engine are int32 milliseconds.
"""

from __future__ import annotations

from typing import Final

UNREACHABLE_MS: Final = 2**29
"""Drive time of a pair without a way, 6.2 days. Twice it still fits into int32."""

METRES_PER_MILE: Final = 1609.344
METRES_PER_KNOT_HOUR: Final = 1852.0


def kmh_to_mps(speed_kmh: float) -> float:
    """Kilometres per hour to metres per second."""
    return speed_kmh / 3.6


def mph_to_kmh(speed_mph: float) -> float:
    """Miles per hour to kilometres per hour."""
    return speed_mph * METRES_PER_MILE / 1000.0


def knots_to_kmh(speed_kn: float) -> float:
    """Knots to kilometres per hour."""
    return speed_kn * METRES_PER_KNOT_HOUR / 1000.0
