"""How cost grows with the network: Porto's extract k x k times side by side. SYNTHETIC.

    python -m tests.bench.tiled [SIDE ...]

The copies are joined by a few primary roads across each seam, so that they fall apart more easily
than a real region of that size: kinder to any hierarchy. Each size has a process of its own that
builds and one that answers; CPU seconds, and megabytes resident at the most. Reading the file is
not in it. Without Porto in the folder that GEO_DISPATCH_SHARED_DATA names, the demo area is tiled.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.adapters.osm import read_extract
from geo_dispatch.adapters.profiles import CAR, profile_text, read_profile
from geo_dispatch.roads.extract import Extract, TurnRestriction
from tests.bench.drive_times import chosen, say
from tests.bench.road_rows.case import Case
from tests.bench.road_rows.clock import cpu_s, interleaved
from tests.bench.road_rows.matrices import ours

SIDES: Final = (1, 2, 3, 4)
SEAM: Final = 12
"""Roads across each seam."""

GAP_DEG: Final = 0.002
CLASSES: Final = ("primary", "secondary", "tertiary", "residential")
"""Whose nodes seams are joined at."""

RUNS: Final = 5


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--answer"]:
        say(json.dumps(answered(Path(arguments[1]), int(arguments[2]))))
        return
    if arguments[:1] == ["--build"]:
        say(json.dumps(built(Path(arguments[1]), int(arguments[2]))))
        return
    found = {}
    for side in [int(one) for one in arguments] or SIDES:
        with tempfile.TemporaryDirectory(prefix="gd-tiled-") as folder:
            told = _child("--build", folder, side) | _child("--answer", folder, side)
        found[f"tiled, {side} x {side}"] = told
        say(f"{side} x {side}: {told}")
    say(json.dumps(found))


def built(folder: Path, side: int) -> dict[str, float]:
    """Build the files; what it took, and how large they are."""
    extract, country = chosen()
    profile = read_profile(profile_text(CAR, folder), CAR)
    map_ = tiled(read_extract(extract, profile.wanted), side)
    case = Case(extract, country, folder, RUNS)
    start = cpu_s()
    case.write(map_, profile)
    return {
        "build s": round(cpu_s() - start, 1),
        "build MB": _peak_mb(),
        "files MB": round(sum(path.stat().st_size for path in folder.iterdir()) / 1e6),
    }


def answered(folder: Path, _side: int) -> dict[str, float]:
    """Open the files and answer."""
    extract, country = chosen()
    case = Case(extract, country, folder, RUNS)
    case.engine = case.opened()
    ends = case.places(1000, 2), case.places(1000, 3)
    graph = case.engine.graph
    taken = interleaved({"ours": ours(case, *ends)}, RUNS)
    return {
        "streets": graph.n_streets,
        "vertices": graph.n_vertices,
        "1000x1000 ms": round(taken["ours"] * 1000, 1),
        "answer MB": _peak_mb(),
    }


def tiled(extract: Extract, side: int) -> Extract:
    """The extract side x side times, joined."""
    width, height = np.ptp(extract.node_lonlats, axis=0) + GAP_DEG
    nodes, ways = int(extract.node_ids.max()) + 1, int(extract.way_ids.max()) + 1
    tiles = [
        _moved(extract, at, nodes * at, ways * at, (width * (at % side), height * (at // side)))
        for at in range(side * side)
    ]
    seams = []
    for at in range(side * side):
        if at % side < side - 1:
            seams.append(_seam(tiles[at], tiles[at + 1], 0))
        if at // side < side - 1:
            seams.append(_seam(tiles[at], tiles[at + side], 1))
    joined = np.concatenate(seams) if seams else np.empty((0, 2), np.int64)
    lengths = [np.diff(tile.way_start) for tile in tiles] + [np.full(len(joined), 2)]
    return Extract(
        way_ids=np.concatenate(
            [*(tile.way_ids for tile in tiles), ways * len(tiles) + np.arange(len(joined))]
        ),
        way_tags=sum((tile.way_tags for tile in tiles), ())
        + ({"highway": "primary"},) * len(joined),
        way_start=np.concatenate([[0], np.cumsum(np.concatenate(lengths))]),
        way_nodes=np.concatenate([*(tile.way_nodes for tile in tiles), joined.ravel()]),
        node_ids=np.concatenate([tile.node_ids for tile in tiles]),
        node_lonlats=np.concatenate([tile.node_lonlats for tile in tiles]),
        node_tags={id_: tags for tile in tiles for id_, tags in tile.node_tags.items()},
        restrictions=sum((tile.restrictions for tile in tiles), ()),
    )


def _moved(
    extract: Extract, at: int, nodes: int, ways: int, by_deg: tuple[float, float]
) -> Extract:
    if not at:
        return extract

    def restriction(one: TurnRestriction) -> TurnRestriction:
        return replace(
            one,
            from_ways=tuple(way + ways for way in one.from_ways),
            via_node=None if one.via_node is None else one.via_node + nodes,
            via_ways=tuple(way + ways for way in one.via_ways),
            to_ways=tuple(way + ways for way in one.to_ways),
        )

    return replace(
        extract,
        way_ids=extract.way_ids + ways,
        way_nodes=extract.way_nodes + nodes,
        node_ids=extract.node_ids + nodes,
        node_lonlats=extract.node_lonlats + by_deg,
        node_tags={id_ + nodes: tags for id_, tags in extract.node_tags.items()},
        restrictions=tuple(map(restriction, extract.restrictions)),
    )


def _seam(one: Extract, other: Extract, axis: int) -> NDArray[np.int64]:
    """(k, 2) nodes to be joined: in each band along the seam, those nearest to it."""
    ends = []
    for tile, sign in ((one, 1), (other, -1)):
        ids = _through_nodes(tile)
        places = tile.node_lonlats[np.searchsorted(tile.node_ids, ids)]
        along = places[:, 1 - axis]
        low, high = np.quantile(along, [0.05, 0.95])
        band = np.floor((along - low) / (high - low) * SEAM).astype(int)
        ends.append(
            [ids[band == i][np.argmax(sign * places[band == i, axis])] for i in range(SEAM)]
        )
    return np.array(ends).T


def _through_nodes(tile: Extract) -> NDArray[np.int64]:
    lengths = np.diff(tile.way_start)
    through = np.array([tags.get("highway") in CLASSES for tags in tile.way_tags])
    through &= np.array([not tags.get("oneway") for tags in tile.way_tags])
    return np.intersect1d(tile.way_nodes[np.repeat(through, lengths)], tile.node_ids)


def _child(what: str, folder: str, side: int) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.tiled", what, folder, str(side)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def _peak_mb() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6)


if __name__ == "__main__":
    main(sys.argv[1:])
