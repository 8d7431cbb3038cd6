"""The README's examples of the API do what they say."""

import re
from pathlib import Path

import pytest

from geo_dispatch.kernel.actors import Role
from tests.support.app import running

README = Path(__file__).parents[2] / "README.md"
EXAMPLE = re.compile(r"<!-- example: (\w+) -->\n```python\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def names(workspace, tmp_path_factory):
    """The names that the examples share, against a deployment in real time."""
    data = tmp_path_factory.mktemp("readme")
    with running(workspace, data, clock_epoch=None, clock_started=None) as deployment:
        names = {"URL": deployment.url, "TOKEN": deployment.token(Role.DISPATCHER)}
        yield names
        names["api"].close()


@pytest.mark.parametrize(
    ("name", "code"), EXAMPLE.findall(README.read_text("utf-8")), ids=lambda one: one.split()[0]
)
def test_an_example_of_the_readme_runs_after_those_before_it(name, code, names):
    code = code.replace("http://127.0.0.1:8080", names["URL"]).replace("gd_...", names["TOKEN"])
    said = []
    names["print"] = lambda *values: said.append(" ".join(map(str, values)))
    exec(compile(code, f"README.md, {name}", "exec"), names)  # noqa: S102 - ours
    assert bool(said) == ("print(" in code)
    assert "None" not in said


def test_every_python_example_of_the_readme_is_run():
    text = README.read_text("utf-8")
    assert text.count("```python") == len(EXAMPLE.findall(text)) > 5
