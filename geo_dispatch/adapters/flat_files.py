"""Arrays on disk: one flat file that all processes map read-only.

Layout: magic, format version and header length; a JSON header with what the arrays belong to and
where each of them lies; the arrays, each at a multiple of 64 bytes; nothing after. Opening reads
the header only, whatever the size. Replacing a file is a rename: who has it open goes on with the
old one.
"""

from __future__ import annotations

import math
import mmap
import os
import secrets
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import msgspec
import numpy as np

from geo_dispatch.kernel.errors import GraphUnavailable

Info = TypeVar("Info")

_PREFIX = struct.Struct("<8sII")
_ALIGN: Final = 64

_DAMAGED: Final = (msgspec.DecodeError, UnicodeDecodeError)


class _Array(msgspec.Struct, frozen=True):
    dtype: str
    shape: tuple[int, ...]
    offset: int


class _Header(msgspec.Struct, frozen=True):
    info: msgspec.Raw
    arrays: dict[str, _Array]
    size: int


@dataclass(frozen=True, slots=True)
class Kind(Generic[Info]):
    """A kind of file.

    Attributes
    ----------
    name
        For messages: ``"road graph"``.
    magic, version
        8 bytes, and the format that this program writes and reads.
    info
        Type of what the arrays belong to.
    """

    name: str
    magic: bytes
    version: int
    info: type[Info]


def write_arrays(
    path: Path, kind: Kind[Info], info: Info, arrays: Mapping[str, Any], dtypes: Mapping[str, str]
) -> None:
    """Write arrays, whole or not at all: to a file beside it, synced, then renamed."""
    stored = {
        name: np.ascontiguousarray(arrays[name], np.dtype(dtype).newbyteorder("<"))
        for name, dtype in dtypes.items()
    }
    header = _header(info, stored)
    path.parent.mkdir(parents=True, exist_ok=True)
    # a process' number is not enough: containers that share a folder count their own
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with temporary.open("wb") as file:
            file.write(_PREFIX.pack(kind.magic, kind.version, len(header)))
            file.write(header)
            for array in stored.values():
                file.write(bytes(-file.tell() % _ALIGN))
                file.write(array.tobytes())
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def open_arrays(
    path: Path, kind: Kind[Info], dtypes: Mapping[str, str]
) -> tuple[Info, dict[str, Any]]:
    """Map a file's arrays.

    Raises
    ------
    GraphUnavailable
        There is no such file, it is of another kind or version, or cut short.
    """
    header, view = _opened(path, kind)
    arrays: dict[str, Any] = {}
    for name, dtype in dtypes.items():
        at = header.arrays.get(name)
        if at is None or at.dtype != np.dtype(dtype).newbyteorder("<").str:
            raise unavailable(path, kind, f"has no array {name!r} of {dtype}")
        count, room = math.prod(at.shape), len(view) - at.offset
        if min((at.offset, *at.shape)) < 0 or count * np.dtype(at.dtype).itemsize > room:
            raise unavailable(path, kind, f"has no place for its array {name!r}")
        flat = np.frombuffer(view, at.dtype, count=count, offset=at.offset)
        arrays[name] = flat.reshape(at.shape)
    return _info(path, kind, header), arrays


def read_header(path: Path, kind: Kind[Info]) -> Info:
    """What a file's arrays belong to.

    Raises
    ------
    GraphUnavailable
        As for `open_arrays`.
    """
    return _info(path, kind, _opened(path, kind)[0])


def unavailable(path: Path, kind: Kind[Any], what: str) -> GraphUnavailable:
    """The error that a file is not what it should be, with the remedy."""
    area = path.parent.name
    return GraphUnavailable(
        f"{kind.name} {path} {what}; build it with: geo-dispatch roads build SOURCE --area {area}"
    )


def _info(path: Path, kind: Kind[Info], header: _Header) -> Info:
    try:
        return msgspec.json.decode(header.info, type=kind.info)
    except _DAMAGED as error:
        raise unavailable(path, kind, f"has a damaged header ({error})") from error


def _header(info: object, arrays: Mapping[str, Any]) -> bytes:
    """The JSON header, padded so that the array offsets in it hold."""
    told = msgspec.Raw(msgspec.json.encode(info))

    def encode(header_size: int) -> bytes:
        at = _PREFIX.size + header_size
        places = {}
        for name, array in arrays.items():
            at += -at % _ALIGN
            places[name] = _Array(array.dtype.str, array.shape, at)
            at += array.nbytes
        return msgspec.json.encode(_Header(told, places, at))

    # Offsets only grow with the room left for the header: leave a page more than the first try.
    room = len(encode(0)) + 4096
    return encode(room).ljust(room)


def _opened(path: Path, kind: Kind[Any]) -> tuple[_Header, mmap.mmap]:
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size < _PREFIX.size:
                raise unavailable(path, kind, f"is not a {kind.name}: it has {size} bytes")
            view = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise unavailable(path, kind, f"cannot be opened ({error.strerror})") from error
    magic, version, length = _PREFIX.unpack_from(view)
    if magic != kind.magic:
        raise unavailable(path, kind, f"is not a {kind.name}")
    if version != kind.version:
        what = f"is of format {version}, and this program reads {kind.version}"
        raise unavailable(path, kind, what)
    try:
        header = msgspec.json.decode(view[_PREFIX.size : _PREFIX.size + length], type=_Header)
    except _DAMAGED as error:
        raise unavailable(path, kind, f"has a damaged header ({error})") from error
    if header.size != size:
        what = f"has {size} bytes instead of {header.size}: it was cut short"
        raise unavailable(path, kind, what)
    return header, view
