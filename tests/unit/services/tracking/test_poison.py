"""Entries of the stream that nobody can read or fold: set aside, and everything else goes on."""

import threading
from contextlib import closing
from dataclasses import replace

import pytest
import redis
from sqlalchemy import func, select, type_coerce, update
from sqlalchemy.types import LargeBinary

from geo_dispatch.adapters.live_redis.client import stream_key
from geo_dispatch.adapters.live_redis.records import fix_to_packed
from geo_dispatch.adapters.sql.tables import sites
from geo_dispatch.services.tracking import process as tracking
from geo_dispatch.services.tracking import quarantine
from geo_dispatch.worker import Worker
from tests.support.fixes import START_MS, a_visit, fix_at, standing
from tests.support.tracking import open_tracking
from tests.support.waiting import until


@pytest.fixture
def office(tmp_path, empty_redis):
    with open_tracking(tmp_path, empty_redis) as office:
        yield office


@pytest.fixture
def worker(office):
    """One whose turns may fail, as in its loop."""
    return Worker(office.ctx, threading.Event())


def written(office, **fields):
    """Write an entry past the door."""
    with closing(redis.Redis.from_url(office.ctx.live.url)) as client:
        return client.xadd(stream_key(0), fields).decode()


def worked(office, worker):
    """Turns of the worker until nothing waits; how many of them failed."""
    failures = 0

    def done():
        nonlocal failures
        try:
            worker.turn()
        except Exception:  # noqa: BLE001 - as the worker's loop takes it
            failures += 1
        return tracking.health(office.ctx)[0].waiting == 0

    until(done, 30, "the stream to be taken")
    return failures


def set_aside(office):
    return [one for one in quarantine.page(office.ctx) if one.code in {"unreadable", "unfoldable"}]


def spoil_fence(office, site_id, wkb):
    """Write a fence as no service would; say what was there."""
    column = type_coerce(sites.c.fence, LargeBinary)
    with office.ctx.store.write() as unit:
        before = unit.connection.execute(select(column).where(sites.c.id == site_id)).scalar()
        change = update(sites).where(sites.c.id == site_id)
        unit.connection.execute(change.values(fence=func.coalesce(wkb, None)))
        unit.commit()
    return before


@pytest.mark.capability("FA-047")
@pytest.mark.parametrize(
    "fields",
    [
        {"b": b"\x04te_1 and then nothing that is a fix", "r": b"1"},
        {"b": b"\xff\xfe\x00", "r": b"1"},
        {"b": b"\x00" * 21, "r": b"1"},
        {"b": b"", "r": b"x"},
        {"something": b"else"},
    ],
)
def test_an_entry_of_other_bytes_is_set_aside_and_what_is_around_it_is_taken(
    office, worker, fields
):
    order = office.assigned()
    office.later()
    fixes = a_visit(technician_id=order.technician_id)
    office.send(fixes[:100], batch=20)
    entry = written(office, **fields)
    office.send(fixes[100:], batch=20)
    assert worked(office, worker) == 0
    assert office.history(order.technician_id) == fixes
    assert office.log(order).count("order.arrived") == 1
    aside = set_aside(office)
    assert {one.code for one in aside} == {"unreadable"}
    assert all(entry in one.message for one in aside)
    as_it_came = fields.get("b") or repr({k.encode(): v for k, v in fields.items()}).encode()
    assert b"".join(one.raw for one in reversed(aside)) == as_it_came
    worked(office, worker)
    assert set_aside(office) == aside, "set aside twice"


def test_a_fix_of_no_time_or_place_spoils_nothing_in_its_own_entry(office, worker):
    order = office.assigned()
    office.later()
    good = a_visit(technician_id=order.technician_id)
    late = replace(good[3], at_ms=(1 << 48) - 1)
    off = replace(good[4], lat_e7=910_000_000)
    packed = [fix_to_packed(fix).named for fix in (*good[:10], late, off, *good[10:])]
    torn = packed[-1][:-3]
    written(office, b=b"".join([*packed[:-1], torn]), r=str(START_MS))
    assert worked(office, worker) == 0
    assert office.history(order.technician_id) == good[:-1]
    assert [one.raw for one in reversed(set_aside(office))] == [packed[10], packed[11], torn]
    assert {one.technician_id for one in set_aside(office)} == {order.technician_id, ""}


def test_whose_fold_fails_holds_up_nobody_and_is_folded_once_that_is_mended(office, worker):
    far = office.office.site(location=fix_at(9000, 0, 0).place, fence_radius_m=100.0)
    broken, whole = office.office.assigned(site=far), office.assigned()
    office.later()
    driven = a_visit(technician_id=whole.technician_id)
    stood = standing(9000, 5, 0, 5 * len(driven), technician_id=broken.technician_id)
    traces = {broken.id: stood, whole.id: driven}
    spoil_fence(office, broken.site_id, b"no polygon")
    together = [fix for pair in zip(*traces.values(), strict=True) for fix in pair]
    office.send(together[:400], batch=50)
    assert worked(office, worker) == 3, "it must be tried a few times, and then go on"
    office.send(together[400:], batch=50)
    assert worked(office, worker) == 0, "whose fold failed must not fail the next entries too"
    for order in (broken, whole):
        assert office.history(order.technician_id) == traces[order.id]
    assert office.log(whole).count("order.arrived") == 1
    assert office.visits(broken) == []
    (aside,) = set_aside(office)
    assert (aside.code, aside.technician_id) == ("unfoldable", broken.technician_id)
    assert "WKB" in aside.message
    assert tracking.health(office.ctx)[0].stuck == (broken.technician_id,)

    spoil_fence(office, broken.site_id, None)
    office.office.clock.go_on(hours=1)
    office.send([fix_at(9000, 5, 7000, technician_id=broken.technician_id)])
    worked(office, worker)

    def folded():
        worker.turn()
        return bool(office.visits(broken))

    until(folded, 30, "the fold to be tried again")
    assert office.log(broken).count("order.arrived") == 1
    assert len(office.visits(broken)) == 1
    assert tracking.health(office.ctx)[0].stuck == ()
