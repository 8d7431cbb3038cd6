"""Offices to work at, one for each test, on the roads that the test's module draws."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ascii_map import AsciiMap, Town
from tests.support.dispatch_office import DispatchOffice, open_dispatch_office


@pytest.fixture(scope="module")
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Town:
    """The roads that the module draws in its ``STREET``."""
    return Town(AsciiMap(request.module.STREET), tmp_path_factory.mktemp("street"))


@pytest.fixture
def desk(tmp_path: Path, town: Town) -> Iterator[DispatchOffice]:
    """An office in that town that knows where people are, without a Redis."""
    with open_dispatch_office(tmp_path, town) as office:
        yield office


@pytest.fixture
def live_desk(tmp_path: Path, town: Town, empty_redis: str) -> Iterator[DispatchOffice]:
    """An office in that town with a Redis in which nobody was seen so far."""
    with open_dispatch_office(tmp_path, town, empty_redis) as office:
        yield office
