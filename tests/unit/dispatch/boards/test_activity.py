"""What a technician does, in one word."""

import pytest

from geo_dispatch.dispatch.boards.activity import Activity, activity
from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.tracking.freshness import Freshness

LIVE, STALE = Freshness.LIVE, Freshness.STALE


@pytest.mark.parametrize(
    ("status", "working", "fresh", "speed_mps", "expected"),
    [
        (None, True, LIVE, 0.0, Activity.IDLE),
        (None, True, LIVE, None, Activity.IDLE),
        (None, True, LIVE, 13.9, Activity.DRIVING),
        (Status.ASSIGNED, True, LIVE, 2.5, Activity.IDLE),
        (Status.EN_ROUTE, True, LIVE, 0.0, Activity.DRIVING),
        (Status.EN_ROUTE, True, STALE, 13.9, Activity.UNKNOWN),
        (Status.EN_ROUTE, False, LIVE, 0.0, Activity.DRIVING),
        (Status.ON_THE_TOOLS, True, STALE, None, Activity.AT_SITE),
        (Status.ON_SITE, False, Freshness.SILENT, None, Activity.AT_SITE),
        (Status.NEEDS_HELP, True, LIVE, 0.0, Activity.IDLE),
        (None, True, Freshness.SILENT, None, Activity.UNKNOWN),
        (Status.ASSIGNED, False, LIVE, 13.9, Activity.OFF_SHIFT),
    ],
)
def test_orders_speak_first_then_the_shift_then_a_live_position(
    status, working, fresh, speed_mps, expected
):
    found = activity(status, working=working, freshness=fresh, speed_mps=speed_mps)
    assert found is expected
