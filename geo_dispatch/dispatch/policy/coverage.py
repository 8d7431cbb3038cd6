"""Which of several conditions, the first of which counts, can never have their turn.

A condition is a box: for each name a set of values, all of them where it asks for nothing. What a
box holds beyond those above it is worked out by cutting them away, one after another.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from geo_dispatch.dispatch.policy.rules import TimeOfDay

Box = Mapping[str, frozenset[Hashable]]
"""The values that each name may have; a name that isn't there may have any."""

MOST_CUTS: Final = 1_000
"""Whether boxes are covered is as hard as any puzzle: past so many cuts it is not proven."""

_OTHER: Final = object()
"""What nobody names: there is always another job type."""


@dataclass(frozen=True, slots=True)
class Space:
    """All values that tell boxes apart, by name."""

    values: Box

    def without(self, box: Box, cut: Box) -> Iterable[Box]:
        """What is left of the box when the cut is taken out, in pieces that don't overlap."""
        piece = dict(box)
        for name, taken in cut.items():
            there = piece.get(name, self.values[name])
            outside = there - taken
            if outside:
                yield {**piece, name: outside}
            piece[name] = there & taken


def space_of(boxes: Iterable[Box], closed: Box) -> Space:
    """The space of these boxes; names in ``closed`` have those values and no other."""
    values: dict[str, frozenset[Hashable]] = {}
    for box in boxes:
        for name, named in box.items():
            values[name] = values.get(name, frozenset([_OTHER])) | named
    return Space({**values, **closed})


def takers(box: Box, above: Sequence[tuple[str, Box]], space: Space) -> tuple[str, ...]:
    """The names of those above that together take all that the box holds; empty if they don't."""
    near = _needed(box, [one for one in above if _meet(box, one[1])], space)
    for one in near:
        near = _needed(box, [other for other in near if other is not one], space) or near
    return tuple(name for name, _ in near)


def takes_all(wide: Box, narrow: Box, space: Space) -> bool:
    """Whether all that the narrow box holds lies in the wide one."""
    return all(narrow.get(name, space.values[name]) <= asked for name, asked in wide.items())


def day_parts(hours: Iterable[TimeOfDay]) -> dict[TimeOfDay, frozenset[Hashable]]:
    """Each of the times of day as the parts of the day that all their ends cut it into."""
    spans = set(hours)
    ends = sorted({end for span in spans for end in (span.start, span.end)})
    return {span: frozenset(start for start in ends if start in span) for span in spans}


def named_values(values: Iterable[Hashable]) -> frozenset[Hashable]:
    """The values of a list; names are compared without case."""
    return frozenset(one.casefold() if isinstance(one, str) else one for one in values)


def _meet(one: Box, other: Box) -> bool:
    return all(not named.isdisjoint(other[name]) for name, named in one.items() if name in other)


def _needed(box: Box, above: Sequence[tuple[str, Box]], space: Space) -> Sequence[tuple[str, Box]]:
    """Those above that cut something away until nothing of the box is left.

    None of them when something is left, or when it can't be proven that nothing is.
    """
    left, cutting = [(box, 0)], set[int]()
    for _ in range(MOST_CUTS):
        if not left:
            return [above[place] for place in sorted(cutting)]
        piece, first = left.pop()
        place = next((n for n in range(first, len(above)) if _meet(piece, above[n][1])), None)
        if place is None:
            return ()
        cutting.add(place)
        left.extend((rest, place + 1) for rest in space.without(piece, above[place][1]))
    return ()
