"""Bodies of what is told of the files of a work order."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from api.schemas.common import Output
from geo_dispatch.dispatch.work.files import FileKind


class FileOut(Output):
    """A photo, a signature or a document on an order's record."""

    id: str = Field(description="The SHA-256 of its content, in hexadecimal.")
    kind: FileKind
    name: str = Field(examples=["valve.jpg"])
    media_type: str = Field(examples=["image/jpeg"])
    size_bytes: int
    taken_at: datetime | None = Field(description="As whoever sent it says.")
    signer: str = Field(description="Who signed; empty for anything but signatures.")
    technician_id: str | None = Field(description="Who sent it; null: the office.")
    added_at: datetime
    added_by: str


class FilesOut(Output):
    """The files of an order, oldest first."""

    items: list[FileOut]
