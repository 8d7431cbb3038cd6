"""Exports of work orders as ZIP files: the same record gives the same bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from geo_dispatch.kernel.errors import InvalidFile

MAX_BYTES: Final = 200_000_000
MAX_FILES: Final = 100

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""ZIP knows no earlier time, and must not tell when it was packed."""


def pack(members: Mapping[str, bytes]) -> bytes:
    """The files as a ZIP, in the order given."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)
    return packed.getvalue()


def unpack(path: Path) -> dict[str, bytes]:
    """The files of a ZIP.

    Raises
    ------
    InvalidFile
        It cannot be read, is no ZIP, or holds more than an export ever does.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            size = sum(info.file_size for info in infos)
            if len(infos) > MAX_FILES or size > MAX_BYTES:
                raise InvalidFile(
                    f"{path} holds {len(infos)} files of {size / 1e6:.0f} MB, more than any export "
                    "of a work order; it is something else"
                )
            return {info.filename: archive.read(info) for info in infos}
    except OSError as error:
        raise InvalidFile(f"{path} cannot be read: {error.strerror or error}") from error
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise InvalidFile(f"{path} is not a ZIP file that holds together: {error}") from error
