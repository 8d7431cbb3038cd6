"""Moving cells: land changes hands exactly along the cells, and no territory falls apart."""

import pytest
import shapely

from geo_dispatch.kernel import cells
from geo_dispatch.kernel.errors import Conflict, InvalidInput, NotFound
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.territory.check import check
from geo_dispatch.territory.model import area_m2
from geo_dispatch.territory.moves import border_cells, cell_owners, move_cells, sites_moved
from tests.support.shapes import square, territory

WEST = territory("West", square(0, 0, 3, 4))
EAST = territory("East", square(3, 0, 3, 4))
FAR = territory("Far", square(10, 0))
PAIR = [WEST, EAST]


def cells_at(column, row, radius=0):
    centre = cells.lonlat_to_cell(LonLat(9.5 + column * 0.01, 47.1 + row * 0.01))
    return [cell for k in range(radius + 1) for cell in cells.ring(centre, k)]


def total_m2(territories):
    return sum(area_m2(t.area) for t in territories)


def test_a_cell_belongs_to_the_territory_that_holds_most_of_it():
    owners = cell_owners(PAIR, 9)
    for cell, owner in owners.items():
        outline = cells.cell_to_polygon(cell)
        sizes = {t.id: outline.intersection(t.area).area for t in PAIR}
        assert sizes[owner] == max(sizes.values())


def test_border_cells_lie_beside_the_other_territory():
    owners = cell_owners(PAIR, 9)
    along = border_cells(owners, WEST.id, EAST.id)
    assert along
    assert all(abs(cells.cell_to_lonlat(cell).lon - 9.53) < 0.006 for cell in along)


def test_moved_land_changes_hands_and_no_land_is_lost():
    chosen = border_cells(cell_owners(PAIR, 9), WEST.id, EAST.id)[3:6]
    move = move_cells(PAIR, chosen, WEST.id, EAST.id)
    west, east = move.territories
    given = shapely.union_all([cells.cell_to_polygon(c) for c in chosen]) & WEST.area
    assert area_m2(given) > 100_000
    assert area_m2(given - east.area) == pytest.approx(0, abs=5)
    assert area_m2(given & west.area) == pytest.approx(0, abs=5)
    assert move.piece_m2 == pytest.approx(area_m2(WEST.area) - area_m2(west.area), rel=1e-3)
    assert total_m2(move.territories) == pytest.approx(total_m2(PAIR), abs=5)
    assert check(move.territories) == []


def test_every_border_cell_can_move_alone():
    for chosen in border_cells(cell_owners(PAIR, 9), WEST.id, EAST.id):
        move = move_cells(PAIR, [chosen], WEST.id, EAST.id)
        assert check(move.territories) == []
        assert [len(t.area.geoms) for t in move.territories] == [1, 1]


def test_land_of_a_third_territory_in_the_cells_stays():
    third = territory("Third", square(0, 4, 6, 2))
    corner = cells_at(3, 4, radius=1)
    move = move_cells([WEST, EAST, third], corner, WEST.id, EAST.id)
    assert move.territories[2] == third
    assert check(move.territories) == []


def test_a_move_that_cuts_a_territory_in_two_is_refused_by_name():
    across = [
        cell
        for cell, owner in cell_owners(PAIR, 9).items()
        if owner == WEST.id and abs(cells.cell_to_lonlat(cell).lat - 47.12) < 0.004
    ]
    with pytest.raises(Conflict, match="West would fall into 2 parts, from 1"):
        move_cells(PAIR, across, WEST.id, EAST.id)


def test_a_move_that_makes_an_island_is_refused_by_name():
    with pytest.raises(Conflict, match="East would fall into 2 parts, from 1"):
        move_cells(PAIR, cells_at(1, 2, radius=1), WEST.id, EAST.id)


def test_an_exclave_may_move_whole():
    two_parts = territory("Two", square(0, 0, 3, 4), square(8, 0))
    neighbour = territory("East", square(3, 0, 5, 4))
    chosen = [
        cell
        for cell in cell_owners([two_parts], 9)
        if cells.cell_to_polygon(cell).intersects(square(8, 0))
    ]
    move = move_cells([two_parts, neighbour], chosen, two_parts.id, neighbour.id)
    assert [len(t.area.geoms) for t in move.territories] == [1, 1]


def test_a_small_exclave_elsewhere_is_no_crumb():
    two_parts = territory("Two", square(0, 0, 3, 4), square(10, 0, 0.1, 0.1))
    chosen = border_cells(cell_owners([two_parts, EAST], 9), two_parts.id, EAST.id)[2:4]
    move = move_cells([two_parts, EAST], chosen, two_parts.id, EAST.id)
    assert len(move.territories[0].area.geoms) == 2


def test_the_last_land_can_not_be_given_away():
    chosen = cells.overlapping_cells(FAR.area, 9)
    with pytest.raises(Conflict, match="Far would have no land left"):
        move_cells([*PAIR, FAR], chosen, FAR.id, EAST.id)


@pytest.mark.parametrize("chosen", [[], cells_at(50, 50)])
def test_cells_without_land_of_the_source_are_refused(chosen):
    with pytest.raises(InvalidInput, match="nothing to move from West to East"):
        move_cells(PAIR, chosen, WEST.id, EAST.id)


def test_an_unknown_territory_is_refused_with_those_there_are():
    with pytest.raises(NotFound, match="no territory 'nowhere'; there are east, west"):
        move_cells(PAIR, cells_at(1, 1), "nowhere", EAST.id)


def test_sites_moved_are_counted_by_where_from_and_where_to():
    moved = sites_moved(["a", "a", "b", None], ["b", "a", "b", "a"])
    assert moved == {("a", "b"): 1, (None, "a"): 1}
