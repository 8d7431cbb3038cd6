"""The floors of the house: imports point down, the core is pure, modules stay small."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = ("kernel", "roads", "territory", "tracking", "dispatch")
MAX_LINES = 400

IMPURE_CALLS = {
    "open": "reads a file",
    "print": "writes to the terminal",
    "input": "reads from the terminal",
    "datetime.now": "asks the clock",
    "datetime.utcnow": "asks the clock",
    "datetime.today": "asks the clock",
    "date.today": "asks the clock",
    "time.time": "asks the clock",
    "time.time_ns": "asks the clock",
    "time.monotonic": "asks the clock",
    "time.perf_counter": "asks the clock",
    "time.sleep": "waits",
    "os.environ": "reads the environment",
    "os.getenv": "reads the environment",
    "Path.cwd": "asks where it runs",
    "Path.home": "asks who runs it",
}
IMPURE_MODULES = {
    "random": "randomness",
    "secrets": "randomness",
    "uuid": "randomness",
    "socket": "the network",
    "subprocess": "processes",
    "tempfile": "files",
    "shutil": "files",
    "sqlite3": "files",
    "logging": "logs",
}
IMPURE_METHODS = {"read_text", "write_text", "read_bytes", "write_bytes", "unlink", "mkdir"}
WORKSPACES = {"territories", "road_graphs", "notebooks"}


def _modules(*packages):
    return sorted(path for package in packages for path in (ROOT / package).rglob("*.py"))


CORE_MODULES = _modules(*(f"geo_dispatch/{name}" for name in CORE))
ALL_MODULES = _modules("geo_dispatch", "api")


def _name(path):
    return str(path.relative_to(ROOT))


def _dotted(node):
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def _impurities(tree):
    for node in ast.walk(tree):
        name = _dotted(node)
        if isinstance(node, ast.Call):
            called = _dotted(node.func)
            if called in IMPURE_CALLS:
                yield f"line {node.lineno}: {called} {IMPURE_CALLS[called]}"
            elif called.startswith(("np.random.", "numpy.random.")):
                yield f"line {node.lineno}: {called} is randomness; take a seed or a generator"
            elif isinstance(node.func, ast.Attribute) and node.func.attr in IMPURE_METHODS:
                yield f"line {node.lineno}: .{node.func.attr} touches files"
        elif name == "os.environ":
            yield f"line {node.lineno}: {name} {IMPURE_CALLS[name]}"


def test_imports_point_down():
    linted = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert linted.returncode == 0, linted.stdout + linted.stderr


@pytest.mark.parametrize("path", CORE_MODULES, ids=_name)
def test_the_core_is_handed_clock_chance_and_files(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {name.split(".")[0] for name in _imported(tree)}
    found = [f"imports {name}: {IMPURE_MODULES[name]}" for name in imported & set(IMPURE_MODULES)]
    assert [*found, *_impurities(tree)] == []


@pytest.mark.parametrize("path", ALL_MODULES, ids=_name)
def test_a_module_is_one_idea_and_says_which(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MAX_LINES, "past 400 lines it is two ideas"
    assert ast.get_docstring(ast.parse(text)), "no docstring"


@pytest.mark.parametrize("path", ALL_MODULES, ids=_name)
def test_workspaces_are_data_and_never_imported(path):
    imported = {name.split(".")[0] for name in _imported(ast.parse(path.read_text("utf-8")))}
    assert imported & WORKSPACES == set()


def test_the_rule_for_the_core_finds_what_it_forbids():
    tree = ast.parse("datetime.now(UTC)\nopen(p)\np.read_text()\nnp.random.rand()")
    assert len(list(_impurities(tree))) == 4
