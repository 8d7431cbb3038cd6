"""What boxes leave to one below them, held against looking at every point."""

from datetime import time
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from geo_dispatch.dispatch.policy.coverage import day_parts, space_of, takers, takes_all
from geo_dispatch.dispatch.policy.rules import TimeOfDay

CLOSED = {"day": frozenset(range(3))}
boxes = st.fixed_dictionaries(
    {},
    optional={
        "type": st.frozensets(st.sampled_from("abc"), min_size=1),
        "tier": st.frozensets(st.sampled_from("xy"), min_size=1),
        "day": st.frozensets(st.integers(0, 2), min_size=1),
    },
)


def holds(box, point):
    return all(point[name] in named for name, named in box.items())


def points():
    """Every order there can be; of what is open, one that no box names."""
    names = ("type", "tier", "day")
    return [dict(zip(names, one, strict=True)) for one in product("abcd", "xyz", range(3))]


@given(boxes, st.lists(boxes, max_size=6))
def test_a_box_is_taken_exactly_when_those_above_take_every_point_of_it(box, above):
    named = [(str(index), one) for index, one in enumerate(above)]
    told = takers(box, named, space_of([box, *above], CLOSED))
    inside = [point for point in points() if holds(box, point)]
    taken = all(any(holds(one, point) for one in above) for point in inside)
    assert bool(told) is taken
    assert not told or all(any(holds(above[int(name)], point) for name in told) for point in inside)
    for spare in told:  # none of them is named in vain
        others = [above[int(name)] for name in told if name != spare]
        assert any(not any(holds(one, point) for one in others) for point in inside)


@given(boxes, boxes)
def test_a_wider_box_takes_every_point_of_one_within(wide, narrow):
    every = all(holds(wide, point) for point in points() if holds(narrow, point))
    assert takes_all(wide, narrow, space_of([wide, narrow], CLOSED)) is every


def test_times_of_day_are_told_by_the_parts_that_their_ends_cut_the_day_into():
    night, morning = TimeOfDay(start=time(22), end=time(6)), TimeOfDay(start=time(5), end=time(9))
    rest = TimeOfDay(start=time(6), end=time(22))
    parts = day_parts([night, morning, rest])
    assert parts[night] == {time(22), time(5)}
    assert parts[morning] == {time(5), time(6)}
    assert parts[night] | parts[rest] == {time(22), time(5), time(6), time(9)}
