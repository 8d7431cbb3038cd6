"""The demo as a newcomer runs it: one command, a whole process tree, gone within 3 seconds."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from geo_dispatch.demo.witness import TO_SEE
from tests.support.waiting import until

DEMO = [sys.executable, "-c", "from geo_dispatch.cli import app; app()", "demo", "--port", "0"]

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="finds the processes of a tree in /proc"
)


def processes_of(folder):
    """Ids of all living processes that know the data folder or work in it."""
    mark = f"GEO_DISPATCH_DATA={folder}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            knows = mark in (process / "environ").read_bytes().split(b"\0")
            # Redis writes its title over its environment, but works in its folder
            if knows or (process / "cwd").readlink().is_relative_to(folder):
                found.append(int(process.name))
        except OSError:
            continue
    return found


@pytest.fixture
def demo(tmp_path):
    """A demo that is ready, with its stdout and its stderr in files."""
    folder, told, log = tmp_path / "data", tmp_path / "told", tmp_path / "log"
    # of a real deployment, which must not matter: a database that can't be opened
    environment = {**os.environ, "GEO_DISPATCH_DATABASE_URL": "sqlite:////nowhere/at/all.db"}
    command = [*DEMO, "--data", str(folder)]
    with told.open("w") as stdout, log.open("w") as stderr:
        process = subprocess.Popen(command, stdout=stdout, stderr=stderr, env=environment)
    try:
        until(
            lambda: process.poll() is not None or "Ctrl-C ends it" in told.read_text(),
            120,
            "the invitation",
        )
        assert process.poll() is None, log.read_text()
        yield process, folder, told
    finally:
        process.kill()
        process.wait()


@needs_proc
@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_everything_within_3_seconds(demo, ending):
    process, folder, told = demo
    assert len(processes_of(folder)) >= 4, "redis and its keeper, worker, api"
    began = time.monotonic()
    process.send_signal(ending)
    assert process.wait(10) == 0
    assert time.monotonic() - began < 3
    assert processes_of(folder) == []
    assert not folder.exists()
    said = told.read_text().strip()
    assert said.startswith("geo-dispatch demo is ready"), "first of all"
    assert said.endswith("Ctrl-C ends it."), "and nothing after it"


@needs_proc
@pytest.mark.slow
def test_a_killed_demo_leaves_no_process_behind(demo):
    process, folder, _ = demo
    process.kill()
    process.wait()
    until(lambda: processes_of(folder) == [], 10, "the end of the orphans")


@pytest.mark.slow
@pytest.mark.capability("BO-077")
def test_the_check_sees_the_whole_main_job_through_the_api():
    began = time.monotonic()
    done = subprocess.run(
        [*DEMO, "--check"], capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert time.monotonic() - began < 180
    seen = json.loads(done.stdout)
    assert seen["missing"] == []
    assert all(seen[name] for name in TO_SEE)
    assert seen["arrival"]["fixes"] > 0
    assert seen["ranking"]["nearest_by_road"] != seen["ranking"]["nearest_by_crow"]
