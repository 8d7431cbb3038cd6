"""Which fixes are believed."""

import pytest

from geo_dispatch.kernel.errors import InvalidPosition
from geo_dispatch.tracking.plausibility import Trust, believe, refusal
from tests.support.fixes import SITE, START_MS, fix_at

HOUR_MS = 3_600_000


def believed(fixes):
    trust, found = Trust(), []
    for fix in fixes:
        trust, released = believe(trust, fix)
        found += released
    return trust, found


@pytest.mark.parametrize(
    ("age_ms", "code"),
    [
        (0, None),
        (-30_000, None),
        (-30_001, "future"),
        (48 * HOUR_MS, None),
        (48 * HOUR_MS + 1, "too_old"),
    ],
)
def test_the_door_is_open_from_48_hours_ago_until_30_seconds_ahead(age_ms, code):
    found = refusal(*SITE, START_MS - age_ms, START_MS)
    assert (found and found.code) == code


def test_a_place_off_the_earth_is_refused():
    with pytest.raises(InvalidPosition, match="not on the earth"):
        refusal(200.0, 0.0, START_MS, START_MS)


def test_one_jump_is_not_believed():
    fixes = [fix_at(0, 0, 0), fix_at(9000, 0, 5), fix_at(10, 0, 10)]
    trust, found = believed(fixes)
    assert found == [fixes[0], fixes[2]]
    assert trust.refused == 1


def test_a_jump_that_a_second_fix_agrees_with_is_believed_with_it():
    fixes = [fix_at(0, 0, 0), fix_at(9000, 0, 5), fix_at(9020, 0, 10)]
    _trust, found = believed(fixes)
    assert found == fixes


def test_a_jump_within_poor_accuracy_is_no_jump():
    fixes = [fix_at(0, 0, 0), fix_at(900, 0, 5, accuracy_m=800.0)]
    assert believed(fixes)[1] == fixes


def test_fixes_that_are_made_up_are_never_believed():
    trust, found = believed([fix_at(0, 0, 0, mock=True), fix_at(0, 0, 5, mock=True)])
    assert found == []
    assert trust.refused == 2
