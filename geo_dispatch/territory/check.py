"""What is wrong with a set of territories: everything at once, each naming territory and place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.territory.model import (
    Territory,
    area_m2,
    is_sliver,
    polygonal,
    some_place,
    total_bounds,
    without_slivers,
)

Bounds = tuple[float, float, float, float]
"""West, south, east, north, degrees."""

_EARTH: Final = shapely.box(-180, -90, 180, 90)
_REASON_PLACE: Final = re.compile(r"(.*)\[(\S+) (\S+)\]")


class Severity(StrEnum):
    """Whether territories with the finding may be published."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at.

    Attributes
    ----------
    code
        no-territories, no-id, duplicate-id, no-name, duplicate-name, no-area, self-crossing,
        off-earth, swapped, outside, overlap or gap.
    territories
        Names of those concerned.
    place
        Where to look; None where it is not about a place.
    area_m2
        Size of an overlap or gap.
    """

    code: str
    severity: Severity
    territories: tuple[str, ...]
    message: str
    place: LonLat | None = None
    area_m2: float | None = None


def check(territories: Sequence[Territory], bounds: Bounds | None = None) -> list[Finding]:
    """Everything found, errors first; empty where all is well.

    Parameters
    ----------
    bounds
        Of the area's road graph: tells swapped coordinates and strays. Without it each territory
        is compared with the others.
    """
    if not territories:
        return [
            Finding(
                "no-territories", Severity.ERROR, (), "there is no territory; draw at least one"
            )
        ]
    findings = [
        *_labels(territories),
        *_shapes(territories),
        *_strays(territories, bounds),
        *_overlaps(territories),
        *_gaps(territories),
    ]
    return sorted(findings, key=lambda finding: finding.severity != Severity.ERROR)


def is_publishable(findings: Sequence[Finding]) -> bool:
    """Whether no finding is an error."""
    return all(finding.severity != Severity.ERROR for finding in findings)


def _labels(territories: Sequence[Territory]) -> Iterator[Finding]:
    for number, territory in enumerate(territories, start=1):
        if not territory.id.strip():
            message = f"territory {number} ({territory.label or 'without a name'}) has no id"
            yield Finding("no-id", Severity.ERROR, (territory.label,), f"{message}; give it one")
        if not territory.name.strip():
            message = f"territory {number} ({territory.id}) has no name; give it one"
            yield Finding("no-name", Severity.ERROR, (territory.label,), message)
    for id_, count in Counter(t.id for t in territories if t.id.strip()).items():
        if count > 1:
            labels = tuple(t.label for t in territories if t.id == id_)
            message = (
                f"{count} territories have the id {id_!r}; "
                "make them one MultiPolygon, or give each its own id"
            )
            yield Finding("duplicate-id", Severity.ERROR, labels, message)
    for name, count in Counter(t.name.strip().casefold() for t in territories).items():
        labels = tuple(t.name for t in territories if t.name.strip().casefold() == name)
        if count > 1 and name:
            message = f"{count} territories are called {labels[0]!r}; people can't tell them apart"
            yield Finding("duplicate-name", Severity.WARNING, labels, message)


def _shapes(territories: Sequence[Territory]) -> Iterator[Finding]:
    for territory in territories:
        area = territory.area
        if area.is_empty or not area_m2(shapely.make_valid(area)):
            yield Finding(
                "no-area", Severity.ERROR, (territory.label,), f"{territory.label} has no area"
            )
            continue
        yield from _crossings(territory)


def _crossings(territory: Territory) -> Iterator[Finding]:
    """One finding per part with a fault, or one if only the parts together are wrong."""
    parts: list[BaseGeometry] = [part for part in territory.area.geoms if not part.is_valid]
    for shape in parts or [territory.area]:
        reason = shapely.is_valid_reason(shape)
        if reason == "Valid Geometry":
            return
        what, place = reason, None
        if match := _REASON_PLACE.fullmatch(reason):
            what = match[1]
            place = LonLat(float(match[2]), float(match[3]))
        where = f" at {place.lon:.6f}, {place.lat:.6f}" if place else ""
        message = f"the outline of {territory.label} crosses or touches itself{where} ({what})"
        yield Finding("self-crossing", Severity.ERROR, (territory.label,), message, place)


def _strays(territories: Sequence[Territory], bounds: Bounds | None) -> Iterator[Finding]:
    for number, territory in enumerate(territories):
        if territory.area.is_empty:
            continue
        extent = shapely.box(*territory.area.bounds)
        swapped = shapely.transform(extent, lambda lonlats: lonlats[:, ::-1])
        others = [t for n, t in enumerate(territories) if n != number and not t.area.is_empty]
        home = _EARTH
        if bounds:
            home = shapely.box(*bounds)
        elif others:
            home = shapely.box(*total_bounds(others))
        corner = LonLat(*territory.area.bounds[:2])
        if not _EARTH.covers(extent):
            hint = "; are longitude and latitude swapped?" if _EARTH.covers(swapped) else ""
            message = f"{territory.label} lies off the earth, at {corner.lon}, {corner.lat}{hint}"
            yield Finding("off-earth", Severity.ERROR, (territory.label,), message, corner)
        elif not home.intersects(extent) and home.intersects(swapped):
            message = (
                f"longitude and latitude of {territory.label} are swapped: it lies at "
                f"{corner.lon:.4f}, {corner.lat:.4f}; GeoJSON puts longitude first"
            )
            yield Finding("swapped", Severity.ERROR, (territory.label,), message, corner)
        elif bounds and not home.intersects(extent):
            message = f"{territory.label} lies outside the area's road graph; no job there is near"
            yield Finding("outside", Severity.WARNING, (territory.label,), message, corner)


def _overlaps(territories: Sequence[Territory]) -> Iterator[Finding]:
    areas = shapely.make_valid(np.array([t.area for t in territories], dtype=object))
    first, second = shapely.STRtree(areas).query(areas, predicate="intersects")
    for i, j in sorted((int(i), int(j)) for i, j in zip(first, second, strict=True) if i < j):
        shared = without_slivers(areas[i].intersection(areas[j]))
        if shared.is_empty:
            continue
        size, place = area_m2(shared), some_place(shared)
        labels = (territories[i].label, territories[j].label)
        message = (
            f"{labels[0]} and {labels[1]} overlap by {size:,.0f} m2 "
            f"at {place.lon:.6f}, {place.lat:.6f}"
        )
        yield Finding("overlap", Severity.ERROR, labels, message, place, size)


def _gaps(territories: Sequence[Territory]) -> Iterator[Finding]:
    """Holes in the union of them all: places that would belong to nobody."""
    areas = shapely.make_valid(np.array([t.area for t in territories], dtype=object))
    whole = polygonal(shapely.union_all(areas))
    index = shapely.STRtree(areas)
    for part in whole.geoms:
        for ring in part.interiors:
            hole = shapely.Polygon(ring)
            if is_sliver(hole):
                continue
            around = sorted(int(n) for n in index.query(hole, predicate="intersects"))
            labels = tuple(territories[n].label for n in around)
            size, place = area_m2(hole), some_place(hole)
            message = (
                f"a gap of {size:,.0f} m2 between {' and '.join(labels)} "
                f"at {place.lon:.6f}, {place.lat:.6f} belongs to no territory"
            )
            yield Finding("gap", Severity.WARNING, labels, message, place, size)
