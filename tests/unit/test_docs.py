"""The documentation keeps what it promises: links lead somewhere, tables miss nothing."""

import re
import tomllib
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)")
NAMED = re.compile(
    r"`(?:geo_dispatch\.)?((?:kernel|roads|territory|tracking|dispatch|services|adapters)"
    r"(?:\.\w+)+)`|`((?:kernel|roads|territory|tracking|dispatch|services|adapters|api"
    r"|geo_dispatch)/[\w./]+)`"
)


def names(requirements):
    return {re.match(r"[A-Za-z0-9_.-]+", one).group().lower() for one in requirements}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_within_the_project_lead_to_files(page):
    targets = [link for link in LINK.findall(page.read_text("utf-8")) if "://" not in link]
    assert [link for link in targets if not (page.parent / link).exists()] == []


def test_every_dependency_says_what_it_is_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = names(project["dependencies"])
    for extra in project["optional-dependencies"].values():
        wanted |= names(extra)
    page = (ROOT / "docs/dependencies.md").read_text("utf-8").lower()
    told = set(re.findall(r"[a-z0-9-]+", page))
    assert wanted - {"geo-dispatch"} - told == set()


def test_the_ci_runs_the_test_command_of_the_readme():
    readme = (ROOT / "README.md").read_text("utf-8")
    command = "python -m pip install -c constraints.txt -e '.[test]' && python -m pytest"
    assert command in readme
    assert command in (ROOT / ".ci/run").read_text("utf-8")
    assert command in (ROOT / "CONTRIBUTING.md").read_text("utf-8")


def test_the_glossary_is_in_alphabetical_order():
    page = (ROOT / "docs/glossary.md").read_text("utf-8")
    words = [word.lower() for word in re.findall(r"^\| \*\*(.+?)\*\*", page, re.MULTILINE)]
    assert words == sorted(words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_code_that_a_page_names_is_where_it_says(page):
    lost = []
    for dotted, path in NAMED.findall(page.read_text("utf-8")):
        if path:
            found = (ROOT / path).exists() or (ROOT / "geo_dispatch" / path).exists()
        else:
            found = _resolves(f"geo_dispatch.{dotted}")
        if not found:
            lost.append(dotted or path)
    assert lost == []


def _resolves(name):
    """Whether it is a module, or what a module has."""
    module, _, attribute = name.rpartition(".")
    try:
        return hasattr(import_module(module), attribute) or find_spec(name) is not None
    except ModuleNotFoundError:
        return False
