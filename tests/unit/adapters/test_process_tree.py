"""The tree: in order, back after death, gone together."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from geo_dispatch.adapters.process_tree import Patience, ProcessTree, Program
from geo_dispatch.kernel.errors import Unavailable
from tests.support.waiting import until

PROGRAMS = {
    "steady.py": """
        import os, pathlib, sys, time
        pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))
        print("is up", flush=True)
        time.sleep(60)
        """,
    "chatty.py": """
        import pathlib, sys, time
        path = pathlib.Path(sys.argv[1])
        print("is up", flush=True)
        path.touch()
        print("x" * 100_000, flush=True)
        path.write_text("went on")
        time.sleep(60)
        """,
    "stubborn.py": """
        import os, pathlib, signal, sys, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))
        time.sleep(60)
        """,
    "broken.py": """
        import sys
        sys.exit("no such thing as a road graph")
        """,
}

PARENT = """
import os, pathlib, sys, threading
from geo_dispatch.adapters.process_tree import ProcessTree, Program
path = pathlib.Path(sys.argv[1])
steady = Program('s', 'steady', (str(path),), is_ready=path.exists)
with ProcessTree([steady], os.environ, lambda *_: None) as tree:
    print('ready', flush=True)
    threading.Event().wait()
"""


@pytest.fixture
def environment(tmp_path):
    for name, text in PROGRAMS.items():
        lines = [line.strip() for line in text.strip().splitlines()]
        (tmp_path / name).write_text("\n".join(lines))
    return {**os.environ, "PYTHONPATH": str(tmp_path)}


def program(module, path: Path, name=None):
    return Program(name or module, module, (str(path),), is_ready=path.exists)


def runs(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def quiet(_name, _line):
    pass


def test_a_program_starts_when_the_one_before_is_ready(tmp_path, environment):
    first, second = tmp_path / "first", tmp_path / "second"
    programs = [program("steady", first, "first"), program("steady", second, "second")]
    with ProcessTree(programs, environment, quiet) as tree:
        assert first.stat().st_mtime_ns <= second.stat().st_mtime_ns
        assert set(tree.pids()) == {"first", "second"}


def test_lines_come_with_the_name_of_the_program(tmp_path, environment):
    said = []
    programs = [program("steady", tmp_path / "up", "worker")]
    with ProcessTree(programs, environment, lambda name, line: said.append((name, line))):
        until(lambda: ("worker", "is up") in said, 5, "the line")


def test_nothing_is_left_after_the_end_not_even_who_ignores_sigterm(tmp_path, environment):
    programs = [program("steady", tmp_path / "a"), program("stubborn", tmp_path / "b")]
    with ProcessTree(programs, environment, quiet, Patience(stop_s=0.5)) as tree:
        pids = tree.pids().values()
        began = time.monotonic()
    assert time.monotonic() - began < 3
    assert not any(runs(pid) for pid in pids)


def test_a_program_that_cannot_start_ends_the_tree_with_its_last_words(tmp_path, environment):
    steady = program("steady", tmp_path / "up")
    tree = ProcessTree([steady, program("broken", tmp_path / "no")], environment, quiet)
    with pytest.raises(Unavailable, match=r"broken ended with status 1.*no such thing as a road"):
        tree.__enter__()
    assert not runs(int((tmp_path / "up").read_text()))


def test_a_program_that_is_never_ready_is_named(tmp_path, environment):
    never = Program("worker", "steady", (str(tmp_path / "up"),), is_ready=lambda: False)
    tree = ProcessTree([never], environment, quiet, Patience(ready_s=0.3))
    with pytest.raises(Unavailable, match=r"worker was not ready within 0.3 s"):
        tree.__enter__()


def test_a_program_that_is_killed_comes_back(tmp_path, environment):
    path = tmp_path / "up"
    with ProcessTree([program("steady", path, "worker")], environment, quiet) as tree:
        first = tree.pids()["worker"]
        os.kill(first, signal.SIGKILL)
        until(lambda: int(path.read_text() or first) != first, 5, "the new process")
        tree.check()


def test_a_program_that_keeps_dying_ends_the_tree(tmp_path, environment):
    broken = Program("worker", "broken")
    patience = Patience(deaths=2, first_pause_s=0.01)
    with (
        ProcessTree([broken], environment, quiet, patience) as tree,
        pytest.raises(Unavailable, match=r"worker died 2 times in a row.*road graph"),
    ):
        until(tree.check, 5, "the end")


def test_programs_end_when_their_parent_is_killed(tmp_path, environment):
    path = tmp_path / "up"
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            PARENT,
            str(path),
        ],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout.readline() == "ready\n"
        child = int(path.read_text())
        parent.kill()
    until(lambda: not runs(child), 3, "the end of the orphan")


def test_a_program_goes_on_when_its_lines_can_no_longer_be_shown(tmp_path, environment):
    def say(_name, _line):
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "up"
    with ProcessTree([program("chatty", path)], environment, say) as tree:
        until(lambda: path.read_text() == "went on", 5, "the program to go on")
        tree.check()
