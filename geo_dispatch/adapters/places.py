"""Address search without a network: one SQLite file with a full-text index of an extract.

Names are compared folded: without case, accents and punctuation, ``strasse`` for ``straße`` and
``str.``; with umlauts both as ``a`` and as ``ae``. Each word typed may be the start of a word.
"""

from __future__ import annotations

import re
import sqlite3
import tempfile
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import shapely
from shapely.geometry.base import BaseGeometry

from geo_dispatch.adapters.osm_features import Feature, read_features
from geo_dispatch.kernel.errors import Unavailable
from geo_dispatch.kernel.geo import LonLat, haversine_m
from geo_dispatch.kernel.progress import Progress, silent

FORMAT: Final = 1

_KINDS: Final = ("street", "place", "venue", "address")
"""In the order in which they answer words without a house number."""

_VENUES: Final = {"place", "venue", "building"}
_TOWNS: Final = {"city", "town", "village"}
_TOWN_LEVELS: Final = {"6", "7", "8"}
"""admin_level of municipalities in most countries; where they nest, the smallest counts."""

_WORD: Final = re.compile(r"[^\W_]+")
_ABBREVIATED_STREET: Final = re.compile(r"str\.")
_LETTERS: Final = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe"})
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa"})

_CANDIDATES: Final = 400
"""Rows that the index hands over for ranking: all, unless only a letter or two was typed."""

_SCHEMA: Final = f"""
PRAGMA user_version = {FORMAT};
CREATE TABLE place (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    house_number TEXT NOT NULL,
    town TEXT NOT NULL,
    lon REAL NOT NULL,
    lat REAL NOT NULL
);
CREATE VIRTUAL TABLE word USING fts5(
    words, content='', tokenize='unicode61 remove_diacritics 0', prefix='1 2 3'
);
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A place that the search found.

    Attributes
    ----------
    label
        As people write it: ``"Städtle 43, Vaduz"``.
    kind
        address, street, place or venue.
    """

    label: str
    kind: str
    lonlat: LonLat


@dataclass(frozen=True, slots=True)
class _Row:
    kind: str
    name: str
    house_number: str
    town: str
    lonlat: LonLat

    @property
    def label(self) -> str:
        name = f"{self.name} {self.house_number}".strip()
        return f"{name}, {self.town}" if self.town and self.town != name else name


def build_places(extract: Path, out: Path, progress: Progress = silent) -> int:
    """Write the search index of an OSM extract to ``out``, whole or not at all.

    Returns
    -------
    int
        Places in the index; none, where nothing has a name.

    Raises
    ------
    InvalidFile
        The extract can't be read.
    """
    rows = sorted(set(_rows(list(read_features(extract, progress)))), key=_build_order)
    progress("indexing places", 0, len(rows))
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as folder:
        written = Path(folder) / "places.db"
        with closing(sqlite3.connect(written)) as database, database:
            database.executescript(_SCHEMA)
            database.executemany(
                "INSERT INTO place VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    (number, row.kind, row.name, row.house_number, row.town, *row.lonlat)
                    for number, row in enumerate(rows)
                ),
            )
            database.executemany(
                "INSERT INTO word (rowid, words) VALUES (?, ?)",
                ((number, " ".join(_spellings(row.label))) for number, row in enumerate(rows)),
            )
        written.replace(out)
    progress("indexing places", len(rows), len(rows))
    return len(rows)


class Places:
    """The search over one index file; safe to use from several threads.

    Raises
    ------
    Unavailable
        There is no index, or one of another version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        remedy = "make it with `geo-dispatch roads build`"
        if not path.is_file():
            raise Unavailable(f"there is no address index {path}; {remedy}")
        try:
            with closing(self._open()) as database:
                (found,) = database.execute("PRAGMA user_version").fetchone()
        except sqlite3.DatabaseError as error:
            raise Unavailable(f"{path} is not an address index ({error}); {remedy}") from error
        if found != FORMAT:
            raise Unavailable(
                f"{path} is an address index of version {found}, not {FORMAT}; {remedy}"
            )

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(f"{self.path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)

    def search(self, q: str, limit: int = 10, near: LonLat | None = None) -> list[Place]:
        """Places whose names hold every word typed, or a start of each; the best first.

        An exact name comes before one that only begins so; a house number typed wants an
        address; otherwise streets come before places, venues and single addresses. A number that
        no address has is let go, and its street answers. Among equals the one ``near`` wins.
        """
        words = fold(q).split()
        if not words:
            return []
        with closing(self._open()) as database:
            rows = _matching(database, words)
            if not rows:
                words = [word for word in words if not word[0].isdigit()]
                rows = _matching(database, words)
        rows.sort(key=lambda row: _rank(row, words, near))
        return [Place(row.label, row.kind, row.lonlat) for row in rows[:limit]]


def fold(text: str) -> str:
    """The text as it is compared: small letters and digits, single blanks."""
    spelt_out = _ABBREVIATED_STREET.sub("strasse ", text.casefold())
    decomposed = unicodedata.normalize("NFKD", spelt_out.translate(_LETTERS))
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(_WORD.findall(plain))


def _spellings(text: str) -> list[str]:
    """The text folded, and folded with its umlauts written out where it has any."""
    written_out = unicodedata.normalize("NFC", text).casefold().translate(_UMLAUTS)
    return list(dict.fromkeys((fold(text), fold(written_out))))


def _matching(database: sqlite3.Connection, words: list[str]) -> list[_Row]:
    """The first rows, in the order of `_build_order`, that hold a start of every word."""
    if not words:
        return []
    found = database.execute(
        "SELECT kind, name, house_number, town, lon, lat FROM word JOIN place ON id = word.rowid"
        " WHERE words MATCH ? ORDER BY word.rowid LIMIT ?",
        (" ".join(f'"{word}"*' for word in words), _CANDIDATES),
    )
    return [
        _Row(kind, name, number, town, LonLat(lon, lat))
        for kind, name, number, town, lon, lat in found
    ]


def _rank(row: _Row, words: list[str], near: LonLat | None) -> tuple[float | str, ...]:
    """Sort key: smaller is better."""
    typed = set(words)
    numbers = {word for word in words if word[0].isdigit()}
    names = [spelling.split() for spelling in _spellings(row.name)]
    house_number = set(fold(row.house_number).split())
    complete = typed <= set(" ".join(_spellings(row.label)).split())
    return (
        not (numbers and numbers & house_number),
        not (complete and any(typed.issuperset(name) for name in names)),
        not any(name and name[0].startswith(words[0]) for name in names),
        _KINDS.index(row.kind) if not numbers else -_KINDS.index(row.kind),
        haversine_m(row.lonlat, near) if near else 0.0,
        len(row.label),
        row.label,
    )


def _build_order(row: _Row) -> tuple[int | str | LonLat, ...]:
    return (_KINDS.index(row.kind), len(row.label), row.label, row.lonlat)


def _rows(features: list[Feature]) -> Iterator[_Row]:
    town_of = _Towns(features)
    streets: dict[tuple[str, str], list[BaseGeometry]] = defaultdict(list)
    for feature in features:
        if feature.kind == "road" and feature.name:
            streets[feature.name, town_of(_middle(feature.geometry))].append(feature.geometry)
            continue
        if feature.kind in _VENUES and feature.name:
            place = _middle(feature.geometry)
            kind = "place" if feature.kind == "place" else "venue"
            yield _Row(kind, feature.name, "", town_of(place), place)
        address = feature.address
        if address and address.street and address.house_number:
            place = _middle(feature.geometry)
            town = address.city or town_of(place)
            yield _Row("address", address.street, address.house_number, town, place)
    for (name, town), lines in streets.items():
        whole = shapely.get_parts(shapely.line_merge(shapely.union_all(lines)))
        yield _Row("street", name, "", town, _middle(max(whole, key=lambda line: line.length)))


class _Towns:
    """Says which town a place belongs to: the smallest municipality around it, else the nearest."""

    def __init__(self, features: Iterable[Feature]) -> None:
        listed = list(features)
        self._areas = sorted(
            (f for f in listed if f.kind == "boundary" and f.name and f.cls in _TOWN_LEVELS),
            key=lambda f: f.geometry.area,
        )
        self._area_index = shapely.STRtree([f.geometry for f in self._areas])
        self._centres = [f for f in listed if f.kind == "place" and f.cls in _TOWNS and f.name]
        self._centre_index = shapely.STRtree([f.geometry for f in self._centres])

    def __call__(self, place: LonLat) -> str:
        point = shapely.Point(place)
        around = self._area_index.query(point, predicate="intersects")
        if len(around):
            return self._areas[int(around.min())].name
        nearest = self._centre_index.nearest(point) if self._centres else None
        return "" if nearest is None else self._centres[nearest].name


def _middle(shape: BaseGeometry) -> LonLat:
    """A point on the line halfway along, or inside the area."""
    if isinstance(shape, shapely.LineString):
        point = shapely.line_interpolate_point(shape, 0.5, normalized=True)
    else:
        point = shape.representative_point()
    return LonLat(round(point.x, 7), round(point.y, 7))
