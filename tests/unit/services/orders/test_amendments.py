"""Changes of many orders hold by the time they are written, and are as if made one by one."""

from collections import Counter
from datetime import timedelta

import pytest

from geo_dispatch.kernel.errors import InvalidFile
from geo_dispatch.services.history import audit
from geo_dispatch.services.messages import webhooks
from geo_dispatch.services.orders import work_orders
from geo_dispatch.services.records.imports import What, import_text
from tests.support.policies import OFFICE_HOURS, publish
from tests.support.records import DISPATCHER, NOW, open_office

HEAD = "external_id,type,site_external_id,priority,duration_min,after_external_ids\n"
PROMISES = """
[[sla]]
name = "urgent"
calendar = "office"
response_s = 3600
priorities = [1]
"""


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as office:
        publish(office.desk, OFFICE_HOURS + PROMISES)
        webhooks.create(office.desk, {"url": "https://example.com/hook"}, actor=DISPATCHER)
        office.site(external_id="s1")
        yield office


def bring_in(office, rows, meanwhile=lambda: None):
    """Import the rows; when the last is checked, and nothing written, something happens."""

    def progress(step, done, total):
        if done == total:
            meanwhile()

    return import_text(
        office.desk,
        What.WORK_ORDERS,
        HEAD + "".join(f"{row}\n" for row in rows),
        "orders.csv",
        actor=DISPATCHER,
        progress=progress,
    )


def placed(office, *names, **fields):
    with office.desk.store.read() as unit:
        site = unit.sites.by_external_id("s1")
    return [office.order(site, type="repair", external_id=name, **fields) for name in names]


def again(office, order):
    return work_orders.get(office.desk, order.id)


def change(office, order, **fields):
    return work_orders.change(
        office.desk, order.id, fields, actor=DISPATCHER, expected_version=None
    )


def left_by(office, order):
    """The order as it is, its events, and who was told what."""
    now = again(office, order)
    with office.desk.store.read() as unit:
        events = [(one.type, one.version) for one in unit.stream(f"order:{order.id}")]
        told = Counter((one.type, one.to) for one in unit.messages.search(order_id=order.id))
    return now.version, now.priority, now.duration_s, now.start_at, now.sla, events, told


def test_each_is_as_if_it_had_been_changed_alone(office):
    pairs = []
    for key in ("alone", "together"):
        first, second = placed(office, f"{key} 1", f"{key} 2")
        change(office, second, after=(first.id,), start_at=NOW + timedelta(hours=1))
        pairs.append((first, second))
    (alone, _), _ = pairs
    change(office, alone, priority=1, duration_s=7200.0)
    report = bring_in(office, ["together 1,repair,s1,1,120,"])
    assert report.updated == 1
    for one, other in zip(*pairs, strict=True):
        assert left_by(office, one) == left_by(office, other)
    changed, follower = (again(office, order) for order in pairs[1])
    assert changed.sla.policy == "urgent"
    assert follower.start_at == NOW + timedelta(hours=2)
    assert audit.verify(office.desk).finding is None


def test_what_somebody_else_changes_meanwhile_stays(office):
    first, second = placed(office, "o1", "o2")
    report = bring_in(
        office,
        ["o1,survey,s1,,,", "o2,survey,s1,,,"],
        lambda: change(office, first, notes="ring twice", type="survey"),
    )
    assert (report.updated, report.unchanged) == (1, 1)
    assert again(office, first).notes == "ring twice"
    assert {again(office, one).type for one in (first, second)} == {"survey"}
    assert audit.verify(office.desk).finding is None


def test_a_circle_that_somebody_else_closes_meanwhile_is_refused(office):
    first, second, third = placed(office, "o1", "o2", "o3")
    change(office, second, after=(third.id,))
    with pytest.raises(InvalidFile) as refusal:
        bring_in(
            office,
            ["o1,repair,s1,,,o2"],
            lambda: change(office, third, after=(first.id,)),
        )
    assert "circle" in refusal.value.faults[0].message
    assert refusal.value.faults[0].where.startswith("line 2")
    assert again(office, first).after == ()


def test_followers_follow_what_the_whole_file_says(office):
    first, second = placed(office, "o1", "o2")
    change(office, second, after=(first.id,), start_at=NOW + timedelta(hours=1))
    bring_in(office, ["o2,survey,s1,2,,o1", "o1,repair,s1,,180,"])
    follower = again(office, second)
    assert (follower.type, follower.priority) == ("survey", 2)
    assert follower.start_at == NOW + timedelta(hours=3)
