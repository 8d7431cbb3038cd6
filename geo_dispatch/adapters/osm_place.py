"""The streets of a place by its name, by OSMnx from Nominatim and Overpass, as an OSM file.

The file is written here and not by ``osmnx.io.save_graph_xml``: that one (2.1) calls every street
without the tag ``oneway=no``, roundabouts and motorways too; turns ways with ``oneway=-1`` round
and keeps the tag; joins the pieces of a way that the place's outline cuts apart; and loses loops.
"""

from __future__ import annotations

import socket
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, TypeAlias

import networkx as nx
import osmium
import osmnx as ox
import requests
from osmium.osm import mutable as osm
from osmnx._errors import InsufficientResponseError, ResponseStatusCodeError

from geo_dispatch.kernel.errors import NotFound, Unavailable
from geo_dispatch.kernel.progress import Progress, silent

_TIMEOUT_S: Final = 180
_WAY_TAGS: Final = (
    "access", "area", "bicycle", "bridge", "duration", "foot", "highway", "junction", "maxspeed",
    "maxspeed:backward", "maxspeed:forward", "maxspeed:type", "motor_vehicle",
    "motor_vehicle:backward", "motor_vehicle:forward", "motorcar", "name", "oneway",
    "oneway:motor_vehicle", "oneway:motorcar", "ref", "route", "service", "smoothness",
    "source:maxspeed", "surface", "tracktype", "tunnel", "vehicle", "zone:maxspeed", "zone:traffic",
)  # fmt: skip
_NODE_TAGS: Final = (
    "access", "barrier", "crossing", "direction", "highway", "motor_vehicle", "motorcar",
    "railway", "traffic_signals:direction", "vehicle",
)  # fmt: skip
_REVERSED: Final = {"-1", "reverse", "T"}
"""Values of ``oneway`` for which OSMnx turns the way round."""

_Edge = tuple[int, int, int]
_Graph: TypeAlias = "nx.MultiDiGraph[int]"


def download_place(
    place: str,
    out: Path,
    wanted: Mapping[str, Iterable[str]],
    *,
    overpass_url: str,
    nominatim_url: str,
    progress: Progress = silent,
) -> None:
    """Write the ways that have one of the wanted values within a place to an ``.osm`` file.

    Parameters
    ----------
    wanted
        By key: `Profile.wanted`.

    Raises
    ------
    NotFound
        Nominatim knows no such place with an outline, or no street is in it.
    Unavailable
        Nominatim or Overpass is away, busy, or answers nonsense.
    """
    filters = [
        f'["{key}"~"^({"|".join(sorted(values))})$"]["area"!~"yes"]'
        for key, values in wanted.items()
    ]
    with _asking(overpass_url, nominatim_url):
        try:
            progress(f"looking up {place}", 0, 0)
            outline = ox.geocoder.geocode_to_gdf(place).geometry.iloc[0]
        except (TypeError, InsufficientResponseError) as error:
            remedy = (
                "name a place that Nominatim has an outline of, such as a town with its country"
            )
            raise NotFound("place", place, remedy) from error
        try:
            progress(f"fetching streets of {place}", 0, 0)
            graph = ox.graph.graph_from_polygon(
                outline, simplify=False, retain_all=True, custom_filter=filters
            )
        except (ValueError, InsufficientResponseError) as error:
            raise NotFound("street for cars in", place, f"{overpass_url} has none there") from error
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.with_name(f".new.{out.name}")
    try:
        _write(graph, temporary)
        temporary.replace(out)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _asking(overpass_url: str, nominatim_url: str) -> Iterator[None]:
    """Set OSMnx up for one download, and put everything back that it and we have changed."""
    ours = {
        "all_oneway": True,  # the nodes of a way in its own order, once
        "doh_url_template": None,
        "nominatim_url": nominatim_url,
        "overpass_url": overpass_url,
        "requests_timeout": _TIMEOUT_S,
        "requests_kwargs": {"hooks": {"response": _refuse}},
        "use_cache": False,
        "useful_tags_node": list(_NODE_TAGS),
        "useful_tags_way": list(_WAY_TAGS),
    }
    before = {name: getattr(ox.settings, name) for name in ours}
    # OSMnx pins the server's address by replacing this function for the whole process.
    getaddrinfo = socket.getaddrinfo
    try:
        for name, value in ours.items():
            setattr(ox.settings, name, value)
        yield
    except (requests.RequestException, ResponseStatusCodeError) as error:
        asked = getattr(getattr(error, "request", None), "url", None)
        raise Unavailable(
            f"cannot fetch streets from {asked or f'{nominatim_url} and {overpass_url}'}: "
            f"{_reason(error)}; try again later, or download an extract and give it as SOURCE"
        ) from error
    finally:
        socket.getaddrinfo = getaddrinfo
        for name, value in before.items():
            setattr(ox.settings, name, value)


def _refuse(response: requests.Response, *_args: Any, **_kwargs: Any) -> None:
    """Fail on a refusal: OSMnx would wait and ask again without end."""
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        response.close()
        text = f"it answers {response.status_code} {response.reason}"
        raise requests.HTTPError(text, request=response.request, response=response)


def _reason(error: Exception) -> str:
    if isinstance(error, requests.Timeout):
        return f"no answer within {_TIMEOUT_S} s"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    return str(error)


def _write(graph: _Graph, path: Path) -> None:
    """Write the graph's nodes and ways with their tags, in order of id as files must be."""
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        for node in sorted(graph):
            at = graph.nodes[node]
            place = (at["x"], at["y"])
            writer.add_node(osm.Node(id=node, location=place, tags=_kept(at, _NODE_TAGS)))
        for osmid, nodes, tags in sorted(_ways(graph), key=itemgetter(0)):
            writer.add_way(osm.Way(id=osmid, nodes=nodes, tags=_kept(tags, _WAY_TAGS)))


def _ways(graph: _Graph) -> Iterator[tuple[int, list[int], Mapping[str, Any]]]:
    """Id, nodes and tags of each unbroken piece of a way; further pieces get ids of their own."""
    edges: dict[int, list[_Edge]] = defaultdict(list)
    for u, v, key, tags in graph.edges(keys=True, data=True):
        edges[tags["osmid"]].append((u, v, key))
    fresh = max(edges, default=0)
    for osmid in sorted(edges):
        for i, path in enumerate(_paths(edges[osmid])):
            fresh += i > 0
            nodes = [path[0][0], *(v for _, v, _ in path)]
            yield fresh if i else osmid, nodes, graph.edges[path[0]]


def _kept(tags: Mapping[str, Any], keys: Iterable[str]) -> dict[str, str]:
    kept = {key: str(tags[key]) for key in keys if key in tags}
    if kept.get("oneway") in _REVERSED:
        kept["oneway"] = "yes"
    return kept


def _paths(edges: list[_Edge]) -> Iterator[list[_Edge]]:
    """Cut the edges of a way into paths: where it has a gap, and where it meets itself."""
    leaving: dict[int, list[_Edge]] = defaultdict(list)
    for edge in edges:
        leaving[edge[0]].append(edge)
    entered = {v for _, v, _ in edges}
    for start in sorted(leaving, key=lambda node: node in entered):
        while leaving[start]:
            path = [leaving[start].pop()]
            seen = {start, path[0][1]}
            while leaving[path[-1][1]] and leaving[path[-1][1]][-1][1] not in seen:
                path.append(leaving[path[-1][1]].pop())
                seen.add(path[-1][1])
            yield path
