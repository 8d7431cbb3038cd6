from __future__ import annotations

import json
import subprocess
import sys

import pytest

from geo_dispatch.roads.preparing import STEP


@pytest.fixture(scope="module")
def told(workspace, tmp_path_factory):
    area = workspace / "road_graphs/compiled/liechtenstein"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.support.prepared_process",
            area,
            tmp_path_factory.mktemp("towns"),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_nothing_is_compiled_after_preparing_whatever_is_asked(told):
    assert told["compiled later"] == []


def test_no_kernel_is_compiled_for_read_only_and_writable_or_strided_arrays_apart(told):
    assert told["compiled twice"] == {}


def test_each_step_is_told_and_the_last_is_the_end(told):
    names, done, totals = zip(*told["steps"], strict=True)
    assert set(names) == {STEP}
    assert list(done) == list(range(totals[0] + 1))
