"""Build an area's compiled files, road graph, base map and places, from its recipe."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from geo_dispatch.adapters.basemap import build_basemap
from geo_dispatch.adapters.graph_files import open_graph, read_info, write_graph
from geo_dispatch.adapters.hierarchy_files import write_metric, write_topology
from geo_dispatch.adapters.osm import read_extract
from geo_dispatch.adapters.places import build_places
from geo_dispatch.adapters.profiles import profile_text, read_profile
from geo_dispatch.adapters.recipes import Recipe, read_recipe, write_recipe
from geo_dispatch.config import (
    BASEMAP_FILE,
    GRAPH_FILE,
    HIERARCHY_FILE,
    METRIC_FILE,
    PLACES_FILE,
)
from geo_dispatch.kernel.errors import Fault, InvalidFile, InvalidInput, NotFound
from geo_dispatch.kernel.progress import Progress, silent
from geo_dispatch.roads.build import GraphReport, build_graph
from geo_dispatch.roads.engine import RoadEngine
from geo_dispatch.roads.graph import GraphInfo, RoadGraph

OVERPASS_URL: Final = "https://overpass-api.de/api"
NOMINATIM_URL: Final = "https://nominatim.openstreetmap.org"

_AREA = re.compile(r"[a-z0-9][a-z0-9_-]*")
_COMPILED: Final = "compiled"


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build made.

    Attributes
    ----------
    folder
        Where the compiled files lie.
    graph
        What the build of the road graph found.
    drawn, places
        Features of the base map, and entries of the address search.
    cut_short
        The extract may be: relations come last in an ``.osm.pbf``, and it has none.
    """

    folder: Path
    graph: GraphReport
    drawn: int
    places: int
    cut_short: bool


@dataclass(frozen=True, slots=True)
class AreaInfo:
    """A compiled graph as it is on disk.

    Attributes
    ----------
    stale
        Why it should be built again; empty when it is as its recipe says.
    """

    path: Path
    graph: RoadGraph
    stale: str


def build(
    source: Path | None,
    area: str,
    workspace: Path,
    progress: Progress = silent,
    country: str | None = None,
) -> BuildReport:
    """Compile an area's road graph, base map and places; all of them or none.

    Parameters
    ----------
    source
        The extract; None for the one that the area's recipe names. A new one goes into the recipe.
    area
        Name of the folder under ``road_graphs/``: lower-case letters, digits, ``-`` and ``_``.
    country
        ISO 3166 code for default speed limits; None for the recipe's.

    Raises
    ------
    InvalidInput
        The name, the extract, the recipe, the profile or the country is wrong; nothing is written
        then.
    NotFound
        Neither a source nor a recipe.
    """
    folder, compiled = _folders(area, workspace)
    recipe = _recipe(folder, area, source, country)
    extract_path = folder / recipe.source
    text = profile_text(recipe.profile, folder)
    profile = read_profile(text, recipe.profile)
    profile.country_or_other(recipe.country)
    extract = read_extract(extract_path, profile.wanted, progress)
    info = GraphInfo(
        area=area,
        source=recipe.source,
        source_sha256=_file_hash(extract_path),
        profile=profile.name,
        country=recipe.country,
        recipe_sha256=_recipe_hash(recipe, text),
        attribution=recipe.attribution,
        highways=(),
    )
    progress("joining streets", 0, 0)
    try:
        graph, report = build_graph(extract, profile, info)
    except ValueError as error:
        message = f"{extract_path} has {error}; give an extract with streets for cars"
        raise InvalidFile(message, [Fault(str(extract_path), str(error))]) from error
    progress("joining streets", report.streets, report.streets)
    with _exchanged(compiled) as fresh:
        drawn = build_basemap(extract_path, fresh / BASEMAP_FILE, progress)
        places = build_places(extract_path, fresh / PLACES_FILE, progress)
        write_graph(fresh / GRAPH_FILE, graph)
        engine = RoadEngine(open_graph(fresh / GRAPH_FILE))
        progress("ordering streets", 0, 0)
        write_topology(fresh / HIERARCHY_FILE, engine.topology, engine.graph)
        write_metric(fresh / METRIC_FILE, engine.metric, engine.topology, version=1)
        progress("ordering streets", report.streets, report.streets)
        engine.prepare(progress)
    if recipe != read_recipe(folder):
        write_recipe(folder, recipe)
    cut_short = extract_path.name.endswith(".pbf") and not extract.relations
    return BuildReport(compiled, report, drawn, places, cut_short)


def info(area: str, workspace: Path) -> AreaInfo:
    """The area's compiled graph, and whether it is what its recipe says.

    Raises
    ------
    GraphUnavailable
        It is not built, or not one that this program reads.
    """
    folder, compiled = _folders(area, workspace)
    path = compiled / GRAPH_FILE
    return AreaInfo(path, open_graph(path), _staleness(folder, read_info(path)))


def fetch_place(
    place: str,
    area: str,
    workspace: Path,
    progress: Progress = silent,
    country: str | None = None,
    *,
    overpass_url: str = OVERPASS_URL,
    nominatim_url: str = NOMINATIM_URL,
) -> Path:
    """Fetch the streets of a place by name into ``road_graphs/<area>/<area>.osm``.

    Raises
    ------
    InvalidInput
        The country is not known.
    NotFound
        No place of that name has an outline.
    Unavailable
        Nominatim or Overpass does not answer.
    """
    # osmnx takes seconds to import, and only this needs it
    from geo_dispatch.adapters.osm_place import download_place  # noqa: PLC0415

    folder, _ = _folders(area, workspace)
    profile = read_profile(profile_text("car", folder), "car")
    profile.country_or_other((country or "").upper())
    out = folder / f"{area}.osm"
    download_place(
        place,
        out,
        profile.wanted,
        overpass_url=overpass_url,
        nominatim_url=nominatim_url,
        progress=progress,
    )
    return out


def _folders(area: str, workspace: Path) -> tuple[Path, Path]:
    """The area's folder with its recipe, and the one with its compiled files."""
    if not _AREA.fullmatch(area) or area == _COMPILED:
        message = f"{area!r} is no name for an area; use lower-case letters, digits, - and _"
        raise InvalidInput(message, [Fault("area", message)])
    graphs = workspace.resolve() / "road_graphs"
    return graphs / area, graphs / _COMPILED / area


@contextmanager
def _exchanged(folder: Path) -> Iterator[Path]:
    """A folder to write to; its files take the place of those in ``folder`` if all went well."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as name:
        yield Path(name)
        for path in sorted(Path(name).iterdir()):
            path.replace(folder / path.name)


def _recipe(folder: Path, area: str, source: Path | None, country: str | None) -> Recipe:
    """The area's recipe with what was asked for on top."""
    recipe = read_recipe(folder)
    if source is not None:
        path = source.resolve()
        named = str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)
        recipe = Recipe(named) if recipe is None else _with(recipe, source=named)
    if recipe is None:
        raise NotFound("recipe of area", area, f"give a SOURCE, or write {folder}/recipe.toml")
    return recipe if country is None else _with(recipe, country=country.upper())


def _with(recipe: Recipe, *, source: str | None = None, country: str | None = None) -> Recipe:
    return Recipe(
        source=recipe.source if source is None else source,
        country=recipe.country if country is None else country,
        profile=recipe.profile,
        attribution=recipe.attribution,
    )


def _staleness(folder: Path, made: GraphInfo) -> str:
    recipe = read_recipe(folder)
    if recipe is None:
        return "it has no recipe any more"
    checks: list[tuple[str, Callable[[], bool]]] = [
        ("its extract is gone", (folder / recipe.source).is_file),
        (
            "its recipe or profile has changed",
            lambda: (
                made.recipe_sha256 == _recipe_hash(recipe, profile_text(recipe.profile, folder))
            ),
        ),
        (
            "its extract has changed",
            lambda: made.source_sha256 == _file_hash(folder / recipe.source),
        ),
    ]
    return next((reason for reason, holds in checks if not holds()), "")


def _recipe_hash(recipe: Recipe, profile: str) -> str:
    return hashlib.sha256(f"{recipe!r}\n{profile}".encode()).hexdigest()


def _file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
