"""The whole process tree, as `geo-dispatch up` runs it, while its parts are killed."""

import os
import signal
import subprocess
import time
from datetime import datetime
from pathlib import Path

import pytest

from geo_dispatch.bootstrap import open_back_office
from geo_dispatch.config import Settings, child_environment
from geo_dispatch.kernel.time import datetime_to_ms
from tests.support.app import AREA, WORKING_HOURS
from tests.support.field import BATCH, Board, clerk, fix_to_json, phone
from tests.support.fixes import SITE, START_MS, a_visit, fix_at, noisy
from tests.support.sse import listening
from tests.support.up import UP, needs_proc, runs, up
from tests.support.waiting import until

pytestmark = [needs_proc, pytest.mark.slow]

VANS = 3
KILLED_AT = (
    (0.1, "worker"),
    (0.25, "redis"),
    (0.4, "api"),
    (0.55, "keeper"),
    (0.7, "redis"),
    (0.85, "worker"),
)
"""Who is killed once that share of the batches is acknowledged."""

FENCE_M = 100.0
AT_FENCE_S = 60 + (2000 - FENCE_M) / (50 / 3.6)
"""How long after its start `a_visit` comes to the fence."""

SITE_BODY = {
    "name": "Bakery",
    "location": {"lon": SITE.lon, "lat": SITE.lat},
    "fence_radius_m": FENCE_M,
}


@pytest.fixture
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("up")


def make_order(office, number, site):
    """A technician with an order at the site; returns both ids."""
    van = {"call_sign": f"Van {number:02}", "shifts": WORKING_HOURS}
    technician = office.post("/v1/technicians", json=van).json()["id"]
    order = office.post("/v1/work-orders", json={"type": "repair", "site_id": site}).json()["id"]
    choice = {"technician_id": technician, "force": True, "reason": "nobody has a position yet"}
    answer = office.post(f"/v1/work-orders/{order}/assign", json=choice)
    assert answer.status_code == 200, answer.text
    return technician, order


def make_site(office):
    return office.post("/v1/sites", json=SITE_BODY).json()["id"]


def seconds(at):
    """Since the traces' beginning of time."""
    return (datetime_to_ms(at) - START_MS) / 1000


def history(settings, technician):
    with open_back_office(settings) as desk, desk.store.read() as unit:
        return {(f.at_ms, f.lon_e7, f.lat_e7) for f in unit.tracking.fixes(technician, 0)}


def log(settings, **which):
    with open_back_office(settings) as desk, desk.store.read() as unit:
        return unit.events(**which)


def keys_of(fixes):
    return {(fix.at_ms, fix.lon_e7, fix.lat_e7) for fix in fixes}


def test_each_part_is_killed_under_ingest_and_nothing_is_lost_or_doubled(workspace, folder):
    with up(workspace, folder) as tree:
        office = tree.client("admin")
        site = make_site(office)
        work = [make_order(office, number, site) for number in range(VANS)]
        from_s = seconds(tree.now())
        traces = [noisy(a_visit(from_s), 8.0, seed) for seed in range(VANS)]
        ends_s = (traces[0][-1].at_ms - START_MS) / 1000
        until(lambda: seconds(tree.now()) > ends_s, 10, "the traces to be past")
        phones = [
            phone(tree.client("ingest", technician), trace)
            for (technician, _), trace in zip(work, traces, strict=True)
        ]
        board, enters = Board(tree.client("dispatcher")), clerk(tree.client("dispatcher"), 100)
        board.start()
        until(lambda: board.began is not None, 10, "the stream to begin")
        for sender in (*phones, enters):
            sender.start()
        batches = sum(-(-len(trace) // BATCH) for trace in traces)
        for share, victim in KILLED_AT:
            until(
                lambda share=share: sum(one.done for one in phones) >= share * batches,
                40,
                f"{share:.0%} of the batches to be acknowledged",
            )
            before = tree.kill(victim)
            until(
                lambda name=victim, old=before: tree.pid(name) not in (None, old),
                20,
                f"another {victim}",
            )
        for sender in (*phones, enters):
            sender.join(40)
            assert not sender.is_alive(), f"the {sender.name} still waits"
            assert sender.error is None, sender.error
        assert sum(one.done for one in phones) == batches
        assert any(one.refused for one in phones), "nothing was killed under ingest"

        for (technician, order), trace in zip(work, traces, strict=True):
            until(
                lambda who=technician, trace=trace: len(history(tree.settings, who)) >= len(trace),
                30,
                "the worker to catch up",
            )
            assert history(tree.settings, technician) == keys_of(trace)
            story = [event.type for event in log(tree.settings, streams=[f"order:{order}"])]
            assert story.count("order.arrived") == story.count("order.departed") == 1, story
            (visit,) = office.get(f"/v1/work-orders/{order}/visits").json()["items"]
            arrived_s = seconds(datetime.fromisoformat(visit["arrived_at"]))
            assert abs(arrived_s - (from_s + AT_FENCE_S)) <= 15
        told = [event.seq for event in log(tree.settings, after=board.began)]
        until(lambda: board.heard and board.heard[-1] >= told[-1], 10, "the board to hear it all")
        board.leave()
        told = [event.seq for event in log(tree.settings, after=board.began)]  # ETAs go on
        assert board.heard == told[: len(board.heard)]
        assert board.streams > 1
        assert board.resets == 0
        assert tree.is_ready()


def test_without_redis_it_says_so_at_once_and_comes_back_by_itself(workspace, folder):
    with up(workspace, folder) as tree:
        office = tree.client("dispatcher")
        technician, _ = make_order(office, 1, make_site(office))
        key = tree.client("ingest", technician)
        ping = fix_to_json(fix_at(0, 0, 1.0))
        keeper = until(lambda: tree.pid("keeper"), 5, "the keeper")
        os.kill(keeper, signal.SIGSTOP)
        tree.kill("redis")
        began = time.monotonic()
        refused = key.post("/v1/pings", json=ping)
        assert time.monotonic() - began < 2
        assert refused.status_code == 503
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.headers["retry-after"]
        assert refused.json()["code"] == "redis-unavailable"
        told = tree.ready()
        assert told.status_code == 503
        checks = told.json()["checks"]
        assert "does not answer" in checks["redis"]
        assert checks["sql"] == checks["graph"] == "ok"
        assert office.get("/v1/technicians").is_success
        os.kill(keeper, signal.SIGCONT)
        until(tree.is_ready, 10, "the API to recover")
        assert key.post("/v1/pings", json=ping).json()["verdicts"][0]["verdict"] == "accepted"
        until(lambda: history(tree.settings, technician), 20, "the worker to recover")


def test_two_trees_share_a_folder_and_each_ends_wholly(workspace, folder):
    with up(workspace, folder) as first, up(workspace, folder) as second:
        office = second.client("dispatcher")
        technician, _ = make_order(office, 1, make_site(office))
        key = second.client("ingest", technician)
        assert first.redis_pid() == second.redis_pid()
        mine, theirs = first.all_pids(), second.all_pids()
        assert mine.isdisjoint(theirs)
        with (
            listening(first.client("dispatcher"), "/v1/stream") as stream,
            listening(first.client("technician", technician), "/v1/etas/stream") as other,
        ):
            stream.wait_for("snapshot")
            other.wait_for("snapshot")
            began = time.monotonic()
            first.process.send_signal(signal.SIGTERM)
            assert first.process.wait(10) == 0
            assert time.monotonic() - began < 3
            assert not [pid for pid in mine if runs(pid)]
            until(lambda: stream.ended and other.ended, 2, "the streams to end")

        until(second.redis_pid, 10, "the second tree to run Redis")
        until(second.is_ready, 10, "its API to recover")
        assert key.post("/v1/pings", json=fix_to_json(fix_at(0, 0, 1.0))).is_success
        until(lambda: history(second.settings, technician), 20, "its worker to take over")

        theirs |= second.all_pids() | {second.redis_pid()}
        second.process.kill()
        second.process.wait()
        until(lambda: not [pid for pid in theirs if runs(pid)], 5, "the end of the orphans")


def file_in_the_way(folder):
    (folder / "file").touch()
    return folder / "file" / "data"


def name_too_long(folder):
    return folder / ("d" * 300)


def database_is_none(folder):
    (folder / "geo-dispatch.db").write_bytes(b"no database at all" * 100)
    return folder


def folder_of_the_kernel(_folder):
    return Path("/proc/geo-dispatch")  # nobody, not even root, makes folders there


@pytest.mark.parametrize(
    "make", [file_in_the_way, name_too_long, database_is_none, folder_of_the_kernel]
)
def test_a_data_folder_that_cannot_be_had_is_named_in_one_line(workspace, folder, make):
    data = make(folder)
    settings = Settings(workspace=workspace, data=data, area=AREA, port=0)
    done = subprocess.run(
        UP,
        env={**os.environ, **child_environment(settings)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert str(data) in line
