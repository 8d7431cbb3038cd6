"""OSM extracts for tests: the sample of the project, and small ones drawn in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

CHECKOUT = Path(__file__).parents[2]
LIECHTENSTEIN = CHECKOUT / "road_graphs/liechtenstein/liechtenstein-2013-08-03.osm.pbf"
MUNICIPALITIES = CHECKOUT / "territories/liechtenstein/municipalities.geojson"

Tags = Mapping[str, str]
Place = tuple[float, float]


def write_osm(
    path: Path,
    *,
    points: Sequence[tuple[Place, Tags]] = (),
    lines: Sequence[tuple[Sequence[Place], Tags]] = (),
) -> Path:
    """An .osm file of nodes and ways; a line that ends where it began is an area."""
    nodes: dict[Place, int] = {}
    texts = []
    for number, (places, tags) in enumerate(lines, start=1):
        refs = [nodes.setdefault(place, len(nodes) + 1) for place in places]
        inner = "".join(f'<nd ref="{ref}"/>' for ref in refs) + _tags(tags)
        texts.append(f'<way id="{number}" version="1">{inner}</way>')
    singles = [
        _node(number, place, tags) for number, (place, tags) in enumerate(points, len(nodes) + 1)
    ]
    corners = [_node(number, place, {}) for place, number in nodes.items()]
    body = "\n".join([*corners, *singles, *texts])
    path.write_text(f'<osm version="0.6">\n{body}\n</osm>\n', encoding="utf-8")
    return path


def _node(number: int, place: Place, tags: Tags) -> str:
    lon, lat = place
    return f'<node id="{number}" version="1" lon="{lon}" lat="{lat}">{_tags(tags)}</node>'


def _tags(tags: Tags) -> str:
    return "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items())
