from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CALLED = """
from typing import NamedTuple
from geo_dispatch.roads.compiled import compiled

MORE = 1

class Pair(NamedTuple):
    first: int
    second: int

@compiled
def inner(x: int) -> int:
    return x + MORE
"""
CALLS = """
from called import Pair, inner
from geo_dispatch.roads.compiled import KERNELS, compiled
from geo_dispatch.roads.kept_code import code_folder, preparing

@compiled
def outer(x: int) -> int:
    return 10 * inner(x)

@compiled
def first(pair: Pair) -> int:
    return pair.first

def made() -> int:
    return sum(sum(kernel.stats.cache_misses.values()) for kernel in KERNELS)
"""
ANSWER = "from calls import *\nprint(outer(1), first(Pair(3, 4)), made())"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two modules with kernels, one of which calls into the other."""
    (tmp_path / "called.py").write_text(CALLED)
    (tmp_path / "calls.py").write_text(CALLS)
    return tmp_path


def started(source: Path, program: str, **environment: str) -> subprocess.Popen[str]:
    inherited = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    return subprocess.Popen(
        [sys.executable, "-B", "-c", program],
        cwd=source,
        env={**inherited, "XDG_CACHE_HOME": str(source / "cache"), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def answered(source: Path, program: str = ANSWER, **environment: str) -> tuple[str, str]:
    """What a new process prints, and what it warns of."""
    process = started(source, program, **environment)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out.strip(), err


def test_the_second_process_makes_nothing(source):
    assert answered(source) == ("20 3 3", "")
    assert answered(source) == ("20 3 0", "")


def test_code_lies_in_the_users_cache_folder_or_where_numba_is_told(source):
    where = "from calls import *\nprint(code_folder())"
    assert answered(source, where)[0] == str(source / "cache" / "geo-dispatch" / "kernels")
    named = source / "named"
    answered(source, NUMBA_CACHE_DIR=str(named))
    assert list((named / "geo-dispatch").glob("*.nbc"))
    assert not (source / "cache").exists()


@pytest.mark.parametrize(
    ("old", "new", "answer"),
    [
        ("return x + MORE", "return x - MORE", "0 3 2"),
        ("MORE = 1", "MORE = 4", "50 3 2"),
        ("first: int\n    second: int", "second: int\n    first: int", "20 4 1"),
    ],
    ids=["callee", "constant", "fields"],
)
def test_code_is_made_anew_when_what_it_was_made_of_changes(source, old, new, answer):
    answered(source)
    (source / "called.py").write_text(CALLED.replace(old, new))
    assert answered(source)[0] == answer


def test_what_does_not_matter_to_the_code_leaves_it_standing(source):
    answered(source)
    (source / "called.py").write_text("# a remark\n" + CALLED + "\nOTHER = 1\n")
    assert answered(source) == ("20 3 0", "")


def test_a_folder_that_cannot_be_written_to_is_told_once_and_answers_come(source):
    (source / "cache").write_text("a file where the folder should be")
    said, warned = answered(source)
    assert said == "20 3 3"
    assert warned.count("can't be kept") == 1
    assert "NUMBA_CACHE_DIR" in warned


def test_a_full_disk_is_told_and_answers_come(source):
    full = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
    said, warned = answered(source, full + ANSWER)
    assert said == "20 3 3"
    assert "can't be kept" in warned
    assert answered(source) == ("20 3 3", "")


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
def test_damaged_files_are_made_anew(source, ending):
    answered(source)
    for path in (source / "cache").rglob(f"*.{ending}"):
        path.write_bytes(path.read_bytes()[:100])
    assert answered(source) == ("20 3 3", "")
    assert answered(source) == ("20 3 0", "")


def test_of_processes_that_prepare_at_once_one_makes_everything(source):
    program = f"from calls import *\nwith preparing():\n    {ANSWER.splitlines()[1]}"
    processes = [started(source, program) for _ in range(3)]
    said = sorted(process.communicate(timeout=120)[0].strip() for process in processes)
    assert said == ["20 3 0", "20 3 0", "20 3 3"]
