"""What is shown of everybody: the newest fix that can be believed."""

import random

from geo_dispatch.tracking.live_positions import LivePositions, live_positions
from geo_dispatch.tracking.plausibility import Trust, believe
from tests.support.fixes import driving, fix_at, standing


def place(live, technician_id="te_1"):
    position = live.index.get(technician_id)
    return position and (position.place, position.at_ms)


def told(fix):
    return (fix.place, fix.at_ms)


def test_a_jump_is_not_shown_and_the_next_true_fix_is():
    live = LivePositions()
    home, jump, after = fix_at(0, 0, 0), fix_at(9000, 0, 5), fix_at(10, 0, 10)
    assert live.take(home)
    assert not live.take(jump)
    assert place(live) == told(home)
    assert live.take(after)
    assert place(live) == told(after)


def test_a_jump_is_shown_once_a_second_fix_agrees():
    live = live_positions([fix_at(0, 0, 0), fix_at(9000, 0, 5)])
    assert live.take(fix_at(9020, 0, 10))
    assert place(live) == told(fix_at(9020, 0, 10))


def test_a_late_fix_changes_nothing_that_is_shown():
    live = live_positions([fix_at(0, 0, 0), fix_at(50, 0, 10)])
    assert not live.take(fix_at(9000, 0, 5))
    assert not live.take(fix_at(20, 0, 5))
    assert place(live) == told(fix_at(50, 0, 10))


def test_a_fix_from_before_a_jump_leaves_the_jump_to_be_confirmed():
    live = live_positions([fix_at(0, 0, 0), fix_at(9000, 0, 50)])
    assert live.take(fix_at(10, 0, 20))
    assert place(live) == told(fix_at(10, 0, 20))
    assert live.take(fix_at(9010, 0, 60))
    assert place(live) == told(fix_at(9010, 0, 60))


def test_a_process_that_starts_after_a_jump_shows_what_the_track_believes():
    home, jump = fix_at(0, 0, 0), fix_at(9000, 0, 5)
    trust, _ = believe(believe(Trust(), home)[0], jump)
    live = live_positions([jump], {"te_1": trust})
    assert place(live) == told(home)
    assert not live.take(jump)
    assert live.take(fix_at(9010, 0, 10))
    assert place(live) == told(fix_at(9010, 0, 10))


def test_of_a_device_that_makes_fixes_up_the_last_believed_one_is_shown_and_flagged():
    live = live_positions([fix_at(0, 0, 0)])
    assert live.take(fix_at(500, 0, 5, mock=True))
    assert place(live) == told(fix_at(0, 0, 0))
    assert live.is_made_up("te_1")
    assert live.take(fix_at(10, 0, 10))
    assert not live.is_made_up("te_1")


def test_who_only_made_fixes_up_is_shown_there_flagged_until_a_true_fix_comes():
    live = live_positions([fix_at(500, 0, 50, mock=True)])
    assert place(live) == told(fix_at(500, 0, 50))
    assert live.index.get("te_1").mock
    assert live.is_made_up("te_1")
    assert live.take(fix_at(0, 0, 40))
    assert place(live) == told(fix_at(0, 0, 40))


def test_who_is_not_kept_is_forgotten_altogether():
    live = live_positions([fix_at(0, 0, 0), fix_at(0, 0, 0, technician_id="te_2")])
    live.keep_only({"te_2"})
    assert [one.technician_id for one in live.index] == ["te_2"]
    assert live.take(fix_at(9000, 0, 5))


def test_in_whatever_order_a_days_fixes_come_the_last_of_a_still_van_is_shown():
    fixes = driving((0, 0), (4000, 0), 0) + standing(4000, 0, 300, 120)
    fixes.insert(20, fix_at(90_000, 0, 101))
    for seed in range(30):
        sent = random.Random(seed).sample(fixes, len(fixes))
        assert place(live_positions(sent)) == told(fixes[-1])
