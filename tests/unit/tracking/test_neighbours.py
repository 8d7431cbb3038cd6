"""Sites next to each other: geometry alone confirms none, what else is known decides."""

import numpy as np
import pytest
import shapely

from geo_dispatch.kernel.geo import local_m_to_lonlat
from geo_dispatch.tracking.fences import circle_fence, polygon_fence
from geo_dispatch.tracking.neighbours import Neighbour
from geo_dispatch.tracking.track import Stop, TrackState, first_difference_ms, fold
from tests.support.fixes import SITE, START_MS, a_visit, fix_at, noisy, standing

NEXT_DOOR = fix_at(0, 35, 0).place
DOWN_THE_ROAD = fix_at(0, 90, 0).place
EARLY_MS = START_MS - 60_000
DAY_MS = 86_400_000


def lot(north_m):
    """A parcel of 30 by 34 m whose middle lies so far north of `SITE`."""
    corners = np.array([(x, north_m + y) for x, y in ((-15, -17), (15, -17), (15, 17), (-15, 17))])
    return polygon_fence(shapely.Polygon(local_m_to_lonlat(corners, SITE)))


HERE, BESIDE = circle_fence(SITE, 60.0), circle_fence(NEXT_DOOR, 60.0)


def stop(name, fence=HERE, beside=None, **fields):
    neighbours = () if beside is None else (Neighbour(*beside),)
    given = {"from_ms": EARLY_MS, "until_ms": None, "sequence": 1, **fields}
    return Stop(
        f"as_{name}", f"wo_{name}", f"si_{name}", fence=fence, neighbours=neighbours, **given
    )


def states(fixes, *plan):
    state = fold(TrackState(), fixes, plan)
    assert first_difference_ms(state, plan) is None
    return {one.id: one.fence for one in state.stops}


A = stop("a", beside=("si_b", BESIDE))
B = stop("b", BESIDE, ("si_a", HERE))
STANDING = noisy(standing(0, 20, 0, 1200), 6.0)


@pytest.mark.parametrize("north_m", [0, 17, 35])
def test_between_two_jobs_next_door_fixes_confirm_neither_and_suggest_both(north_m):
    found = states(noisy(standing(0, north_m, 0, 2400), 5.0), A, B)
    assert [fence.attendances for fence in found.values()] == [(), ()]
    assert all(fence.suggested for fence in found.values())


def test_the_one_assignment_of_today_decides_between_neighbours():
    (visit,) = states(STANDING, A)["as_a"].attendances
    assert visit.evidence.basis == "assignment"


def test_a_job_of_another_day_is_no_reason_to_be_at_one_neighbour_and_not_the_other():
    tomorrow = stop("a", beside=("si_b", BESIDE), today_ms=START_MS + DAY_MS)
    found = states(STANDING, tomorrow)["as_a"]
    assert (found.attendances, found.suggested) == ((), True)
    found = states(STANDING, tomorrow, B)
    assert found["as_b"].attendances[0].evidence.basis == "assignment"
    assert found["as_a"].attendances == ()


@pytest.mark.parametrize("seed", range(5))
def test_drawn_parcels_tell_neighbours_apart(seed):
    a = stop("a", lot(0), ("si_b", lot(35)))
    b = stop("b", lot(35), ("si_a", lot(0)))
    found = states(noisy(standing(0, 0, 0, 1800), 8.0, seed), a, b)
    (visit,) = found["as_a"].attendances
    assert visit.evidence.basis == "polygon"
    assert found["as_b"].attendances == ()
    assert not found["as_b"].suggested


def test_who_stands_in_the_neighbours_parcel_is_not_at_the_one_job_beside_it():
    found = states(noisy(standing(0, 40, 0, 1800), 5.0), stop("a", beside=("si_b", lot(35))))
    assert found["as_a"].attendances == ()
    assert not found["as_a"].suggested


def test_a_persons_word_decides_between_neighbours():
    told = stop("a", beside=("si_b", BESIDE), told_ms=START_MS + 300_000)
    found = states(noisy(a_visit(), 5.0), told, B)
    (visit,) = found["as_a"].attendances
    assert visit.evidence.basis == "word"
    assert visit.left_ms is not None
    assert found["as_b"].attendances == ()


def test_who_goes_next_door_after_one_job_arrived_there_only_then():
    ended_ms = START_MS + 900_000
    told = stop("a", beside=("si_b", BESIDE), told_ms=START_MS + 200_000, until_ms=ended_ms)
    (visit,) = states(noisy(standing(0, 20, 0, 2400), 5.0), told, B)["as_b"].attendances
    assert visit.evidence.basis == "assignment"
    assert 0 <= ended_ms - visit.arrived_ms <= 10_000


def test_of_two_jobs_down_the_road_the_clearly_nearer_one_is_confirmed():
    far = stop("b", circle_fence(DOWN_THE_ROAD, 60.0))
    found = states(noisy(standing(0, 20, 0, 1200), 5.0), stop("a"), far)
    assert len(found["as_a"].attendances) == 1
    assert found["as_b"].attendances == ()
    between = states(noisy(standing(0, 45, 0, 1200), 5.0), stop("a"), far)
    assert [fence.attendances for fence in between.values()] == [(), ()]


def test_two_jobs_at_one_site_both_begin():
    again = Stop("as_2", "wo_2", "si_a", EARLY_MS, None, 2, HERE)
    found = states(STANDING, stop("a"), again)
    assert [len(fence.attendances) for fence in found.values()] == [1, 1]
