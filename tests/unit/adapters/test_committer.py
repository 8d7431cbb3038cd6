"""Group commit: one script for what many sent, and each hears what became of its own."""

import asyncio
import os
import signal
from contextlib import closing, suppress

import pytest
import redis as redis_py

from geo_dispatch.adapters.live_redis import Committer, Live, Verdict
from geo_dispatch.adapters.live_redis.client import MAX_BATCH, stream_key
from geo_dispatch.adapters.live_redis.committer import MAX_WAITING
from geo_dispatch.adapters.live_redis.connection import COMMAND_TIMEOUT_S
from geo_dispatch.adapters.live_redis.records import fix_to_packed
from geo_dispatch.adapters.redis_server import RedisServer
from geo_dispatch.kernel.errors import Busy, RedisUnavailable, Unavailable
from tests.support.fixes import fix_at
from tests.support.waiting import until

START = "0-0"


def some(*times_s, technician_id="te_1"):
    return [fix_at(0, 0, at_s, technician_id=technician_id) for at_s in times_s]


def run(url, work, **options):
    async def opened():
        async with Committer(url, fix_to_packed, **options) as committer:
            return await asyncio.wait_for(work(committer), 30)

    return asyncio.run(opened())


def sizes(live):
    """How many fixes each commit brought."""
    return [len(entry.fixes) for entry in live.read({0: START}, 1000)]


async def turns(count):
    for _ in range(count):
        await asyncio.sleep(0)


def test_what_comes_while_two_scripts_are_under_way_goes_with_the_next(live):
    async def work(committer):
        with closing(redis_py.Redis.from_url(live.url)) as client:
            client.execute_command("CLIENT", "PAUSE", "300", "WRITE")
        heard = []
        for number in range(20):
            heard.append(committer.append(0, some(number), 0))
            await turns(3)
        return await asyncio.gather(*heard)

    heard = run(live.url, work)
    assert {verdict for (verdict,) in heard} <= {Verdict.ACCEPTED, Verdict.LATE}
    assert sorted(sizes(live)) == [1, 1, 18]


def test_what_comes_in_one_turn_of_the_loop_is_one_commit(live):
    async def work(committer):
        return await asyncio.gather(*(committer.append(0, some(at_s), 7) for at_s in range(50)))

    run(live.url, work)
    assert sizes(live) == [50]
    assert live.read({0: START}, 10)[0].received_ms == 7


def test_each_hears_of_its_own_fixes_in_their_order(live):
    async def work(committer):
        return await asyncio.gather(
            committer.append(0, some(5, 3), 0),
            committer.append(0, some(5), 0),
            committer.append(0, some(9, 4, 9), 0),
            committer.append(0, some(1, technician_id="te_2"), 0),
        )

    accepted, late, duplicate = Verdict.ACCEPTED, Verdict.LATE, Verdict.DUPLICATE
    assert run(live.url, work) == [
        [accepted, late],
        [duplicate],
        [accepted, late, duplicate],
        [accepted],
    ]


def test_no_script_takes_more_than_a_batch(live):
    async def work(committer):
        each = [some(*range(number * 400, number * 400 + 400)) for number in range(6)]
        await asyncio.gather(*(committer.append(0, fixes, 0) for fixes in each))

    run(live.url, work)
    assert sum(sizes(live)) == 2400
    assert max(sizes(live)) <= MAX_BATCH


def test_who_gives_up_waiting_takes_nothing_from_the_others(live):
    async def work(committer):
        gone, *others = (committer.append(0, some(at_s), 0) for at_s in range(5))
        gone.cancel()
        return await asyncio.gather(*others)

    assert run(live.url, work) == [[Verdict.ACCEPTED]] * 4
    assert sum(sizes(live)) == 5


def test_a_script_that_redis_forgot_is_sent_again(live):
    async def work(committer):
        await committer.append(0, some(1), 0)
        with closing(redis_py.Redis.from_url(live.url)) as client:
            client.script_flush()
        return await asyncio.gather(*(committer.append(0, some(at_s), 0) for at_s in (2, 3)))

    assert run(live.url, work) == [[Verdict.ACCEPTED]] * 2


def test_a_full_stream_refuses_all_and_takes_again_once_there_is_room(live):
    async def work(committer):
        await committer.append(0, some(1), 0)
        await committer.append(0, some(2), 0)
        refused = await asyncio.gather(
            *(committer.append(0, some(at_s), 0) for at_s in (3, 4)), return_exceptions=True
        )
        with closing(redis_py.Redis.from_url(live.url)) as client:
            client.xtrim(stream_key(0), maxlen=0)
        return refused, await committer.append(0, some(5), 0)

    refused, then = run(live.url, work, stream_limit=2)
    assert [type(one) for one in refused] == [Busy, Busy]
    assert refused[0].retry_after_s > 0
    assert then == [Verdict.ACCEPTED]


def test_more_than_may_wait_is_refused_at_once(live):
    async def work(committer):
        with closing(redis_py.Redis.from_url(live.url)) as client:
            client.execute_command("CLIENT", "PAUSE", "500", "WRITE")
        batch = some(*range(MAX_BATCH))
        heard = [committer.append(0, batch, 0) for _ in range(MAX_WAITING // MAX_BATCH)]
        with pytest.raises(Busy):
            committer.append(0, some(1), 0)
        return await asyncio.gather(*heard)

    assert len(run(live.url, work)) == MAX_WAITING // MAX_BATCH


def test_a_shard_that_nobody_reads_takes_nothing(live):
    async def work(committer):
        committer.append(1, some(1), 0)

    with pytest.raises(Unavailable, match="GEO_DISPATCH_SHARDS"):
        run(live.url, work)


def test_what_waits_at_the_end_is_still_kept_and_answered(live):
    async def work(committer):
        return [committer.append(0, some(at_s), 0) for at_s in range(3)]

    heard = run(live.url, work)
    assert [one.result() for one in heard] == [[Verdict.ACCEPTED]] * 3
    assert sum(sizes(live)) == 3


def test_redis_that_went_is_told_at_once_and_its_return_noticed(tmp_path):
    with RedisServer(tmp_path) as server:

        async def work(committer):
            await committer.append(0, some(1), 0)
            await asyncio.to_thread(server.stop)
            refused = await asyncio.gather(
                *(committer.append(0, some(at_s), 0) for at_s in (2, 3)), return_exceptions=True
            )
            with pytest.raises(RedisUnavailable, match="does not answer"):
                await committer.append(0, some(4), 0)
            await asyncio.to_thread(server.start)
            return refused, await _taken_again(committer)

        refused, then = run(server.url, work)
        assert {type(one) for one in refused} == {RedisUnavailable}
        assert then == [Verdict.ACCEPTED]
        with closing(Live(server.url)) as live:
            assert sum(sizes(live)) == 2


async def _taken_again(committer):
    while True:
        with suppress(RedisUnavailable):
            return await committer.append(0, some(9), 0)
        await asyncio.sleep(0.01)


def test_a_reply_that_never_comes_holds_up_one_request_and_not_those_after(tmp_path):
    with RedisServer(tmp_path) as server:

        async def work(committer):
            await committer.append(0, some(1), 0)
            pid = until(server.pid, 5, "the server")
            _send(pid, signal.SIGSTOP)
            try:
                with pytest.raises(RedisUnavailable):
                    await committer.append(0, some(2), 0)
                with pytest.raises(RedisUnavailable, match="is there"):
                    async with asyncio.timeout(COMMAND_TIMEOUT_S / 2):
                        await committer.append(0, some(3), 0)
            finally:
                _send(pid, signal.SIGCONT)
            return await _taken_again(committer)

        assert run(server.url, work) == [Verdict.ACCEPTED]


def _send(pid, number):
    os.kill(pid, number)
