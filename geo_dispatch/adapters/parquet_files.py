"""Fixes as Parquet files: columns that DuckDB, pandas and h3 know, places as GeoParquet 1.1.

pyarrow is large and only needed here, so it is an extra and loaded when it is used.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely

from geo_dispatch.kernel import cells
from geo_dispatch.kernel.errors import InvalidFile, Unavailable
from geo_dispatch.tracking.fixes import DEGREE_SCALE, Fix

RESOLUTIONS: Final = (9, 7, 5)
"""Of the H3 columns, the finest first: the coarser ones are its parents."""

ROWS: Final = 50_000
"""Rows in memory, and in a row group."""

_GEO: Final = {
    "version": "1.1.0",
    "primary_column": "geometry",
    "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Point"]}},
}
"""Without a CRS it is longitude and latitude, OGC:CRS84."""

COMPLETE: Final = b"geo_dispatch.complete"
"""Key in a file's metadata: nothing can be added to that day any more."""

Write = Callable[[Sequence[Fix]], None]


@contextmanager
def parquet_file(path: Path, *, complete: bool) -> Iterator[Write]:
    """Write fixes into a new file, in the order given; it is there when the block has ended.

    Raises
    ------
    Unavailable
        pyarrow is not installed.
    InvalidFile
        The file can't be written.
    """
    pa, pq = _pyarrow()
    schema = _schema(pa, complete=complete)
    part = path.with_name(f".{path.name}.part")
    try:
        with pq.ParquetWriter(part, schema, compression="zstd") as writer:
            yield lambda fixes: writer.write_table(_table(pa, schema, fixes), row_group_size=ROWS)
        part.replace(path)
    except OSError as error:
        raise InvalidFile(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)


def is_complete(path: Path) -> bool:
    """Whether the file is there and its day was over when it was written."""
    pa, pq = _pyarrow()
    if not path.is_file():
        return False
    try:
        metadata = pq.read_schema(path).metadata or {}
    except (OSError, pa.ArrowInvalid):
        return False
    return bool(metadata.get(COMPLETE) == b"yes")


def batched(fixes: Iterable[Fix]) -> Iterator[list[Fix]]:
    """The fixes, `ROWS` at a time."""
    batch: list[Fix] = []
    for fix in fixes:
        batch.append(fix)
        if len(batch) == ROWS:
            yield batch
            batch = []
    if batch:
        yield batch


def _schema(pa: Any, *, complete: bool) -> Any:
    text = pa.dictionary(pa.int32(), pa.string())
    columns = [
        pa.field("technician_id", text, nullable=False),
        pa.field("at", pa.timestamp("ms", tz="UTC"), nullable=False),
        pa.field("lon", pa.float64(), nullable=False),
        pa.field("lat", pa.float64(), nullable=False),
        pa.field("accuracy_m", pa.float64()),
        pa.field("speed_mps", pa.float64()),
        pa.field("heading_deg", pa.float64()),
        pa.field("mock", pa.bool_(), nullable=False),
        *(pa.field(f"h3_{res}", text, nullable=False) for res in sorted(RESOLUTIONS)),
        pa.field("geometry", pa.binary(), nullable=False),
    ]
    geo = json.dumps(_GEO).encode()
    return pa.schema(columns, {b"geo": geo, COMPLETE: b"yes" if complete else b"no"})


def _table(pa: Any, schema: Any, fixes: Sequence[Fix]) -> Any:
    lons = np.array([fix.lon_e7 for fix in fixes]) / DEGREE_SCALE
    lats = np.array([fix.lat_e7 for fix in fixes]) / DEGREE_SCALE
    finest = [cells.lonlat_to_cell(fix.place, RESOLUTIONS[0]) for fix in fixes]
    columns = {
        "technician_id": [fix.technician_id for fix in fixes],
        "at": [fix.at_ms for fix in fixes],
        "lon": lons,
        "lat": lats,
        "accuracy_m": [fix.accuracy_m for fix in fixes],
        "speed_mps": [fix.speed_mps for fix in fixes],
        "heading_deg": [fix.heading_deg for fix in fixes],
        "mock": [fix.mock for fix in fixes],
        "geometry": shapely.to_wkb(shapely.points(lons, lats)),
    }
    for res in RESOLUTIONS:
        known = {cell: _name(cell, res) for cell in set(finest)}
        columns[f"h3_{res}"] = [known[cell] for cell in finest]
    arrays = [pa.array(columns[field.name], type=field.type) for field in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def _name(cell: int, resolution: int) -> str:
    return cells.cell_to_str(cells.cell_to_parent(cell, resolution))


def _pyarrow() -> tuple[Any, Any]:
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ModuleNotFoundError as error:
        raise Unavailable(
            "Parquet files need pyarrow; `pip install 'geo-dispatch[parquet]'` brings it"
        ) from error
