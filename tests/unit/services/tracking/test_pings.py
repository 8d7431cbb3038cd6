"""Pings at the door: each judged by itself, the good ones kept, the others seen."""

import math

import pytest
from msgspec.structs import replace

from geo_dispatch.adapters.live_redis import Committer
from geo_dispatch.kernel.actors import Actor, Role
from geo_dispatch.kernel.errors import Busy, RedisUnavailable
from geo_dispatch.services.tracking import quarantine
from geo_dispatch.services.tracking.pings import packed
from tests.support.fixes import START_MS, fix_at, standing
from tests.support.tracking import PHONE, fix_to_ping, open_tracking


@pytest.fixture
def office(tmp_path, empty_redis):
    with open_tracking(tmp_path, empty_redis) as office:
        yield office


@pytest.fixture
def van(office):
    return office.office.technician()


def ping(van, at_s=0.0, **fields):
    return replace(fix_to_ping(fix_at(0, 0, at_s, technician_id=van.id)), **fields)


def test_an_accepted_ping_is_the_position_at_once(office, van):
    (verdict,) = office.accept([ping(van, speed_mps=12.3, heading_deg=450.0)])
    position = office.ctx.live.positions_by_id({van.id: van.shard})[van.id]
    assert verdict.verdict == "accepted"
    assert position.at_ms == START_MS
    assert (position.speed_mps, position.heading_deg) == (12.3, 90.0)
    assert office.ctx.live.count_in_cell(position.cell) == 1


def test_each_ping_gets_its_verdict_and_bad_ones_never_block(office, van):
    sent = [
        ping(van, 10),
        ping(van, 5),
        ping(van, 10),
        ping(van, technician_id="te_nobody"),
        ping(van, 31),
        ping(van, -49 * 3600),
        ping(van, lat=91.0),
        ping(van, lon=math.nan),
        ping(van, 20),
    ]
    found = office.accept(sent)
    assert [one.verdict for one in found] == (
        ["accepted", "late", "duplicate"] + ["rejected"] * 5 + ["accepted"]
    )
    assert [one.code for one in found[3:8]] == (
        ["unknown_technician", "future", "too_old", "off_earth", "off_earth"]
    )
    assert "te_nobody" in found[3].message
    assert "clock" in found[4].message


def test_a_name_that_no_database_takes_blocks_nobody(office, van):
    names = ["te_\ud800", "te_\0", "x" * 5000]
    found = office.accept([*(ping(van, technician_id=name) for name in names), ping(van)])
    assert [one.code for one in found] == ["unknown_technician"] * 3 + [""]
    kept = [one.technician_id for one in quarantine.page(office.ctx)]
    assert kept == ["x" * 255, "te_\\0", "te_\\ud800"]


def test_rejected_pings_are_seen_in_quarantine(office, van):
    office.accept([ping(van, lat=91.0), ping(van), ping(van, lon=math.inf)])
    inf, lat = quarantine.page(office.ctx, technician_id=van.id)
    assert (lat.code, lat.lat, lat.actor) == ("off_earth", 91.0, PHONE.label)
    assert inf.lon is None
    assert "inf" in inf.message
    assert quarantine.page(office.ctx, technician_id="te_other") == []


def test_a_phones_key_speaks_for_its_technician_only(office, van):
    key = Actor("token:tok_key", Role.INGEST, van.id)
    other = office.office.technician("Van 08")
    found = office.accept([ping(van), ping(other)], key)
    assert [one.code for one in found] == ["", "not_yours"]


def test_values_that_phones_send_for_not_known_are_not_known(office, van):
    sent = ping(van, speed_mps=-1.0, heading_deg=-1.0, accuracy_m=math.nan)
    office.accept([sent])
    position = office.ctx.live.positions_by_id({van.id: van.shard})[van.id]
    assert (position.speed_mps, position.heading_deg, position.accuracy_m) == (None, None, None)


def test_a_full_stream_refuses_the_whole_batch_and_drops_nothing(office, van, empty_redis):
    def small():
        return Committer(empty_redis, packed, stream_limit=2)

    for at_s in (1, 2):
        office.accept([ping(van, at_s)], committer=small())
    with pytest.raises(Busy, match="waiting for the worker") as caught:
        office.accept([ping(van, 3)], committer=small())
    assert caught.value.retry_after_s > 0
    assert office.ctx.live.positions_by_id({van.id: 0})[van.id].at_ms == START_MS + 2000
    office.work()
    assert len(office.history(van.id)) == 2


def test_without_redis_nothing_is_acknowledged(office, van):
    away = Committer("redis://127.0.0.1:1/0", packed)
    with pytest.raises(RedisUnavailable, match="does not answer"):
        office.accept([ping(van)], committer=away)


def test_a_big_batch_is_taken_whole(office, van):
    fixes = standing(0, 0, -12_000, 12_000, technician_id=van.id)
    found = office.accept([fix_to_ping(fix) for fix in fixes])
    assert {one.verdict for one in found} == {"accepted"}
    office.work()
    assert len(office.history(van.id)) == len(fixes) == 2400
