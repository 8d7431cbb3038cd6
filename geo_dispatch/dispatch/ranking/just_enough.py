"""Of all that was found in somebody's way, what has to give way, and by just so much."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.plan import Plan
from geo_dispatch.dispatch.ranking.exclusions import Exclusion
from geo_dispatch.dispatch.ranking.lifting import lifted_by
from geo_dispatch.dispatch.ranking.relaxation import Gives, Relaxation

Judge = Callable[[Sequence[Relaxation]], Sequence[Exclusion]]
"""What is still in the way with these given way to; nothing: they can be sent."""

_SHARP_S: Final = 1.0
"""Nobody asks for less."""


def just_enough(
    found: Sequence[Exclusion], case: Case, plan: Plan, judge: Judge
) -> tuple[Exclusion, ...]:
    """The reasons without which the others are not enough, each with the least that lifts it.

    A limit that was found again once it had given way is told once, by all of it. What a later
    one makes needless is left out: an hour of overtime, where only tomorrow's shift will do.
    How a day goes may turn on a limit, so the least is searched, not subtracted.

    Parameters
    ----------
    found
        In the sequence in which they were found; with all of them lifted, nothing is in the way.
    """
    told = _joined(found, case)
    if len(told) < len(found) and judge(_relaxations(told)):
        told = list(found)
    told = _needed(told, judge)
    for number in range(len(told)):
        told[number] = _sharp(number, told, judge)
    return tuple(
        one if one in found else _worded(number, told, case, plan, judge)
        for number, one in enumerate(told)
    )


def _relaxations(told: Sequence[Exclusion]) -> list[Relaxation]:
    return [one.relax for one in told if one.relax is not None]


def _joined(found: Sequence[Exclusion], case: Case) -> list[Exclusion]:
    """Those of one limit as one, with the sum of their times."""
    told: list[Exclusion] = []
    for one in found:
        for number, known in enumerate(told):
            both = _sum(known.relax, one.relax, case)
            if both is not None:
                told[number] = replace(known, relax=both)
                break
        else:
            told.append(one)
    return told


def _sum(one: Relaxation | None, more: Relaxation | None, case: Case) -> Relaxation | None:
    if one is None or more is None or (one.gives, one.target) != (more.gives, more.target):
        return None
    if not (one.in_time and more.in_time):
        return None
    amount = (one.amount or 0.0) + (more.amount or 0.0)
    if one.gives is Gives.LEAVE and one.at is not None:
        left = max(one.at, case.now) + timedelta(seconds=one.amount or 0.0)
        return replace(one, amount=amount) if more.at == left else None
    return replace(one, amount=amount)


def _needed(told: list[Exclusion], judge: Judge) -> list[Exclusion]:
    """Without those that the others make needless, the last found first."""
    if len(told) == 1:
        return told
    for number in reversed(range(len(told))):
        rest = [*told[:number], *told[number + 1 :]]
        if not judge(_relaxations(rest)):
            return _needed(rest, judge)
    return told


def _sharp(number: int, told: Sequence[Exclusion], judge: Judge) -> Exclusion:
    """That one with the least time that is enough, given the others."""
    one, relax = told[number], told[number].relax
    if relax is None or not relax.in_time:
        return one

    def enough(amount: float) -> bool:
        given = _relaxations(told)
        given[number] = replace(relax, amount=amount)
        return not judge(given)

    low, high = 0.0, float(relax.amount or 0.0)
    if not enough(high - _SHARP_S):
        return one
    while high - low > _SHARP_S:
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return replace(one, relax=replace(relax, amount=high))


def _worded(
    number: int, told: Sequence[Exclusion], case: Case, plan: Plan, judge: Judge
) -> Exclusion:
    """That one in words of its own: the fact as it is with the others lifted."""
    one, relax = told[number], told[number].relax
    if relax is None:
        return one
    rest = _relaxations([*told[:number], *told[number + 1 :]])
    alone = (
        other
        for other in judge(rest)
        if other.relax is not None
        and (other.relax.gives, other.relax.target) == (relax.gives, relax.target)
    )
    known = next(alone, one)
    return replace(
        known,
        lifts=lifted_by(relax, case, plan),
        measured=known.measured | {"by_s": relax.amount},
        relax=relax,
    )
