"""What upsets a day, and the repairs that are proposed, accepted, rejected and outrun."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import shapely

from geo_dispatch.dispatch.records.technicians import Skill
from geo_dispatch.dispatch.repairs.proposals import Cause, ProposalState
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.orders import FlagCode, HoldReason, Status
from geo_dispatch.kernel.errors import Conflict, InvalidInput
from geo_dispatch.services.dispatching import eta
from geo_dispatch.services.orders import work_orders
from geo_dispatch.services.repairs import disruptions, proposals
from tests.support.dispatching import needs
from tests.support.records import DISPATCHER
from tests.support.upset import ROAD, fall_ill, given, propose, told, van

STREET = ROAD


@pytest.fixture
def desk(live_desk):
    return live_desk


def overrun(desk):
    """Van 1 is still at B, an hour too long; what is promised for C is in danger."""
    first, second = van(desk, "Van 1", "B"), van(desk, "Van 2", "D")
    there = given(desk, first, "B", duration_s=600.0)
    desk.office.apply(there.id, c.ConfirmArrival(visit_id="vi_1", source="person"))
    desk.clock.go_on(minutes=5)
    late = given(desk, first, "C", 2, window=desk.window(0, 5), duration_s=600.0)
    easy = given(desk, first, "B", 3, duration_s=600.0)
    for one, place in ((first, "B"), (second, "D")):
        desk.ping(one, place)
    return first, second, there, late, easy


@pytest.mark.capability("BO-005")
def test_what_an_overrun_endangers_goes_to_who_is_in_time_and_nothing_else_moves(desk):
    first, second, there, late, easy = overrun(desk)
    proposal = propose(desk, Cause.OVERRUN, first, there)
    assert proposal.state is ProposalState.OPEN
    moved = {number: (before, after) for number, before, after in told(proposal)}
    assert moved.pop(late.number) == (first.id, second.id)
    assert moved.keys() <= {easy.number}, "the one behind only begins sooner"
    before = {one.id: desk.read(one) for one in (there, late, easy)}
    assert before[late.id].technician_id == first.id, "a proposal changes nothing"
    accepted = proposals.accept(desk.ctx, proposal.id, actor=DISPATCHER)
    assert accepted.state is ProposalState.ACCEPTED
    assert desk.read(late).technician_id == second.id
    assert desk.read(late).assignment_source == "repair"
    assert desk.read(there).technician_id == desk.read(easy).technician_id == first.id


def test_what_is_in_time_all_the_same_is_a_no_op_with_its_reason(desk):
    first = van(desk, "Van 1", "B")
    order = given(desk, first, "C", window=desk.window(0, 600))
    proposal = propose(desk, Cause.LATE, first)
    assert (proposal.state, told(proposal)) == (ProposalState.NO_OP, [])
    assert proposal.fact == "Van 1 runs late: everything is in time; nothing need move"
    assert desk.read(order).flag is None


def test_what_nothing_small_would_help_is_flagged_for_judgment(desk):
    first = van(desk, "Van 1", "A")
    order = given(desk, first, "D", window=desk.window(0, 1))
    proposal = propose(desk, Cause.LATE, first)
    assert proposal.state is ProposalState.NO_OP
    assert proposal.fact == "Van 1 runs late: one limit is missed, and no small change would help"
    assert desk.read(order).flag.code is FlagCode.NO_REPAIR


@pytest.mark.capability("BO-003")
def test_who_is_ill_is_relieved_by_who_can_do_it_and_both_are_told(desk):
    first = van(desk, "Van 1", "A")
    unskilled = van(desk, "Van 2", "B")
    skilled = van(desk, "Van 3", "D", skills=(Skill("gas"),))
    gas = given(desk, first, "C", required_skills=needs(gas=1))
    easy = given(desk, first, "B", 2)
    desk.office.apply(gas.id, c.SetOut(source="person"))
    fall_ill(desk, first)
    proposal = propose(desk, Cause.ILL, first)
    assert sorted(told(proposal)) == sorted(
        [(gas.number, first.id, skilled.id), (easy.number, first.id, unskilled.id)]
    )
    proposals.accept(desk.ctx, proposal.id, actor=DISPATCHER)
    assert desk.read(gas).technician_id == skilled.id
    assert desk.read(gas).status is Status.ASSIGNED
    with desk.ctx.store.read() as unit:
        heard = {
            one.body["recipient_id"]
            for one in unit.events(types=["message.queued"])
            if one.body["to"] == "technician"
        }
        last = unit.messages.search(recipient_id=first.id)[0]
    assert {first.id, skilled.id, unskilled.id} <= heard
    assert {part.order_id for part in last.parts} == {gas.id, easy.id}
    assert {one.technician_id for one in eta.refresh(desk.ctx)} == {skilled.id, unskilled.id}


@pytest.mark.capability("BO-005")
def test_a_cancellation_offers_the_time_to_what_waits_most_urgently(desk):
    first = van(desk, "Van 1", "A")
    cancelled = given(desk, first, "B")
    desk.order("C", priority=3)
    urgent = desk.order("D", priority=2)
    desk.office.apply(cancelled.id, c.Cancel())
    proposal = propose(desk, Cause.CANCELLED, first, cancelled)
    assert told(proposal) == [(urgent.number, None, first.id)]
    proposals.accept(desk.ctx, proposal.id, actor=DISPATCHER)
    assert desk.read(urgent).technician_id == first.id


@pytest.mark.capability("BO-005")
def test_a_cancellation_for_which_nobody_waits_is_a_no_op_that_says_who_is_free(desk):
    first = van(desk, "Van 1", "A")
    cancelled = given(desk, first, "B")
    desk.office.apply(cancelled.id, c.Cancel())
    proposal = propose(desk, Cause.CANCELLED, first, cancelled)
    assert proposal.state is ProposalState.NO_OP
    assert proposal.fact.endswith("was cancelled: everything is in time; Van 1 is free from 09:00")


@pytest.mark.capability("BO-013")
def test_missing_material_frees_the_time_and_suggests_to_come_again(desk):
    first = van(desk, "Van 1", "A")
    blocked = given(desk, first, "B")
    waiting = desk.order("C")
    held = desk.office.apply(blocked.id, c.PutOnHold(reason=HoldReason.MATERIAL))
    assert (held.technician_id, held.status) == (None, Status.NEW)
    proposal = propose(desk, Cause.MATERIAL, first, blocked)
    assert told(proposal) == [(waiting.number, None, first.id)]
    assert proposal.fact.endswith(
        f"when the material is there, release {blocked.number} or note a follow-up"
    )


@pytest.mark.capability("BO-005")
def test_who_is_stuck_gives_away_what_an_hour_would_spoil(desk):
    first, second = van(desk, "Van 1", "B"), van(desk, "Van 2", "D")
    soon = given(desk, first, "C", window=desk.window(0, 30), duration_s=600.0)
    later = given(desk, first, "D", 2, duration_s=600.0)
    stuck = desk.office.apply(soon.id, c.AskForHelp(reason="flat tyre"))
    proposal = propose(desk, Cause.STUCK, first, stuck)
    assert (soon.number, first.id, second.id) not in told(proposal), "it needs help where it is"
    assert {one[0] for one in told(proposal)} <= {later.number}


def test_pinned_and_critical_visits_are_left_where_they_are(desk):
    first, _, there, late, _ = overrun(desk)
    desk.office.apply(late.id, c.Pin(pinned=True))
    proposal = propose(desk, Cause.OVERRUN, first, there)
    assert late.number not in {number for number, _, _ in told(proposal)}


def second_falls_ill(desk):
    """Van 2, who was to get it."""
    with desk.ctx.store.read() as unit:
        fall_ill(desk, next(one for one in unit.technicians.list() if one.call_sign == "Van 2"))


@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda desk, _first, late: desk.office.apply(late.id, c.Unassign()),
        lambda desk, _first, late: work_orders.change(
            desk.ctx, late.id, {"priority": 2}, actor=DISPATCHER, expected_version=None
        ),
        lambda desk, first, _late: given(desk, first, "A", 9),
        lambda desk, _first, _late: second_falls_ill(desk),
    ],
)
def test_when_the_world_moved_on_a_proposal_is_refused_and_changes_nothing(desk, meanwhile):
    first, _, there, late, _ = overrun(desk)
    proposal = propose(desk, Cause.OVERRUN, first, there)
    meanwhile(desk, first, late)
    before = desk.read(late)
    with pytest.raises(Conflict, match="not as it was") as refused:
        proposals.accept(desk.ctx, proposal.id, actor=DISPATCHER)
    assert refused.value.conflicts
    assert desk.read(late) == before
    assert proposals.get(desk.ctx, proposal.id).state is ProposalState.STALE


def test_telling_a_risk_meanwhile_does_not_outrun_a_proposal(desk):
    first, _, there, late, _ = overrun(desk)
    proposal = propose(desk, Cause.OVERRUN, first, there)
    flag = c.RaiseFlag(code=FlagCode.NO_REPAIR, fact="look")
    desk.office.apply(late.id, flag)
    assert proposals.accept(desk.ctx, proposal.id, actor=DISPATCHER)


def test_a_proposal_is_decided_once(desk):
    first, _, there, _, _ = overrun(desk)
    proposal = propose(desk, Cause.OVERRUN, first, there)
    with pytest.raises(InvalidInput, match="needs a reason"):
        proposals.reject(desk.ctx, proposal.id, actor=DISPATCHER, reason=" ")
    rejected = proposals.reject(desk.ctx, proposal.id, actor=DISPATCHER, reason="they will wait")
    assert (rejected.state, rejected.reason) == (ProposalState.REJECTED, "they will wait")
    with pytest.raises(Conflict, match="is rejected"):
        proposals.accept(desk.ctx, proposal.id, actor=DISPATCHER)


def test_of_two_who_accept_at_once_one_is_told(desk):
    first, _, there, late, _ = overrun(desk)
    proposal = propose(desk, Cause.OVERRUN, first, there)
    together = Barrier(2)

    def accept(_):
        together.wait(10)
        try:
            return proposals.accept(desk.ctx, proposal.id, actor=DISPATCHER).state
        except Conflict as refused:
            return refused.message

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(accept, range(2)))
    assert answers[0] == ProposalState.ACCEPTED
    assert "is accepted: only open ones can be decided" in answers[1]
    assert len(desk.events(late, "order.assigned")) == 2


def test_accepting_while_somebody_assigns_leaves_one_of_the_two(desk):
    first, second, there, late, _ = overrun(desk)
    proposal = propose(desk, Cause.OVERRUN, first, there)
    together = Barrier(2)

    def accept():
        together.wait(10)
        try:
            proposals.accept(desk.ctx, proposal.id, actor=DISPATCHER)
        except Conflict:
            return False
        return True

    def take():
        together.wait(10)
        work_orders.change(
            desk.ctx, late.id, {"priority": 2}, actor=DISPATCHER, expected_version=None
        )

    with ThreadPoolExecutor(2) as pool:
        accepted, taken = pool.submit(accept), pool.submit(take)
        taken.result()
    owner = second.id if accepted.result() else first.id
    assert desk.read(late).technician_id == owner
    for technician in (first, second):
        places = sorted(desk.sequences(technician).values())
        assert places == list(range(1, len(places) + 1))


def test_the_same_again_is_not_proposed_twice_and_something_newer_takes_its_place(desk):
    first, _, there, late, _ = overrun(desk)
    proposal = propose(desk, Cause.OVERRUN, first, there)
    assert propose(desk, Cause.OVERRUN, first, there).id == proposal.id
    desk.office.apply(late.id, c.Unassign())
    propose(desk, Cause.OVERRUN, first, there)
    assert proposals.get(desk.ctx, proposal.id).state is ProposalState.SUPERSEDED


def test_what_nobody_decides_runs_out(desk):
    first, _, there, _, _ = overrun(desk)
    proposal = propose(desk, Cause.OVERRUN, first, there)
    desk.clock.go_on(minutes=31)
    assert proposals.get(desk.ctx, proposal.id).state is ProposalState.EXPIRED
    assert proposals.search(desk.ctx, states=[ProposalState.OPEN]) == []
    assert proposals.expire(desk.ctx) == 1
    with pytest.raises(Conflict, match="is expired"):
        proposals.accept(desk.ctx, proposal.id, actor=DISPATCHER)


@pytest.mark.capability("FA-030")
def test_a_storm_on_the_road_hands_visits_to_the_other_side_of_it(desk):
    first, second = van(desk, "Van 1", "A"), van(desk, "Van 2", "D")
    far = given(desk, first, "CD", window=desk.window(0, 30), duration_s=600.0)
    near = given(desk, first, "A", 2, duration_s=600.0)
    b, c_ = desk.town.at("B"), desk.town.at("C")
    storm = shapely.box(b.lon + 0.0001, b.lat - 0.01, c_.lon - 0.0001, c_.lat + 0.01)
    proposal = disruptions.replan(desk.ctx, storm, 200.0, reason="storm", actor=DISPATCHER)
    assert (far.number, first.id, second.id) in told(proposal)
    assert proposal.fact.startswith("storm: ")
    closed = disruptions.replan(desk.ctx, storm, None, reason="", actor=DISPATCHER)
    assert (far.number, first.id, second.id) in told(closed)
    assert desk.read(near).technician_id == first.id
    elsewhere = shapely.box(8.0, 46.0, 8.1, 46.1)
    calm = disruptions.replan(desk.ctx, elsewhere, None, reason="", actor=DISPATCHER)
    assert (calm.state, told(calm)) == (ProposalState.NO_OP, [])


def test_an_area_that_is_none_is_refused(desk):
    bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    for area, factor in ((bow, 2.0), (shapely.Polygon(), None), (shapely.box(0, 0, 1, 1), 0.0)):
        with pytest.raises(InvalidInput):
            disruptions.replan(desk.ctx, area, factor, reason="", actor=DISPATCHER)
