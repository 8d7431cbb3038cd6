"""An extract and a profile become a road graph. Pure: the same values give the same graph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.kernel.units import kmh_to_mps
from geo_dispatch.roads.driving import Driving, NodeDriving, node_driving, way_driving
from geo_dispatch.roads.extract import Extract, TurnRestriction
from geo_dispatch.roads.graph import FORBIDDEN_MS, GraphInfo, RoadGraph
from geo_dispatch.roads.limits import OTHER
from geo_dispatch.roads.over_ways import expanded_turns
from geo_dispatch.roads.parts import large_parts
from geo_dispatch.roads.profile import Profile
from geo_dispatch.roads.streets import Streets, cut_streets
from geo_dispatch.roads.turns import Arcs, Junctions, allowed_turns, turn_seconds

_FERRY = "ferry"
"""What crossings are called among the highway classes."""


@dataclass(frozen=True, slots=True)
class RestrictionCounts:
    """What became of the turn restrictions.

    Attributes
    ----------
    over_node, over_ways
        Forbid a turn, or turning round.
    other
        For other vehicles, at some hours only, of unknown kind, or between streets that cars do
        not drive anyway.
    """

    over_node: int
    over_ways: int
    other: int


@dataclass(frozen=True, slots=True)
class GraphReport:
    """What a build found.

    Attributes
    ----------
    ways, streets, junctions, turns
        How many there are.
    length_km
        Of all streets, each counted once.
    parts
        Strongly connected parts that places snap to: 1, or the number of islands.
    small_streets
        Streets of small parts, which places do not snap to.
    ferries
        Streets that are crossings; places do not snap to them either.
    conditional
        Ways that say something under a condition only, which is not looked at.
    lacking_nodes
        Nodes that ways name and the extract lacks; the ways are cut there.
    restrictions
        What became of the turn restrictions.
    """

    ways: int
    streets: int
    junctions: int
    turns: int
    length_km: float
    parts: int
    small_streets: int
    ferries: int
    conditional: int
    lacking_nodes: int
    restrictions: RestrictionCounts


def build_graph(
    extract: Extract, profile: Profile, info: GraphInfo
) -> tuple[RoadGraph, GraphReport]:
    """The graph of all that the profile's vehicle may drive, and what was found.

    ``info.highways`` is set from the profile.

    Raises
    ------
    ValueError
        The extract has no way that the vehicle may drive.
    """
    country = profile.country_or_other(info.country)
    ways, drivings = _driven(extract, profile, country)
    nodes = _telling_nodes(extract, profile)
    highways = (*profile.highway, _FERRY)
    class_of_way = _highways(extract, ways, highways)
    alike = _alike(drivings, class_of_way, extract.way_ids[ways], extract.restrictions)
    streets, lacking = cut_streets(extract, ways, nodes, alike)
    if not len(streets.ways):
        raise ValueError("no way that may be driven")
    drive_ms = _drive_ms(streets, drivings)
    junction_rows, ends = np.unique(streets.ends, return_inverse=True)
    ends = ends.reshape(-1, 2)
    at = _junctions(extract, streets, nodes, (junction_rows, ends), (ways, drive_ms))
    keys = profile.turn_restriction
    turns = allowed_turns(at, extract.restrictions, keys)
    expanded = expanded_turns(at, turns, extract.restrictions, keys)
    arcs = expanded.street_arcs
    drive_on = profile.country.get(country, profile.country[OTHER]).drive_on
    seconds = turn_seconds(at, arcs, profile.turn, drive_on)
    seconds += _node_seconds(at, arcs, nodes)
    restricted = np.array([driving.restricted for driving in drivings])[streets.way]
    ferry = np.array([driving.ferry for driving in drivings])[streets.way]
    seconds += _enters(restricted, arcs) * profile.restricted.entering_s
    seconds += _enters(ferry, arcs) * profile.ferry.boarding_s
    large, parts = large_parts(expanded, at.allowed)
    belongs = large[0::2] | large[1::2]
    names, name_of_way = _names(drivings)
    graph = RoadGraph(
        info=replace(info, highways=highways),
        node_ids=at.osm_ids,
        node_lonlats=extract.node_lonlats[junction_rows],
        street_from=ends[:, 0].astype(np.int32),
        street_to=ends[:, 1].astype(np.int32),
        way_start=streets.way_start,
        way_m=streets.way_m,
        ways=extract.way_ids[ways[streets.ways]],
        street_name=name_of_way[streets.way],
        street_highway=class_of_way[streets.way],
        street_m=streets.length_m,
        snappable=belongs & ~ferry,
        drive_ms=drive_ms,
        vertex_directed=expanded.vertex_directed.astype(np.int32),
        arc_start=expanded.arc_start,
        arc_head=expanded.arcs.head.astype(np.int32),
        arc_ms=np.rint(seconds * 1000).astype(np.int32),
        shape_start=streets.shape_start,
        shape_lonlats=extract.node_lonlats[streets.shape_node],
        shape_m=streets.shape_m,
        name_start=np.cumsum([0, *(len(name) for name in names)]),
        name_bytes=np.frombuffer(b"".join(names), np.uint8),
    )
    report = GraphReport(
        ways=len(ways),
        streets=graph.n_streets,
        junctions=len(junction_rows),
        turns=graph.n_arcs,
        length_km=float(graph.street_m.sum() / 1000),
        parts=parts,
        small_streets=int((~belongs).sum()),
        ferries=int(ferry.sum()),
        conditional=sum(":conditional" in " ".join(tags) for tags in extract.way_tags),
        lacking_nodes=lacking,
        restrictions=RestrictionCounts(
            over_node=turns.applied,
            over_ways=expanded.applied,
            other=len(extract.restrictions) - turns.applied - expanded.applied,
        ),
    )
    return graph, report


def _driven(
    extract: Extract, profile: Profile, country: str
) -> tuple[NDArray[np.int64], list[Driving]]:
    """Rows of the ways that are driven, and how."""
    drivings = [way_driving(tags, profile, country) for tags in extract.way_tags]
    rows = [row for row, driving in enumerate(drivings) if driving is not None]
    return np.array(rows, np.int64), [driving for driving in drivings if driving is not None]


def _alike(
    drivings: list[Driving],
    class_of_way: NDArray[np.uint8],
    way_ids: NDArray[np.int64],
    restrictions: Iterable[TurnRestriction],
) -> NDArray[np.int64]:
    """(d,) equal for ways that a driver can't tell apart; -1 for those that something is said of.

    That is a restriction by its relation, or a duration by the way itself.
    """
    named = {
        way
        for restriction in restrictions
        for way in (*restriction.from_ways, *restriction.via_ways, *restriction.to_ways)
    }
    numbers: dict[tuple[Driving, int], int] = {}
    return np.array(
        [
            -1
            if way in named or driving.duration_s is not None
            else numbers.setdefault((driving, highway), len(numbers))
            for way, driving, highway in zip(
                way_ids.tolist(), drivings, class_of_way.tolist(), strict=True
            )
        ],
        np.int64,
    )


def _telling_nodes(extract: Extract, profile: Profile) -> dict[int, NodeDriving]:
    """By OSM id, the nodes that do anything to who passes them."""
    nodes = {osm: node_driving(tags, profile) for osm, tags in extract.node_tags.items()}
    return {osm: node for osm, node in nodes.items() if node != NodeDriving()}


def _drive_ms(streets: Streets, drivings: list[Driving]) -> NDArray[np.int32]:
    """(2n,) milliseconds from end to end, never less than at the driven speed.

    What would take days of days, such as a crossing of an ocean, is not driven.
    """
    kmh = np.array(
        [[d.forward_kmh or np.nan, d.backward_kmh or np.nan] for d in drivings], np.float64
    )
    duration_s = np.array([d.duration_s or np.nan for d in drivings], np.float64)
    way_m = np.maximum(1.0, np.bincount(streets.way, streets.length_m, len(drivings)))
    crossing = np.isfinite(duration_s)[:, None] & np.isfinite(kmh)
    mps = np.where(crossing, (way_m / duration_s)[:, None], kmh * kmh_to_mps(1.0))
    seconds = streets.length_m[:, None] / mps[streets.way]
    whole = np.maximum(1.0, np.ceil(seconds * 1000))
    return np.asarray(np.fmin(whole, FORBIDDEN_MS).astype(np.int32).ravel())


def _junctions(
    extract: Extract,
    streets: Streets,
    nodes: dict[int, NodeDriving],
    junctions: tuple[NDArray[np.int64], NDArray[np.int64]],
    driven: tuple[NDArray[np.int64], NDArray[np.int32]],
) -> Junctions:
    rows, ends = junctions
    ways, drive_ms = driven
    osm_ids = extract.node_ids[rows]
    here = [nodes.get(osm, NodeDriving()) for osm in osm_ids.tolist()]
    first, last = streets.shape_start[:-1], streets.shape_start[1:] - 1
    points = extract.node_lonlats[streets.shape_node]
    out, into = (
        _bearings(points[first], points[first + 1]),
        _bearings(points[last - 1], points[last]),
    )
    return Junctions(
        begin=ends.ravel(),
        end=ends[:, ::-1].ravel(),
        leaving_deg=np.stack([out, into + 180.0], axis=1).ravel(),
        arriving_deg=np.stack([into, out + 180.0], axis=1).ravel(),
        allowed=drive_ms < FORBIDDEN_MS,
        way=np.repeat(extract.way_ids[ways[streets.way]], 2),
        osm_ids=osm_ids,
        closed=np.array([node.closed for node in here]),
        turning_place=np.array([node.turning_place for node in here]),
    )


def _bearings(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compass bearings from a to b, degrees; good for the length of a segment."""
    step = (b - a) * np.stack([np.cos(np.radians(a[:, 1])), np.ones(len(a))], axis=1)
    return np.asarray(np.degrees(np.arctan2(step[:, 0], step[:, 1])))


def _node_seconds(at: Junctions, arcs: Arcs, nodes: dict[int, NodeDriving]) -> NDArray[np.float64]:
    """(a,) seconds that the junction costs, by the direction of the way that arrives."""
    here = [nodes.get(osm, NodeDriving()) for osm in at.osm_ids.tolist()]
    lost = np.array([[node.forward_s, node.backward_s] for node in here])
    round_again = arcs.head == arcs.tail ^ 1
    return np.asarray(np.where(round_again, 0.0, lost[at.end[arcs.tail], arcs.tail & 1]))


def _enters(streets: NDArray[np.bool_], arcs: Arcs) -> NDArray[np.bool_]:
    """(a,) whether a turn leads into one of these streets from one of the others."""
    return np.asarray(streets[arcs.head >> 1] & ~streets[arcs.tail >> 1])


def _names(drivings: list[Driving]) -> tuple[list[bytes], NDArray[np.int32]]:
    """All names, the first one empty, and the row of each way's name."""
    rows: dict[str, int] = {"": 0}
    of_way = [rows.setdefault(driving.name, len(rows)) for driving in drivings]
    return [name.encode() for name in rows], np.array(of_way, np.int32)


def _highways(
    extract: Extract, ways: NDArray[np.int64], highways: tuple[str, ...]
) -> NDArray[np.uint8]:
    row = {highway: i for i, highway in enumerate(highways)}
    tags = [extract.way_tags[way].get("highway", "") for way in ways.tolist()]
    return np.array([row.get(highway, row[_FERRY]) for highway in tags], np.uint8)
