"""Compiled road graphs on disk: one flat file that all processes map read-only.

Layout: magic, format version and header length; a JSON header with the graph's info and where
each array lies; the arrays, each at a multiple of 64 bytes; nothing after. Opening reads the
header only, whatever the size of the graph.
"""

from __future__ import annotations

import mmap
import os
import struct
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from geo_dispatch.kernel.errors import GraphUnavailable
from geo_dispatch.roads.graph import ARRAYS, GraphInfo, RoadGraph

FORMAT_VERSION: Final = 2

_MAGIC: Final = b"GDROADS\n"
_PREFIX = struct.Struct("<8sII")
_ALIGN: Final = 64


class _Array(msgspec.Struct, frozen=True):
    dtype: str
    shape: tuple[int, ...]
    offset: int


class _Header(msgspec.Struct, frozen=True):
    info: GraphInfo
    arrays: dict[str, _Array]
    size: int


def write_graph(path: Path, graph: RoadGraph) -> None:
    """Write the graph, whole or not at all: to a file beside it, synced, then renamed."""
    arrays = {
        name: np.ascontiguousarray(getattr(graph, name), np.dtype(dtype).newbyteorder("<"))
        for name, dtype in ARRAYS.items()
    }
    header = _header(graph.info, arrays)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(_PREFIX.pack(_MAGIC, FORMAT_VERSION, len(header)))
            file.write(header)
            for array in arrays.values():
                file.write(bytes(-file.tell() % _ALIGN))
                file.write(array.tobytes())
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def open_graph(path: Path) -> RoadGraph:
    """Map a compiled graph.

    Raises
    ------
    GraphUnavailable
        There is no such file, it is no road graph, of another version, or cut short.
    """
    header, view = _opened(path)
    arrays: dict[str, Any] = {}
    for name, dtype in ARRAYS.items():
        at = header.arrays.get(name)
        if at is None or np.dtype(at.dtype) != np.dtype(dtype):
            raise _unavailable(path, f"has no array {name!r} of {dtype}")
        flat = np.frombuffer(view, at.dtype, count=int(np.prod(at.shape)), offset=at.offset)
        arrays[name] = flat.reshape(at.shape)
    return RoadGraph(info=header.info, **arrays)


def read_info(path: Path) -> GraphInfo:
    """Where a compiled graph comes from.

    Raises
    ------
    GraphUnavailable
        As for `open_graph`.
    """
    return _opened(path)[0].info


def _header(info: GraphInfo, arrays: dict[str, Any]) -> bytes:
    """The JSON header, padded so that the array offsets in it hold."""

    def encode(header_size: int) -> tuple[bytes, int]:
        at = _PREFIX.size + header_size
        places = {}
        for name, array in arrays.items():
            at += -at % _ALIGN
            places[name] = _Array(array.dtype.str, array.shape, at)
            at += array.nbytes
        return msgspec.json.encode(_Header(info, places, at)), at

    # Offsets only grow with the room left for the header: leave a page more than the first try.
    room = len(encode(0)[0]) + 4096
    return encode(room)[0].ljust(room)


def _opened(path: Path) -> tuple[_Header, mmap.mmap]:
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size < _PREFIX.size:
                raise _unavailable(path, f"is not a road graph: it has {size} bytes")
            view = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise _unavailable(path, f"cannot be opened ({error.strerror})") from error
    magic, version, length = _PREFIX.unpack_from(view)
    if magic != _MAGIC:
        raise _unavailable(path, "is not a road graph")
    if version != FORMAT_VERSION:
        raise _unavailable(path, f"is of format {version}, and this program reads {FORMAT_VERSION}")
    try:
        header = msgspec.json.decode(view[_PREFIX.size : _PREFIX.size + length], type=_Header)
    except msgspec.DecodeError as error:
        raise _unavailable(path, f"has a damaged header ({error})") from error
    if header.size != size:
        raise _unavailable(path, f"has {size} bytes instead of {header.size}: it was cut short")
    return header, view


def _unavailable(path: Path, what: str) -> GraphUnavailable:
    area = path.parent.name
    return GraphUnavailable(
        f"road graph {path} {what}; build it with: geo-dispatch roads build SOURCE --area {area}"
    )
