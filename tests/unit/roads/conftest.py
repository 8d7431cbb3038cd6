from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from geo_dispatch.adapters.profiles import CAR, profile_text, read_profile
from geo_dispatch.roads.profile import Profile
from tests.support.ascii_map import AsciiMap, Town


@pytest.fixture
def town(tmp_path: Path) -> Callable[..., Town]:
    """Builds a drawn map through the whole pipeline."""

    def build(drawing: str, **said) -> Town:
        return Town(AsciiMap(drawing, **said), tmp_path)

    return build


@pytest.fixture(scope="session")
def car() -> Profile:
    return read_profile(profile_text(CAR, Path()), CAR)
