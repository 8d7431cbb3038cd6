"""Our graph as an OSMnx-shaped networkx graph, for planners' notebooks and OSMnx' functions.

Junctions are nodes; turns and their costs are lost: networkx' shortest paths may turn where no
one may, and take less time than ours.
"""

from __future__ import annotations

import networkx as nx
import numpy as np
import shapely

from geo_dispatch.roads.graph import FORBIDDEN_MS, RoadGraph


def graph_to_networkx(graph: RoadGraph) -> nx.MultiDiGraph[int]:
    """One edge per direction that may be driven, with the attributes that OSMnx gives.

    Nodes have ``x``, ``y``, ``street_count``; edges ``osmid``, ``name`` where there is one,
    ``highway``, ``length`` (metres), ``speed_kph``, ``travel_time`` (seconds), ``oneway``,
    ``reversed``, ``geometry`` (in driving order). Edge keys count parallel edges.
    """
    exported: nx.MultiDiGraph[int] = nx.MultiDiGraph(
        crs="epsg:4326", simplified=True, created_with="geo-dispatch"
    )
    n_nodes = len(graph.node_ids)
    counts = np.bincount(graph.street_from, minlength=n_nodes) + np.bincount(
        graph.street_to, minlength=n_nodes
    )
    ids = graph.node_ids.tolist()
    places = zip(ids, graph.node_lonlats.tolist(), counts.tolist(), strict=True)
    exported.add_nodes_from((n, {"x": x, "y": y, "street_count": c}) for n, (x, y), c in places)
    drive_ms = graph.drive_ms.reshape(-1, 2)
    allowed = drive_ms < FORBIDDEN_MS
    for street in range(graph.n_streets):
        ends = ids[graph.street_from[street]], ids[graph.street_to[street]]
        for against in np.flatnonzero(allowed[street]).tolist():
            tail, head = ends[::-1] if against else ends
            seconds = float(drive_ms[street, against]) / 1000
            metres = float(graph.street_m[street])
            shape = graph.shape_of(street)
            name, ways = graph.name_of(street), graph.ways_of(street)
            exported.add_edge(
                tail,
                head,
                osmid=ways[0] if len(ways) == 1 else ways,
                highway=graph.highway_of(street),
                length=metres,
                speed_kph=3.6 * metres / seconds,
                travel_time=seconds,
                oneway=not allowed[street].all(),
                reversed=bool(against),
                geometry=shapely.LineString(shape[::-1] if against else shape),
                **({"name": name} if name else {}),
            )
    return exported
