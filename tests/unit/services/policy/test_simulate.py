"""Dry runs: what another policy would have made of past orders, from what was known then."""

from datetime import timedelta

import pytest

from geo_dispatch.dispatch.work.orders import SkillRequirement
from geo_dispatch.kernel.errors import InvalidInput
from geo_dispatch.services.policy import auto_assign, decisions, simulate
from geo_dispatch.services.policy import versions as policy
from tests.support.records import DISPATCHER

STREET = "A----------B----------C----------D----------E----------F"
ALL = '[[rules]]\nid = "all"\nthen = { assign = "best", margin_min = 0 }\n'


def publish(desk, text):
    policy.publish(
        desk.ctx, text, author="Ann", reviewed_by="Ben", note="because", actor=DISPATCHER
    )


def tick(desk, order):
    while auto_assign.follow(desk.ctx, desk.positions):
        pass
    desk.clock.go_on(seconds=1)
    return desk.read(order)


def dry_run(desk, text, **options):
    now = desk.clock.now
    period = {"start": now - timedelta(days=90), "end": now + timedelta(days=1), **options}
    return simulate.simulate(desk.ctx, text, **period)


def test_the_policy_that_decided_decides_the_same_again(desk):
    desk.technician("Van 01", "A")
    publish(desk, ALL)
    tick(desk, desk.order("B"))
    tick(desk, desk.order("C", required_skills=(SkillRequirement("gas"),)))
    found = dry_run(desk, ALL + "# again\n")
    assert (found.decisions, found.changed) == (2, ())
    assert found.counts == {"same": 2, "elsewhere": 0, "assigned": 0, "flagged": 0}


@pytest.mark.capability("BO-045")
def test_it_says_which_orders_would_have_gone_elsewhere_been_assigned_or_flagged(desk):
    desk.technician("Van 01", "A")
    far = desk.technician("Van 02", "F")
    publish(
        desk, '[[rules]]\nid = "some"\nwhen = { priorities = [2, 3] }\nthen = { margin_min = 0 }'
    )
    elsewhere = tick(desk, desk.order("A", priority=2))
    assigned = tick(desk, desk.order("A", priority=4))
    flagged = tick(desk, desk.order("F", priority=3))
    by_hand = desk.assign(desk.order("B", priority=2), far)
    stood = [desk.read(order) for order in (elsewhere, assigned, flagged, by_hand)]
    desk.clock.go_on(hours=5)
    desk.technician("Van 03", "A")
    found = dry_run(
        desk,
        f'[[rules]]\nid = "two"\nwhen = {{ priorities = [2] }}\nthen = {{ assign = "{far.id}" }}\n'
        '[[rules]]\nid = "four"\nwhen = { priorities = [4] }\nthen = { margin_min = 0 }\n',
    )
    assert [(one.number, one.change) for one in found.changed] == [
        (elsewhere.number, "elsewhere"),
        (assigned.number, "assigned"),
        (flagged.number, "flagged"),
        (by_hand.number, "assigned"),
    ]
    one, two, three, four = found.changed
    assert (one.before.call_sign, one.before.source) == ("Van 01", "rule:some")
    assert (one.after.call_sign, one.after.source) == ("Van 02", "rule:two")
    assert (two.before.source, two.after.technician_id) == ("no_rule", far.id)
    assert (three.after.technician_id, three.after.source) == (None, "no_rule")
    assert three.after.reason.startswith("no rule is for")
    assert (four.before.source, four.after.source) == ("manual", "rule:two")
    assert all(change.exact for change in found.changed)
    assert [desk.read(order) for order in stood] == stood


def test_prices_of_the_document_decide_who_is_best(desk):
    near = desk.technician("Van 01", "A")
    far = desk.technician("Van 02", "F")
    customer = desk.office.customer(preferred_technician_id=far.id)
    publish(desk, ALL)
    site = desk.site("A", customer_id=customer.id)
    order = tick(desk, desk.office.order(site))
    assert order.technician_id == far.id
    found = dry_run(desk, ALL + "[ranking]\npreferred_min = 0\n")
    (change,) = found.changed
    assert (change.change, change.after.technician_id) == ("elsewhere", near.id)


def test_it_says_what_overtime_would_change_and_publishing_changes_it(desk):
    van = desk.technician("Van 01", "A")
    publish(desk, ALL)
    order = tick(desk, desk.order("B", duration_s=9 * 3600.0))
    assert order.flag.fact.startswith("nobody can be sent: done at 18:")
    overtime = ALL + "[day]\novertime_min = 120\n"
    (change,) = dry_run(desk, overtime).changed
    assert (change.change, change.after.technician_id, change.exact) == ("assigned", van.id, True)
    assert [one.change for one in dry_run(desk, ALL + "[day]\novertime_min = 5\n").changed] == []
    publish(desk, overtime)
    assert tick(desk, order).technician_id == van.id
    (first, *_) = desk.rank(order).candidates
    told = {term.name: term for term in first.terms}
    assert told["overtime"].minutes > 60 * 1.5
    assert told["overtime"].text.endswith("min of overtime")


def test_of_an_order_that_was_judged_twice_the_last_decision_counts(desk):
    publish(desk, ALL)
    order = tick(desk, desk.order("A"))
    assert order.flag.fact == "there are no technicians in service"
    desk.technician("Van 01", "A")
    assert tick(desk, order).assignment_source == "rule:all"
    found = dry_run(desk, ALL + "#\n")
    assert (found.decisions, found.counts["same"]) == (1, 1)


def test_only_decisions_of_the_period_are_judged_again(desk):
    desk.technician("Van 01", "A")
    publish(desk, ALL)
    tick(desk, desk.order("B"))
    now = desk.clock.now
    assert dry_run(desk, ALL, end=now - timedelta(seconds=1)).decisions == 0
    with pytest.raises(InvalidInput, match="the period from 20"):
        dry_run(desk, ALL, end=now - timedelta(days=100))


def test_a_document_with_faults_is_not_tried(desk):
    with pytest.raises(InvalidInput, match="the policy has 1 fault"):
        dry_run(desk, "[ranking]\nterritory_min = -1\n")


def test_progress_is_told(desk):
    desk.technician("Van 01", "A")
    publish(desk, ALL)
    tick(desk, desk.order("B"))
    told = []
    dry_run(desk, ALL, progress=lambda *step: told.append(step))
    assert told == [("judging past decisions again", 1, 1)]


def test_of_a_large_fleet_the_best_are_looked_at_and_the_dry_run_says_so(desk):
    for number in range(auto_assign.SMALL_FLEET + 1):
        desk.technician(f"Van {number:03}", "ABCDEF"[number % 6])
    publish(desk, ALL)
    best = tick(desk, desk.order("B"))
    nobody = tick(desk, desk.order("B", required_skills=(SkillRequirement("gas"),)))
    assert best.assignment_source == "rule:all"
    assert "gas" in nobody.flag.fact
    for order in (best, nobody):
        (brief,) = decisions.of_order(desk.ctx, order.id)
        assert decisions.again(desk.ctx, brief.id).same
    found = dry_run(desk, '[[rules]]\nid = "none"\nwhen = { priorities = [1] }\n')
    assert [(one.number, one.exact) for one in found.changed] == [
        (best.number, False),
        (nobody.number, True),
    ]
