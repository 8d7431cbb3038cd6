"""What keeps a visit where it is."""

import pytest

from geo_dispatch.dispatch.ranking.exclusions import NEVER, Code
from geo_dispatch.dispatch.ranking.fixed import fixed_by
from geo_dispatch.dispatch.work.orders import Status
from tests.support.dispatching import an_order


def test_a_person_pins_a_visit_until_it_ends():
    fixed = fixed_by(an_order(status=Status.ASSIGNED, pinned=True))
    assert fixed.code is Code.PINNED
    assert fixed.lifts == "the visit unpinned"
    assert fixed_by(an_order(status=Status.COMPLETE, pinned=True)) is None


def test_who_is_on_the_way_is_called_back_by_force_only():
    fixed = fixed_by(an_order(status=Status.EN_ROUTE))
    assert fixed.code is Code.ON_THE_WAY
    assert fixed.code not in NEVER


@pytest.mark.parametrize("status", [Status.ON_SITE, Status.ON_THE_TOOLS])
def test_nobody_is_taken_from_work_pinned_or_not(status):
    fixed = fixed_by(an_order(status=status, pinned=True))
    assert fixed.code is Code.AT_WORK
    assert fixed.code in NEVER
    assert fixed.lifts == ""


def test_who_needs_help_may_be_relieved():
    assert fixed_by(an_order(status=Status.NEEDS_HELP, helped_from=Status.ON_SITE)) is None
    assert fixed_by(an_order(status=Status.ASSIGNED)) is None
