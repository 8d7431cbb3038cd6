"""When fixes make an arrival or a departure: one rule, with a version."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

_EVEN: Final = 0.5


@dataclass(frozen=True, slots=True)
class ArrivalRule:
    """When fixes make an arrival or a departure; a change of any value needs a new version.

    Attributes
    ----------
    accuracy_floor_m, accuracy_factor
        Phones understate their error: no accuracy counts as less, and each as so much more.
    useless_accuracy_m
        Fixes worse than this prove nothing.
    memory_s
        How long an error lasts: a fix counts by the time since the one before, as a share of it.
    forgets_s
        What fixes said fades over that time: part of an error stays as long as the phone does,
        and no number of doubtful fixes makes a sure one.
    outlier_p
        How likely a fix is wrong altogether: none is surer than that.
    most_log_odds, least_log_odds
        Beyond the one, more fixes add nothing, so that what has changed shows soon; below the
        other, a dwell is over.
    arrive_p, suggest_p, leave_p
        Inside for sure; inside enough to ask the technician; outside for sure.
    leave_scale
        Who is within the fence grown so much has not left.
    slow_mps
        Faster fixes neither begin nor complete a dwell.
    dwell_s, leave_s
        How long it takes to arrive, and to have left.
    gap_s
        Longer silences count neither way.
    spacing_s, most_fixes
        Fixes closer together than this add no evidence of their own; so many are kept.
    """

    version: str = "dwell/2"
    accuracy_floor_m: float = 8.0
    accuracy_factor: float = 1.3
    useless_accuracy_m: float = 150.0
    memory_s: float = 30.0
    forgets_s: float = 300.0
    outlier_p: float = 0.03
    most_log_odds: float = 5.0
    least_log_odds: float = -2.0
    arrive_p: float = 0.95
    suggest_p: float = 0.6
    leave_p: float = 0.95
    leave_scale: float = 1.5
    slow_mps: float = 2.5
    dwell_s: float = 150.0
    leave_s: float = 90.0
    gap_s: float = 600.0
    spacing_s: float = 5.0
    most_fixes: int = 60

    def __post_init__(self) -> None:
        if not _EVEN < self.suggest_p < self.arrive_p < 1 or not _EVEN < self.leave_p < 1:
            raise ValueError("0.5 < suggest_p < arrive_p < 1 and 0.5 < leave_p < 1 must hold")
        if not self.least_log_odds < 0 < log_odds(max(self.arrive_p, self.leave_p)):
            raise ValueError("least_log_odds must be below 0")
        if self.most_log_odds <= log_odds(max(self.arrive_p, self.leave_p)):
            raise ValueError("most_log_odds must be above those of arrive_p and leave_p")
        times = (self.memory_s, self.forgets_s, self.dwell_s, self.leave_s, self.gap_s)
        if self.leave_scale < 1 or min(times) <= 0:
            raise ValueError("leave_scale must be at least 1, and times above 0 s")


def log_odds(probability: float) -> float:
    """Of something with that probability."""
    return math.log(probability / (1.0 - probability))


RULE: Final = ArrivalRule()
