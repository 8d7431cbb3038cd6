"""Territories: planned in files, put in force by publishing.

One file is one set. Several in the area's folder are alternatives, each checked on its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from geo_dispatch.adapters.graph_files import open_graph
from geo_dispatch.adapters.osm_features import read_boundaries
from geo_dispatch.adapters.recipes import read_recipe
from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.adapters.territory_files import read_territories, write_territories
from geo_dispatch.config import Settings
from geo_dispatch.dispatch.records.sites import Site
from geo_dispatch.dispatch.work.events import RecordChanged, TerritoriesPublished
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import Fault, GraphUnavailable, InvalidGeometry, NotFound
from geo_dispatch.services.desk import Desk
from geo_dispatch.territory.check import Bounds, Finding, Severity, check, is_publishable
from geo_dispatch.territory.cover import Assigner
from geo_dispatch.territory.model import Territory, name_to_id, polygonal

SUFFIX: Final = ".geojson"


@dataclass(frozen=True, slots=True)
class Publication:
    """What publishing did.

    Attributes
    ----------
    sites_moved
        Sites whose territory is now another one, or none, or one for the first time.
    sites_outside
        Sites in use that lie in no territory.
    warnings
        Findings that did not stop it.
    """

    territories: tuple[Territory, ...]
    sites_moved: int
    sites_outside: int
    warnings: tuple[Finding, ...]


def files(settings: Settings) -> list[Path]:
    """The area's files of territories, by name.

    Raises
    ------
    NotFound
        There are none.
    """
    found = sorted(settings.territories_dir.glob(f"*{SUFFIX}"))
    if not found:
        raise NotFound(
            "territories of area",
            settings.area,
            f"put a GeoJSON file into {settings.territories_dir}, or begin with "
            f"`geo-dispatch territories from-boundaries --area {settings.area}`",
        )
    return found


def check_file(settings: Settings, path: Path) -> list[Finding]:
    """Everything to say about one file, errors first.

    Raises
    ------
    InvalidFile, InvalidGeometry
        The file can't be read as territories.
    """
    return check(read_territories(path), _bounds(settings))


def publish(desk: Desk, path: Path, actor: Actor) -> Publication:
    """Put the file's territories in force, and every site into its territory, all or nothing.

    Raises
    ------
    InvalidFile, InvalidGeometry
        The file can't be read as territories, or its check found errors.
    """
    settings = desk.settings
    territories = read_territories(path)
    findings = check(territories, _bounds(settings))
    if not is_publishable(findings):
        faults = [Fault(f.code, f.message) for f in findings if f.severity is Severity.ERROR]
        raise InvalidGeometry(
            f"{path} is not published: {faults[0].message}"
            + (f", and {len(faults) - 1} more" if len(faults) > 1 else ""),
            faults,
        )
    with desk.store.write() as unit:
        now = desk.clock()
        unit.territories.replace(settings.area, territories, now)
        moved = _moved_sites(unit, Assigner(territories))
        for site in moved:
            unit.sites.save(site)
            change = RecordChanged(kind="site", changes={"territory_id": site.territory_id})
            unit.append(f"site:{site.id}", [change], actor=actor, at=now)
        published = TerritoriesPublished(
            area=settings.area,
            territories=[territory.id for territory in territories],
            sites_moved=len(moved),
        )
        unit.append(f"territories:{settings.area}", [published], actor=actor, at=now)
        outside = len(unit.sites.list(unit.sites.table.c.territory_id.is_(None)))
        unit.commit()
    return Publication(tuple(territories), len(moved), outside, tuple(findings))


def in_force(desk: Desk) -> list[Territory]:
    """The area's published territories; none before the first publication."""
    with desk.store.read() as unit:
        return unit.territories.in_force(desk.settings.area)


def export(desk: Desk, out: Path) -> int:
    """Write the territories in force to a file, and say how many.

    Raises
    ------
    NotFound
        None are published.
    """
    territories = in_force(desk)
    if not territories:
        raise NotFound(
            "published territories of area",
            desk.settings.area,
            "publish some with `geo-dispatch territories publish`",
        )
    write_territories(out, territories)
    return len(territories)


def from_boundaries(
    settings: Settings, admin_level: str, out: Path, extract: Path | None = None
) -> list[Territory]:
    """Make territories of the administrative areas of an extract, and write them to a file.

    Parameters
    ----------
    extract
        None for the one that the area's recipe names.

    Raises
    ------
    NotFound
        Neither an extract nor a recipe.
    InvalidFile
        The extract can't be read, or has no such boundary.
    """
    if extract is None:
        recipe = read_recipe(settings.recipe_dir)
        if recipe is None:
            raise NotFound("recipe of area", settings.area, "name an OSM extract")
        extract = settings.recipe_dir / recipe.source
    territories = [
        Territory(name_to_id(boundary.name), boundary.name, polygonal(boundary.geometry))
        for boundary in read_boundaries(extract, admin_level)
    ]
    write_territories(out, territories)
    return territories


def _bounds(settings: Settings) -> Bounds | None:
    """Of the area's road graph; None where it is not built, which checking does not need."""
    try:
        return open_graph(settings.graph_path).bounds
    except GraphUnavailable:
        return None


def _moved_sites(unit: Unit, assigner: Assigner) -> list[Site]:
    """The sites, retired ones too, that lie in another territory than they say."""
    sites = unit.sites.list(retired=True)
    lonlats = np.array([site.location for site in sites], dtype=np.float64).reshape(-1, 2)
    owners = assigner.territories_of(lonlats)
    return [
        replace(site, territory_id=owner)
        for site, owner in zip(sites, owners, strict=True)
        if site.territory_id != owner
    ]
