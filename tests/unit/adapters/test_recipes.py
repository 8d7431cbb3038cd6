from __future__ import annotations

from pathlib import Path

import pytest

from geo_dispatch.adapters.recipes import Recipe, read_recipe, write_recipe
from geo_dispatch.kernel.errors import InvalidFile


def test_a_recipe_reads_as_written(tmp_path: Path) -> None:
    recipe = Recipe('odd "name" ü\\.osm', country="PT")
    write_recipe(tmp_path / "porto", recipe)
    assert read_recipe(tmp_path / "porto") == recipe


def test_no_recipe_is_an_answer(tmp_path: Path) -> None:
    assert read_recipe(tmp_path) is None


@pytest.mark.parametrize("text", ["source =", "country = 'PT'", "source = 'a'\ncuntry = 'PT'"])
def test_what_is_no_recipe_is_refused_by_name(text: str, tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text(text)
    with pytest.raises(InvalidFile, match=r"recipe\.toml is not a recipe"):
        read_recipe(tmp_path)
