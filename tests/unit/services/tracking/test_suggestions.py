"""What fixes make likely is asked, and a yes makes it an arrival with its proof."""

from dataclasses import replace
from datetime import timedelta

import pytest

from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.kernel.actors import Actor, Role
from geo_dispatch.kernel.errors import InvalidInput
from geo_dispatch.kernel.time import ms_to_datetime
from geo_dispatch.services.orders import work_orders
from geo_dispatch.services.tracking import suggestions
from tests.support.fixes import SITE, START_MS, a_visit, driving, standing
from tests.support.records import DISPATCHER
from tests.support.tracking import open_tracking

SINCE = ms_to_datetime(START_MS)


@pytest.fixture
def office(tmp_path, empty_redis):
    with open_tracking(tmp_path, empty_redis) as office:
        yield office


@pytest.fixture
def order(office):
    """One at whose fence the technician stands on the line."""
    order = office.office.assigned(site=office.office.site(location=SITE, fence_radius_m=60.0))
    office.later()
    office.track(standing(0, 50, 0, 300, technician_id=order.technician_id, accuracy_m=35.0))
    return order


def suggested(office, order, reader=DISPATCHER):
    with office.ctx.store.read() as unit:
        return suggestions.shown(unit, office.order(order), reader)


def test_the_office_sees_what_is_likely_and_clients_do_not(office, order):
    likely = suggested(office, order)
    assert (likely.technician_id, likely.since) == (order.technician_id, SINCE)
    assert 0.5 < likely.evidence.probability < 0.95
    assert suggested(office, order, Actor("client:acme", Role.CLIENT)) is None


def test_it_is_told_once_however_long_it_stays_likely(office, order):
    poor = {"technician_id": order.technician_id, "accuracy_m": 35.0}
    for start in range(300, 900, 60):
        office.track(standing(0, 50, start, 60, **poor))
    assert office.log(order).count("visit.suggested") == 1


def test_a_yes_is_an_arrival_at_the_suggested_time_with_its_proof(office, order):
    likely = suggested(office, order)
    work_orders.step(
        office.ctx, order.id, Status.ON_SITE, actor=DISPATCHER, arrived_at=likely.since
    )
    (visit,) = office.visits(order)
    assert (visit.source, visit.arrived_at) == ("person", SINCE)
    assert visit.evidence == likely.evidence
    assert suggested(office, order) is None


def test_a_departure_after_a_yes_comes_from_the_fixes(office, order):
    likely = suggested(office, order)
    work_orders.step(
        office.ctx, order.id, Status.ON_SITE, actor=DISPATCHER, arrived_at=likely.since
    )
    away = driving((0, 50), (2000, 50), 300, technician_id=order.technician_id)
    office.track([*standing(0, 10, 300, 1, technician_id=order.technician_id), *away[1:]])
    (visit,) = office.visits(order)
    assert visit.departed_at is not None
    assert visit.evidence == likely.evidence


def test_another_time_is_the_persons_word_alone(office, order):
    at = SINCE + timedelta(minutes=1)
    work_orders.step(office.ctx, order.id, Status.ON_SITE, actor=DISPATCHER, arrived_at=at)
    (visit,) = office.visits(order)
    assert (visit.arrived_at, visit.evidence) == (at, None)


@pytest.mark.parametrize(
    ("target", "at"),
    [
        (Status.ON_SITE, SINCE - timedelta(days=30)),
        (Status.ON_SITE, SINCE + timedelta(days=30)),
        (Status.EN_ROUTE, SINCE),
    ],
)
def test_a_time_that_cannot_be_is_refused(office, order, target, at):
    with pytest.raises(InvalidInput) as refused:
        work_orders.step(office.ctx, order.id, target, actor=DISPATCHER, arrived_at=at)
    assert [fault.where for fault in refused.value.faults] == ["arrived_at"]


def test_nothing_is_suggested_of_a_visit_that_is_sure(office):
    order = office.assigned()
    office.later()
    office.track([replace(fix, technician_id=order.technician_id) for fix in a_visit()])
    assert suggested(office, order) is None
    assert "visit.suggested" not in office.log(order)
