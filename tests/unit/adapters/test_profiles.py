from __future__ import annotations

from pathlib import Path

import pytest

from geo_dispatch.adapters.profiles import CAR, profile_text, read_profile
from geo_dispatch.kernel.errors import InvalidFile, InvalidInput


def test_the_car_profile_comes_along(tmp_path: Path) -> None:
    assert read_profile(profile_text(CAR, tmp_path), CAR).name == "car"


def test_a_planners_own_profile_is_read_from_the_recipes_folder(tmp_path: Path) -> None:
    own = profile_text(CAR, tmp_path).replace('name = "car"', 'name = "van"')
    (tmp_path / "van.toml").write_text(own, "utf-8")
    assert read_profile(profile_text("van.toml", tmp_path), "van.toml").name == "van"


def test_a_missing_profile_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidFile, match=r"van\.toml.*write 'car'"):
        profile_text("van.toml", tmp_path)


@pytest.mark.parametrize("text", ["name = ", 'name = "x"\n'])
def test_what_is_no_profile_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"van\.toml is not"):
        read_profile(text, "van.toml")
