"""Erasure takes away what is personal, leaves what was done, and the log still proves itself."""

import csv
import io
import json
import zipfile
from dataclasses import replace
from datetime import time, timedelta

import pytest
from sqlalchemy import select, update

from geo_dispatch.adapters.sql.quarantine import Quarantined
from geo_dispatch.adapters.sql.tables import events, metadata
from geo_dispatch.dispatch.audit.chain import Damage
from geo_dispatch.dispatch.records.technicians import Shift
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.kernel.errors import Conflict, InvalidInput
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.services.history import access, audit, erasure, subject
from tests.support.fixes import a_visit
from tests.support.records import DISPATCHER, VADUZ
from tests.support.tracking import open_tracking

PHONE = "+423 555 0101"
HOME = LonLat(9.512345, 47.154321)
REASON = "they left, and asked for it"


@pytest.fixture
def office(tmp_path, empty_redis):
    with open_tracking(tmp_path, empty_redis) as office:
        yield office


@pytest.fixture
def van(office):
    """A technician with a past: an order done, fixes, messages, a refused fix."""
    week = tuple(Shift(day, time(0), time(0)) for day in range(7))
    van = office.office.technician(
        "Theo Frick", phone=PHONE, home=HOME, shifts=week, external_id="E-77"
    )
    site = office.office.site(location=VADUZ, fence_radius_m=100.0)
    order = office.office.assigned(van, site=site)
    office.later()
    office.track([replace(fix, technician_id=van.id) for fix in a_visit()])
    with office.ctx.store.write() as unit:
        at = office.office.clock.now
        refused = Quarantined(van.id, 1, 9.5, 47.1, "future", "its clock", at, "token:tok_phone")
        unit.quarantine.add([refused])
        unit.commit()
    office.office.apply(order.id, c.Complete(occurred_at=at, notes="done"))
    return office.ctx.store, van, order


def erase(office, van, **fields):
    values = {"confirm": van.call_sign, "reason": REASON, **fields}
    return erasure.erase(office.ctx, van.id, actor=DISPATCHER, **values)


def everything(store):
    """All that the database holds, as text."""
    with store.read() as unit:
        return {
            table.name: "\n".join(str(tuple(row)) for row in unit.connection.execute(select(table)))
            for table in metadata.sorted_tables
        }


def test_nothing_personal_is_left_but_the_call_sign_where_others_were_told_of_it(office, van):
    store, van, order = van
    before = everything(store)
    assert PHONE in before["technicians"]
    assert PHONE in before["messages"]
    assert van.id in before["fixes"]
    visits = office.visits(order)
    done = erase(office, van)
    after = everything(store)
    assert [name for name, text in after.items() if PHONE in text] == []
    assert [name for name, text in after.items() if "9.512345" in text or "E-77" in text] == []
    for name in ("fixes", "track_states", "track_snapshots", "quarantine", "technicians"):
        assert van.call_sign not in after[name]
    assert [name for name in ("fixes", "quarantine", "track_states") if van.id in after[name]] == []
    assert office.ctx.live.positions() == []
    assert done.fixes == len(a_visit())
    assert office.visits(order) == visits
    assert office.order(order).technician_id == van.id


def test_the_log_verifies_and_says_how_much_was_erased(office, van):
    _, van, _ = van
    noted = audit.head(office.ctx)
    done = erase(office, van)
    verdict = audit.verify(office.ctx, noted=noted.chain)
    assert verdict.finding is None
    assert (verdict.erased, done.events) == (1, 1)


def test_an_erased_event_that_says_something_else_is_found(office, van):
    store, van, _ = van
    erase(office, van)
    with store.write() as unit:
        seq = unit.stream(f"technician:{van.id}")[0].seq
        forged = {"kind": "technician", "record": {"call_sign": "Somebody Else"}}
        change = update(events).where(events.c.seq == seq).values(body=forged)
        unit.connection.execute(change)
        unit.commit()
    finding = audit.verify(office.ctx).finding
    assert (finding.damage, finding.seq) == (Damage.CHANGED, seq)


def test_words_taken_out_that_no_event_lists_are_found(office, van):
    store, van, _ = van
    with store.write() as unit:
        seq = unit.stream(f"technician:{van.id}")[0].seq
        change = update(events).where(events.c.seq == seq)
        unit.connection.execute(change.values(body={"kind": "technician", "record": {}}))
        unit.commit()
    finding = audit.verify(office.ctx).finding
    assert (finding.damage, finding.seq) == (Damage.CHANGED, seq)


def test_it_is_done_once_and_answered_the_same_again(office, van):
    _, van, _ = van
    done = erase(office, van)
    office.office.clock.go_on(hours=1)
    assert erase(office, van, confirm="anything") == done
    office.send([replace(fix, technician_id=van.id) for fix in a_visit()])
    assert office.history(van.id) == []


def test_fixes_that_still_waited_in_redis_are_not_kept(office, van):
    _, van, _ = van
    late = [replace(fix, technician_id=van.id, at_ms=fix.at_ms + 3_600_000) for fix in a_visit()]
    office.ctx.live.append(0, late, 1)
    erase(office, van)
    office.work()
    assert office.history(van.id) == []
    assert office.ctx.live.positions() == []


def test_who_holds_an_open_order_is_not_erased_and_nobody_is_by_mistake(office, van):
    _, van, _ = van
    with pytest.raises(InvalidInput) as refused:
        erase(office, van, confirm="Van 08", reason="")
    assert [fault.where for fault in refused.value.faults] == ["confirm", "reason"]
    office.office.assigned(van)
    with pytest.raises(Conflict, match="WO-"):
        erase(office, van)
    assert office.history(van.id)


def test_all_of_it_can_be_had_before_and_who_took_it_is_written_down(office, van):
    _, van, order = van
    packed = b"".join(subject.export(office.ctx, van.id, actor=DISPATCHER))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
        files = {name: archive.read(name) for name in archive.namelist()}
    rows = list(csv.DictReader(io.StringIO(files["fixes.csv"].decode())))
    assert len(rows) == len(a_visit())
    assert float(rows[0]["lon"]) == pytest.approx(a_visit()[0].place.lon, abs=1e-7)
    assert json.loads(files["technician.json"])["phone"] == PHONE
    assert [one["id"] for one in json.loads(files["orders.json"])] == [order.id]
    assert len(json.loads(files["visits.json"])) == 1
    assert len(json.loads(files["refused.json"])) == 1
    assert json.loads(files["messages.json"])
    [look] = access.looks_at(office.ctx, van.id)
    assert look.what == "data export"
    assert look.end - look.start > timedelta(days=365)
