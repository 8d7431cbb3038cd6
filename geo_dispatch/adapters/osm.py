"""OSM files, read with pyosmium: ``.osm.pbf``, ``.osm``, ``.osm.gz``, ``.osm.bz2``."""

from __future__ import annotations

from array import array
from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import osmium
from osmium import filter as only
from osmium import osm

from geo_dispatch.kernel.errors import Fault, InvalidFile
from geo_dispatch.kernel.progress import Progress, silent
from geo_dispatch.roads.extract import Extract, TurnRestriction

SUFFIXES: Final = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2")
"""Endings of the files that can be read."""

_NODE_KEYS: Final = ("highway", "barrier", "crossing", "railway")
_TELL_EVERY: Final = 50_000


def read_extract(
    path: Path, wanted: Mapping[str, Container[str]], progress: Progress = silent
) -> Extract:
    """The ways that cars may use, their nodes, and the turn restrictions.

    Parameters
    ----------
    wanted
        Values by key, such as classes of ``highway``; a way is read that has one of them.

    Raises
    ------
    InvalidFile
        The file is missing, is not OSM, is empty or cut short, or holds no such way.
    """
    _check_name(path)
    try:
        extract = _read(path, wanted, progress)
    except (RuntimeError, OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, f"it cannot be read as OSM data ({error})") from error
    if not len(extract.way_ids):
        raise _unreadable(path, "it holds no way with a tag of a street that cars may use")
    if not len(extract.node_ids):
        raise _unreadable(path, "it holds none of the nodes that its ways name")
    return extract


def _read(path: Path, wanted: Mapping[str, Container[str]], progress: Progress) -> Extract:
    way_ids, way_nodes, counts = array("q"), array("q"), array("q")
    way_tags: list[dict[str, str]] = []
    restrictions: list[TurnRestriction] = []
    relations = False
    keys = (*wanted, "type")
    ways = _told(_objects(path, osm.WAY | osm.RELATION, keys), "ways", progress)
    for thing in ways:
        if thing.is_relation():
            relations = True
            if thing.tags.get("type", "").startswith("restriction"):
                restrictions.append(_restriction(thing))
        elif any(thing.tags.get(key) in values for key, values in wanted.items()):
            way_ids.append(thing.id)
            way_tags.append({tag.k: tag.v for tag in thing.tags})
            counts.append(len(thing.nodes))
            way_nodes.extend(node.ref for node in thing.nodes)
    refs = np.array(way_nodes, np.int64)
    if refs.size and refs.min() < 0:
        raise _unreadable(path, "its ids are below zero, as of edits never uploaded: renumber them")
    ids, lonlats, tags = _nodes(path, np.unique(refs), progress)
    return Extract(
        way_ids=np.array(way_ids, np.int64),
        way_tags=tuple(way_tags),
        way_start=np.cumsum([0, *counts], dtype=np.int64),
        way_nodes=refs,
        node_ids=ids,
        node_lonlats=lonlats,
        node_tags=tags,
        restrictions=tuple(restrictions),
        relations=relations,
    )


def _nodes(
    path: Path, wanted: np.ndarray[tuple[int], np.dtype[np.int64]], progress: Progress
) -> tuple[Any, Any, dict[int, dict[str, str]]]:
    """Ids in ascending order, lon and lat, and the tags of those nodes that have any of note."""
    ids, lonlats = array("q"), array("d")
    tags: dict[int, dict[str, str]] = {}
    processor = osmium.FileProcessor(str(path), osm.NODE)
    nodes = processor.with_filter(only.IdFilter(wanted.tolist()))
    for node in _told(nodes, "nodes", progress, len(wanted)):
        if not node.location.valid():
            continue
        ids.append(node.id)
        lonlats.extend((node.lon, node.lat))
        if len(node.tags) and any(key in node.tags for key in _NODE_KEYS):
            tags[node.id] = {tag.k: tag.v for tag in node.tags}
    unique, first = np.unique(np.array(ids, np.int64), return_index=True)
    return unique, np.array(lonlats, np.float64).reshape(-1, 2)[first], tags


def _objects(path: Path, kinds: Any, keys: tuple[str, ...]) -> Any:
    return osmium.FileProcessor(str(path), kinds).with_filter(only.KeyFilter(*keys))


def _told(things: Iterable[Any], step: str, progress: Progress, total: int = 0) -> Iterator[Any]:
    """The things, with a word on progress now and then."""
    done = 0
    progress(step, 0, total)
    for done, thing in enumerate(things, 1):
        yield thing
        if done % _TELL_EVERY == 0:
            progress(step, done, total)
    progress(step, done, total or done)


def _restriction(relation: Any) -> TurnRestriction:
    members = [(member.type, member.role, member.ref) for member in relation.members]
    via = [ref for kind, role, ref in members if role == "via" and kind == "n"]
    over = tuple(ref for kind, role, ref in members if role == "via" and kind == "w")
    return TurnRestriction(
        tags={tag.k: tag.v for tag in relation.tags},
        from_ways=tuple(ref for kind, role, ref in members if role == "from" and kind == "w"),
        via_node=via[0] if len(via) == 1 and not over else None,
        via_ways=over,
        to_ways=tuple(ref for kind, role, ref in members if role == "to" and kind == "w"),
    )


def _check_name(path: Path) -> None:
    if not path.is_file():
        raise _unreadable(path, "there is no such file")
    if not path.name.endswith(SUFFIXES):
        raise _unreadable(path, f"its name ends in none of {', '.join(SUFFIXES)}")
    if path.stat().st_size == 0:
        raise _unreadable(path, "it is empty")


def _unreadable(path: Path, what: str) -> InvalidFile:
    remedy = "give an OSM extract, such as one from download.geofabrik.de, or --place"
    return InvalidFile(f"{path}: {what}; {remedy}", [Fault(str(path), what)])
