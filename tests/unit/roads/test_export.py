from __future__ import annotations

import networkx as nx
import osmnx as ox
import pytest
import shapely

from geo_dispatch.roads.export import graph_to_networkx

DRAWING = "A----B----C\n     |    |\n     D----E"


@pytest.fixture
def exported(town):
    streets = town(
        DRAWING,
        ways={"AB": {"oneway": "yes", "maxspeed": "50"}, "BDEC": {"maxspeed": "80"}},
        nodes={"B": {"highway": "traffic_signals"}},
    )
    return streets, graph_to_networkx(streets.graph)


def test_edges_are_what_osmnx_calls_them(exported) -> None:
    streets, graph = exported
    a, b = streets.map.node_id("A"), streets.map.node_id("B")
    (edge,) = graph.get_edge_data(a, b).values()
    assert edge["osmid"] == streets.map.way_id("AB")
    assert edge["name"] == "AB"
    assert edge["highway"] == "residential"
    assert edge["length"] == pytest.approx(100, abs=0.1)
    assert edge["speed_kph"] == pytest.approx(42.5, abs=0.1)
    assert edge["travel_time"] == pytest.approx(8.47, abs=0.01)
    assert edge["oneway"] is True
    assert edge["reversed"] is False
    assert shapely.equals_exact(
        edge["geometry"],
        shapely.LineString([streets.map.place("A"), streets.map.place("B")]),
        1e-7,
    )
    assert not graph.has_edge(b, a)


def test_parallel_streets_are_parallel_edges(exported) -> None:
    streets, graph = exported
    edges = graph.get_edge_data(streets.map.node_id("B"), streets.map.node_id("C"))
    assert sorted(edge["name"] for edge in edges.values()) == ["BC", "BDEC"]


def test_geometries_run_the_way_one_drives(exported) -> None:
    _, graph = exported
    for tail, head, edge in graph.edges(data=True):
        first, last = edge["geometry"].coords[0], edge["geometry"].coords[-1]
        assert first == pytest.approx((graph.nodes[tail]["x"], graph.nodes[tail]["y"]))
        assert last == pytest.approx((graph.nodes[head]["x"], graph.nodes[head]["y"]))


def test_osmnx_functions_take_it(exported) -> None:
    streets, graph = exported
    assert ox.stats.count_streets_per_node(graph) == nx.get_node_attributes(graph, "street_count")
    nodes, edges = ox.graph_to_gdfs(graph)
    assert len(edges) == graph.number_of_edges()
    assert nodes.crs.to_epsg() == 4326
    ends = streets.map.node_id("A"), streets.map.node_id("C")
    path = ox.shortest_path(graph, *ends, weight="travel_time")
    assert path == [streets.map.node_id(letter) for letter in "ABC"]
    near = streets.map.between("A", "B", aside_m=10)
    assert ox.distance.nearest_edges(graph, near.lon, near.lat)[:2] == tuple(path[:2])


def test_an_osmnx_route_takes_no_longer_than_ours(exported) -> None:
    streets, graph = exported
    ids = [streets.map.node_id(letter) for letter in "AC"]
    theirs = nx.shortest_path_length(graph, *ids, weight="travel_time")
    assert theirs <= streets.seconds("A", "C")
