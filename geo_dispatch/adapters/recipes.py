"""Recipes: what an area's road graph is made of, as ``road_graphs/<area>/recipe.toml``."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Final

import msgspec

from geo_dispatch.kernel.errors import Fault, InvalidFile

RECIPE_FILE: Final = "recipe.toml"
OSM_ATTRIBUTION: Final = "© OpenStreetMap contributors, ODbL 1.0"


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How an area is built.

    Attributes
    ----------
    source
        The extract: a path, relative to the recipe's folder unless it is absolute.
    country
        ISO 3166 code of the country whose default speed limits hold; empty for none in particular.
    profile
        ``car``, or a TOML file of the same shape, relative to the recipe's folder.
    attribution
        Who must be named wherever the data is shown.
    """

    source: str
    country: str = ""
    profile: str = "car"
    attribution: str = OSM_ATTRIBUTION


def read_recipe(folder: Path) -> Recipe | None:
    """The recipe of the area's folder, or None when it has none.

    Raises
    ------
    InvalidFile
        The file is not a recipe.
    """
    path = folder / RECIPE_FILE
    if not path.is_file():
        return None
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), Recipe)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        message = f"{path} is not a recipe: {error}; road_graphs/README.md shows one"
        raise InvalidFile(message, [Fault(str(path), str(error))]) from error


def write_recipe(folder: Path, recipe: Recipe) -> None:
    """Write the recipe, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        f"{name} = {json.dumps(value, ensure_ascii=False)}"
        for name, value in msgspec.to_builtins(recipe).items()
    ]
    temporary = folder / f".{RECIPE_FILE}.new"
    temporary.write_text("\n".join(lines) + "\n", "utf-8")
    temporary.replace(folder / RECIPE_FILE)
