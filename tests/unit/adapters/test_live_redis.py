"""Live state in a real Redis: newest by event time, indexed by cell, streamed, leased."""

import asyncio
import itertools
import os
import random
import shutil
import subprocess
from contextlib import closing

import pytest
import redis as redis_py

from geo_dispatch.adapters.live_redis import Live, Tail, Verdict
from geo_dispatch.adapters.live_redis.connection import answering
from geo_dispatch.adapters.live_redis.records import blob_to_fixes, fix_to_packed
from geo_dispatch.adapters.redis_server import find_redis_server
from geo_dispatch.kernel.cells import cell_to_parent, lonlat_to_cell
from geo_dispatch.kernel.errors import Busy, RedisUnavailable, Unavailable
from geo_dispatch.tracking.fixes import Fix
from tests.support.fixes import SITE, fix_at
from tests.support.waiting import until

START = "0-0"


def some_fixes(count, seed=1, technicians=5):
    draw = random.Random(seed)
    return [
        fix_at(
            draw.uniform(-5000, 5000),
            draw.uniform(-5000, 5000),
            draw.randrange(40),
            technician_id=f"te_{draw.randrange(technicians)}",
        )
        for _ in range(count)
    ]


def test_a_fix_comes_back_as_it_was_packed():
    fixes = [
        Fix("te_1", 1_772_438_400_123, -1_800_000_000, -900_000_000, 8.5, 13.89, 359.9, mock=True),
        Fix("te_ü2", 0, 1_800_000_000, 900_000_000),
        Fix("te_3", 1, 1, -1, 0.0, 0.0, 0.0),
    ]
    blob = b"".join(fix_to_packed(fix).named for fix in fixes)
    assert list(blob_to_fixes(blob)) == fixes


@pytest.mark.parametrize("seed", range(20))
def test_in_any_order_and_batching_the_newest_fix_is_the_position(live, seed):
    fixes = some_fixes(200, seed)
    draw = random.Random(seed)
    sent = [*fixes, *draw.sample(fixes, 40)]
    draw.shuffle(sent)
    newest = {}
    while sent:
        batch, sent = sent[: draw.randrange(1, 30)], sent[30:]
        verdicts = live.append(0, batch, 0)
        for fix, verdict in zip(batch, verdicts, strict=True):
            best = newest.get(fix.technician_id)
            if best is None or fix.key > best.key:
                newest[fix.technician_id] = fix
                assert verdict is Verdict.ACCEPTED
            else:
                same = fix.key == best.key
                assert verdict is (Verdict.DUPLICATE if same else Verdict.LATE)
    assert {p.technician_id: (p.at_ms, p.place) for p in live.positions()} == {
        name: (fix.at_ms, fix.place) for name, fix in newest.items()
    }
    cells = [lonlat_to_cell(fix.place) for fix in newest.values()]
    for resolution in (9, 7, 5):
        for cell in {cell_to_parent(cell, resolution) for cell in cells}:
            members = sum(cell_to_parent(one, resolution) == cell for one in cells)
            assert live.count_in_cell(cell) == members


REPORTS = [
    fix_at(0, 0, 9, accuracy_m=accuracy_m, speed_mps=speed_mps, mock=mock)
    for accuracy_m, speed_mps, mock in ((5.0, 1.0, False), (5.0, None, False), (None, 0.0, True))
]
"""What a phone may tell of one fix when it sends it again."""


@pytest.mark.parametrize("reports", [*itertools.permutations(REPORTS)])
@pytest.mark.parametrize("together", [True, False])
def test_of_several_reports_of_the_newest_fix_the_least_is_the_position(live, reports, together):
    for batch in [reports] if together else [[report] for report in reports]:
        live.append(0, [fix_at(9, 9, 1), *batch], 0)
    (position,) = live.positions()
    assert (position.accuracy_m, position.speed_mps, position.mock) == (5.0, 1.0, False)
    streamed = {fix for entry in live.read({0: START}, 10) for fix in entry.fixes}
    assert streamed >= {*REPORTS}


@pytest.mark.skipif(shutil.which("localedef") is None, reason="makes a locale")
def test_the_newest_fix_is_the_position_whatever_the_locale_of_the_server(tmp_path):
    name, folder, socket = "en_US.UTF-8", tmp_path / "locales", tmp_path / "s"
    folder.mkdir()
    made = ["localedef", "-i", "en_US", "-f", "UTF-8", "--no-archive", str(folder / name)]
    if subprocess.run(made, check=False, capture_output=True).returncode > 1:
        pytest.skip("no sources of locales")
    command = [find_redis_server(), "--port", "0", "--unixsocket", socket, "--save", ""]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env={**os.environ, "LOCPATH": str(folder), "LC_ALL": name},
        stdout=subprocess.DEVNULL,
    ) as server:
        try:
            until(socket.exists, 10, "Redis")
            with closing(Live(f"unix://{socket}")) as live:
                fixes = some_fixes(300)
                for fix in fixes:
                    live.append(0, [fix], 0)
                newest = {fix.technician_id: fix for fix in sorted(fixes, key=lambda fix: fix.key)}
                found = {one.technician_id: (one.at_ms, one.place) for one in live.positions()}
        finally:
            server.kill()
    assert found == {name: (fix.at_ms, fix.place) for name, fix in newest.items()}


def test_every_fix_but_known_duplicates_is_in_the_stream_once_per_batch(live):
    first = [fix_at(0, 0, at_s) for at_s in (1, 2)]
    live.append(0, first, received_ms=7)
    live.append(0, [first[1]], 8)
    live.append(0, [fix_at(0, 0, 0), first[1]], 9)
    entries = live.read({0: START}, 10)
    assert [entry.fixes for entry in entries] == [tuple(first), (fix_at(0, 0, 0),)]
    assert [entry.received_ms for entry in entries] == [7, 9]


def test_positions_by_id_are_those_of_the_shards_asked_for(empty_redis):
    with closing(Live(empty_redis, shards=3)) as live:
        for shard, name in enumerate(("te_1", "te_2", "te_3")):
            live.append(shard, [fix_at(shard, 0, 1, technician_id=name)], 0)
        found = live.positions_by_id({"te_1": 0, "te_3": 2, "te_2": 0, "te_9": 1})
        assert found == {one.technician_id: one for one in (*live.positions(0), *live.positions(2))}
        assert live.positions_by_id({}) == {}


def test_a_full_stream_refuses_and_takes_again_once_trimmed(empty_redis):
    with closing(Live(empty_redis, stream_limit=1)) as live:
        live.append(0, [fix_at(0, 0, 1)], 0)
        with pytest.raises(Busy):
            live.append(0, [fix_at(0, 0, 2)], 0)
        assert live.positions_by_id({"te_1": 0})["te_1"].at_ms == fix_at(0, 0, 1).at_ms
        (entry,) = live.read({0: START}, 10)
        later = f"{int(entry.id.partition('-')[0]) + 60_000}-0"
        live.trim(0, later)
        live.append(0, [fix_at(0, 0, 2)], 0)


def test_trimming_keeps_the_last_half_minute_for_the_map(live):
    live.append(0, [fix_at(0, 0, 1)], 0)
    (entry,) = live.read({0: START}, 10)
    live.trim(0, entry.id)
    assert live.read({0: START}, 10) == [entry]
    assert live.backlog(0, entry.id) == 0
    assert live.backlog(0, START) == 1


def test_shards_are_apart(empty_redis):
    with closing(Live(empty_redis, shards=3)) as live:
        live.append(2, [fix_at(0, 0, 1)], 0)
        assert live.positions(0) == []
        assert len(live.positions()) == 1
        assert [entry.shard for entry in live.read({0: START, 1: START, 2: START}, 10)] == [2]


def test_a_shard_that_nobody_reads_takes_nothing(live):
    with pytest.raises(Unavailable, match="GEO_DISPATCH_SHARDS"):
        live.append(1, [fix_at(0, 0, 1)], 0)


def test_scripts_that_redis_forgot_are_sent_again(live, empty_redis):
    live.append(0, [fix_at(0, 0, 1)], 0)
    with closing(redis_py.Redis.from_url(empty_redis)) as client:
        client.script_flush()
    assert live.append(0, [fix_at(0, 0, 2)], 0) == [Verdict.ACCEPTED]


def test_a_lease_has_one_holder_and_a_growing_fence(live):
    first = live.acquire(0, "worker-1", 5.0)
    assert live.acquire(0, "worker-2", 5.0) is None
    assert live.holder(0) == "worker-1"
    assert live.renew(first, 5.0)
    live.release(first)
    second = live.acquire(0, "worker-2", 5.0)
    assert second.fence > first.fence
    assert not live.renew(first, 5.0)
    live.release(first)
    assert live.holder(0) == "worker-2"


def test_a_fence_is_above_the_one_that_sql_saw(live):
    assert live.acquire(0, "worker-1", 5.0, above_fence=41).fence == 42


def test_redis_that_is_away_is_told_at_once_without_its_password():
    away = Live("redis://me:secret@127.0.0.1:1/0")
    with closing(away), pytest.raises(RedisUnavailable) as caught:
        away.append(0, [fix_at(0, 0, 1)], 0)
    assert "secret" not in caught.value.message
    assert "127.0.0.1:1" in caught.value.message


def test_a_tail_starts_with_everything_and_goes_on_with_news(live, empty_redis):
    live.append(0, [fix_at(0, 0, 1, technician_id="te_1")], 0)

    async def follow():
        async with Tail(empty_redis) as tail:
            changes = tail.watch(block_ms=100)
            first = await anext(changes)
            live.append(0, [fix_at(9, 0, 2, technician_id="te_2")], 0)
            second = await anext(changes)
            third = await anext(changes)
            await changes.aclose()
            return first, second, third

    first, second, third = asyncio.run(follow())
    assert first.whole
    assert [one.technician_id for one in first.fixes] == ["te_1"]
    assert not second.whole
    assert [one.technician_id for one in second.fixes] == ["te_2"]
    assert second.fixes == (fix_at(9, 0, 2, technician_id="te_2"),)
    assert third.fixes == ()


def test_of_what_a_phone_sends_after_hours_a_tail_tells_the_end(live, empty_redis):
    many = [fix_at(at_s, 0, at_s) for at_s in range(50)]
    live.append(0, [*many[25:], *many[:25], fix_at(0, 0, 7, technician_id="te_2")], 0)

    async def news():
        async with Tail(empty_redis) as tail:
            return await tail.news({0: START}, 50)

    fixes, read = asyncio.run(news())
    assert fixes == [*many[-2:], fix_at(0, 0, 7, technician_id="te_2")]
    assert read == {0: live.read({0: START}, 10)[-1].id}


def test_a_snapshot_stands_at_its_cursor(live, empty_redis):
    async def snapshot():
        async with Tail(empty_redis) as tail:
            empty = await tail.snapshot(0)
            live.append(0, [fix_at(0, 0, 1)], 0)
            fixes, cursor = await tail.snapshot(0)
            return empty, fixes, (await tail.news({0: cursor}, 50))[0]

    empty, positions, news = asyncio.run(snapshot())
    assert empty == ([], START)
    assert [one.place for one in positions] == [fix_at(0, 0, 1).place]
    assert news == []
    assert live.positions()[0].cell == lonlat_to_cell(SITE)


def test_a_redis_that_cannot_write_its_log_is_told_apart_from_one_that_is_away():
    with pytest.raises(RedisUnavailable, match="disk full"), answering("unix:///run/r.sock"):
        raise redis_py.ResponseError(
            "MISCONF Errors writing to the AOF file: No space left on device"
        )
