"""Drives: from stop to stop, without the jitter of a parked van."""

import numpy as np
import pytest

from geo_dispatch.tracking.drives import drives
from tests.support.fixes import a_visit, driving, fix_at, noisy, standing


def test_a_visit_lies_between_two_drives():
    fixes = a_visit()
    there, away = drives(fixes)
    assert there.odometer_m == pytest.approx(2000, abs=60)
    assert away.odometer_m == pytest.approx(np.hypot(3000, 500), abs=80)
    assert there.fixes[-1].at_ms < away.fixes[0].at_ms


def test_a_drive_begins_and_ends_where_the_van_stood():
    fixes = [
        *standing(0, 0, 0, 600),
        *driving((0, 0), (2000, 0), 600),
        *standing(2000, 0, 750, 900),
    ]
    (drive,) = drives(fixes)
    east_m = (drive.lonlats[-1, 0] - drive.lonlats[0, 0]) * 75_680
    assert east_m == pytest.approx(2000, abs=60)


def test_a_parked_van_drives_nowhere_whatever_its_receiver_says():
    assert list(drives(noisy(standing(0, 0, 0, 8 * 3600, every_s=15), 15.0))) == []


def test_a_jump_that_nobody_drove_is_in_no_drive():
    fixes = [*standing(0, 0, 0, 300), fix_at(9000, 0, 300), *standing(0, 0, 305, 300)]
    assert list(drives(fixes)) == []


def test_who_has_not_arrived_yet_is_on_a_drive():
    (drive,) = drives([*standing(0, 0, 0, 300), *driving((0, 0), (3000, 0), 300)])
    assert drive.odometer_m > 2800


def test_hours_beside_the_parking_place_do_not_belong_to_the_next_drive():
    """65 m off and with 8 m of accuracy each, no trip began: the van was pushed into the yard."""
    fixes = [
        *standing(0, 0, 0, 300),
        *standing(65, 0, 300, 7200),
        *driving((65, 0), (3000, 0), 7500),
    ]
    (drive,) = drives(fixes)
    assert drive.times_s[0] >= drive.times_s[-1] - 3000 / (50 / 3.6) - 200


def test_a_told_accuracy_is_taken_no_better_than_receivers_are():
    fixes = driving((0, 0), (3000, 0), 0, accuracy_m=1.0)
    vague = driving((0, 0), (3000, 0), 0, accuracy_m=40.0)
    assert next(drives(fixes)).sigma_m.max() == pytest.approx(8 * 1.3 / 1.51, rel=0.01)
    assert next(drives(vague)).sigma_m.max() == pytest.approx(40 * 1.3 / 1.51, rel=0.01)
