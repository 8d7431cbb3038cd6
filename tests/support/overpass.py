"""Nominatim and Overpass on loopback, answering from an OSM extract."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import osmium
import shapely

_STATUS = "Connected as: 1\nCurrent time: now\n\nRate limit: 2\n2 slots available now.\n"
_WANTED = re.compile(r'\["(highway|route)"~"\^\((.*?)\)\$"\]')
_OUTLINE = re.compile(r"poly:'([^']*)'")


@dataclass
class StandIn:
    """Where the two servers are, and what they were asked.

    ``refuse`` makes Overpass answer with this status.
    """

    url: str
    asked: list[str] = field(default_factory=list)
    refuse: int = 0

    @property
    def overpass_url(self) -> str:
        return f"{self.url}/api"

    @property
    def nominatim_url(self) -> str:
        return f"{self.url}/nominatim"


@contextmanager
def serving(extract: Path, places: Mapping[str, shapely.Polygon]) -> Iterator[StandIn]:
    """Serve the extract; ``places`` are all that Nominatim knows."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
            stand_in.asked.append(path)
            if path == "/api/status":
                self._answer(200, "text/plain", _STATUS)
            elif path == "/nominatim/search":
                found = _search(places, query["q"][0])
                self._answer(200, "application/json", json.dumps(found))
            else:
                self._answer(404, "text/plain", "no such page")

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            query = parse_qs(self.rfile.read(length).decode())["data"][0]
            stand_in.asked.append(query)
            if stand_in.refuse:
                self._answer(stand_in.refuse, "text/html", "<p>too busy</p>")
            else:
                self._answer(200, "application/json", json.dumps(_interpret(extract, query)))

        def log_message(self, *args: object) -> None:
            pass

        def _answer(self, status: int, kind: str, body: str) -> None:
            data = body.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stand_in = StandIn(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _search(places: Mapping[str, shapely.Polygon], name: str) -> list[dict[str, Any]]:
    outline = places.get(name)
    if outline is None:
        return []
    west, south, east, north = outline.bounds
    return [
        {
            "place_id": 1,
            "osm_type": "relation",
            "osm_id": 1,
            "lat": str(outline.centroid.y),
            "lon": str(outline.centroid.x),
            "class": "boundary",
            "type": "administrative",
            "importance": 0.7,
            "name": name,
            "display_name": name,
            "boundingbox": [str(south), str(north), str(west), str(east)],
            "geojson": shapely.geometry.mapping(outline),
        }
    ]


def _interpret(extract: Path, query: str) -> dict[str, Any]:
    """Ways of the asked values with a node inside the asked outline, and all their nodes."""
    key, values = _WANTED.search(query).groups()  # type: ignore[union-attr] - a test may fail
    numbers = [float(n) for n in _OUTLINE.search(query)[1].split()]  # type: ignore[index] - same
    outline = shapely.Polygon(list(zip(numbers[1::2], numbers[::2], strict=True)))
    shapely.prepare(outline)
    ways, nodes = [], {}
    for way in osmium.FileProcessor(
        str(extract), osmium.osm.NODE | osmium.osm.WAY
    ).with_locations():
        if not way.is_way() or way.tags.get(key) not in values.split("|"):
            continue
        points = {n.ref: (n.location.lon, n.location.lat) for n in way.nodes}
        if shapely.contains_xy(outline, list(points.values())).any():
            nodes.update(points)
            refs = [n.ref for n in way.nodes]
            ways.append({"type": "way", "id": way.id, "nodes": refs, "tags": dict(way.tags)})
    tags = {
        node.id: dict(node.tags)
        for node in osmium.FileProcessor(str(extract), osmium.osm.NODE)
        if node.id in nodes and len(node.tags)
    }
    points = [
        {"type": "node", "id": ref, "lon": lon, "lat": lat, "tags": tags.get(ref, {})}
        for ref, (lon, lat) in nodes.items()
    ]
    return {"version": 0.6, "elements": [*points, *ways]}
