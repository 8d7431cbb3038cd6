"""Fixtures of the whole suite."""

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.support import capabilities
from tests.support.app import Deployment, build_workspace, running
from tests.support.desks import desk, live_desk, town
from tests.support.redis import empty_redis, live, redis_server

hypothesis.settings.register_profile("fixed", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("fixed")

__all__ = ["desk", "empty_redis", "live", "live_desk", "redis_server", "town"]


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(capabilities)


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with Liechtenstein compiled, built once per run and shared by its processes."""
    base = tmp_path_factory.getbasetemp()
    in_worker = base.name.startswith("popen-")
    return build_workspace((base.parent if in_worker else base) / "liechtenstein-workspace")


@pytest.fixture(scope="module")
def deployment(workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A deployment that runs for the tests of one module: API, Redis, SQLite; no worker."""
    with running(workspace, tmp_path_factory.mktemp("data")) as running_deployment:
        yield running_deployment
