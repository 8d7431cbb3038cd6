"""Any move of any cells: no land lost, none owned twice, no part added; or refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_dispatch.kernel.errors import Conflict, InvalidInput
from geo_dispatch.territory.check import check
from geo_dispatch.territory.model import area_m2
from geo_dispatch.territory.moves import border_cells, cell_owners, move_cells
from tests.support.shapes import square, territory

WEST = territory("West", square(0, 0, 3, 5), square(8, 1, 1, 1))
EAST = territory("East", square(3, 0, 3, 3))
NORTH = territory("North", square(3, 3, 3, 2).difference(square(4, 4, 0.5, 0.5)))
MAP = [WEST, EAST, NORTH]


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    ways=st.lists(st.permutations(["west", "east", "north"]), min_size=1, max_size=3),
    count=st.integers(1, 5),
)
def test_a_chain_of_moves_keeps_the_map_whole(seed, ways, count):
    rng = np.random.default_rng(seed)
    now = list(MAP)
    for source, target, _ in ways:
        along = border_cells(cell_owners(now, 9), source, target)
        chosen = rng.permutation(along)[:count].tolist()
        try:
            move = move_cells(now, chosen, source, target)
        except (Conflict, InvalidInput):
            continue
        parts = [
            (len(a.area.geoms), len(b.area.geoms))
            for a, b in zip(now, move.territories, strict=True)
        ]
        assert all(after <= before for before, after in parts)
        now = list(move.territories)
    assert {f.code for f in check(now)} <= {"gap"}
    total = sum(area_m2(t.area) for t in now)
    assert total == pytest.approx(sum(area_m2(t.area) for t in MAP), abs=20)
