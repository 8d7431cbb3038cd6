"""How long a crossing takes, as people write it in OSM: ``25``, ``1:30``, ``PT1H30M``.

The forms are those of https://wiki.openstreetmap.org/wiki/Key:duration.
"""

from __future__ import annotations

import re
from typing import Final

_CLOCK = re.compile(r"(?:(\d+):)?(\d+)(?::(\d\d))?")
_ISO = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_LONGEST_S: Final = 2 * 24 * 3600.0


def duration_s(text: str) -> float | None:
    """Seconds of a duration value, or None when it states none that makes sense.

    A bare number is minutes; of two with a colon the first is hours.
    """
    clock, iso = _CLOCK.fullmatch(text.strip()), _ISO.fullmatch(text.strip().upper())
    if clock:
        hours, minutes, seconds = (float(part or 0) for part in clock.groups())
        total = 3600 * hours + 60 * minutes + seconds
    elif iso:
        days, hours, minutes, seconds = (float(part or 0) for part in iso.groups())
        total = 86400 * days + 3600 * hours + 60 * minutes + seconds
    else:
        return None
    return total if 0 < total <= _LONGEST_S else None
