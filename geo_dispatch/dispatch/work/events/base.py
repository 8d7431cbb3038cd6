"""The base of all events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of all events; ``type`` is the stored name."""

    type: ClassVar[str]
