"""Files on the record of a work order: photos, signatures, documents.

The event tells of the file and names its content by hash; the content lies beside the log.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from geo_dispatch.dispatch.work.events import OrderFileAdded
from geo_dispatch.kernel.errors import Fault, InvalidInput, UnsupportedMediaType
from geo_dispatch.kernel.ids import OrderId, TechnicianId
from geo_dispatch.kernel.text import checked_text

FileKind = Literal["photo", "signature", "document"]

MAX_NAME: Final = 200
MAX_FILES: Final = 50
MAX_TOTAL_BYTES: Final = 100_000_000
"""Of one order. Its export holds them all, and must still be opened in one piece."""

_IMAGES: Final = ("image/jpeg", "image/png", "image/webp", "image/heic")
MEDIA_TYPES: Final[dict[FileKind, tuple[str, ...]]] = {
    "photo": _IMAGES,
    "signature": ("image/svg+xml", "image/png", "image/jpeg", "image/webp"),
    "document": ("application/pdf", *_IMAGES),
}
"""What each kind may be."""

ENDINGS: Final = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/heic": "heic",
    "image/svg+xml": "svg",
    "application/pdf": "pdf",
}
"""How the name of such a file ends."""

_HEIC_BRANDS: Final = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
"""ISO 23008-12, B.4: what phones write at the front of such pictures."""

_SVG: Final = re.compile(
    rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]*\?>\s*)?(<!--.*?-->\s*)*(<!DOCTYPE\s+svg[^>]*>\s*)?<svg[\s>]",
    re.DOTALL,
)
_NO_NAMES: Final = re.compile(r"[/\\]|^\.+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A file as somebody sends it.

    Attributes
    ----------
    name
        Empty: after its kind.
    media_type
        What it says that it is; parameters behind a semicolon don't count.
    taken_at
        When the picture was taken, or the paper signed; None if nobody says.
    signer
        Who signed.
    """

    kind: FileKind
    content: bytes
    media_type: str
    name: str = ""
    taken_at: datetime | None = None
    signer: str = ""


def added(
    new: NewFile,
    known: Iterable[OrderFileAdded],
    *,
    order_id: OrderId,
    technician_id: TechnicianId | None,
    now: datetime,
) -> OrderFileAdded:
    """What happens when the file comes; the event that told of it if it is there already.

    Raises
    ------
    UnsupportedMediaType
        It says that it is something which files of its kind can't be.
    InvalidInput
        It isn't what it says, lacks what its kind needs, or the order has no room for it; every
        fault found.
    """
    media_type = new.media_type.partition(";")[0].strip().lower()
    if media_type not in MEDIA_TYPES[new.kind]:
        raise UnsupportedMediaType(
            f"the body says that it is {media_type[:80] or 'nothing in particular'}; a {new.kind} "
            f"is sent as {_or(MEDIA_TYPES[new.kind])}, in Content-Type"
        )
    digest = hashlib.sha256(new.content).hexdigest()
    before = {one.sha256: one for one in known}
    if digest in before:
        return before[digest]
    faults = [*_faults(new, media_type), *_room_faults(new, list(before.values()))]
    if faults:
        raise InvalidInput(f"this {new.kind} can't be taken", faults)
    return OrderFileAdded(
        order_id=order_id,
        technician_id=technician_id,
        kind=new.kind,
        name=new.name.strip() or f"{new.kind}.{ENDINGS[media_type]}",
        media_type=media_type,
        size_bytes=len(new.content),
        sha256=digest,
        taken_at=new.taken_at,
        signer=new.signer.strip(),
        occurred_at=now,
    )


def media_type_of(content: bytes) -> str | None:
    """What the first bytes say that it is; None if nothing that we take."""
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        return "image/heic"
    if content.startswith(b"%PDF-"):
        return "application/pdf"
    return "image/svg+xml" if _SVG.match(content[:4096]) else None


def member_of(file: OrderFileAdded) -> str:
    """Its name in an export: never the one that somebody typed."""
    return f"files/{file.sha256}.{ENDINGS.get(file.media_type, 'bin')}"


def _faults(new: NewFile, media_type: str) -> list[Fault]:
    faults = []
    found = media_type_of(new.content)
    if not new.content:
        faults.append(Fault("body", "is empty; send the bytes of the file"))
    elif found != media_type:
        looks = f"looks like {found}" if found else "begins like nothing that is taken here"
        faults.append(Fault("body", f"is called {media_type} but {looks}; correct Content-Type"))
    if len(new.name) > MAX_NAME or _NO_NAMES.search(new.name):
        faults.append(
            Fault("name", f"is no name of a file of at most {MAX_NAME} characters without / and \\")
        )
    if new.kind == "signature" and not new.signer.strip():
        faults.append(Fault("signer", "is empty; say who signed"))
    if new.kind != "signature" and new.signer:
        faults.append(Fault("signer", f"goes with signatures, not with a {new.kind}"))
    for where, text in (("name", new.name), ("signer", new.signer)):
        try:
            checked_text(text)
        except ValueError as error:
            faults.append(Fault(where, str(error)))
    return faults


def _room_faults(new: NewFile, known: list[OrderFileAdded]) -> list[Fault]:
    total = sum(one.size_bytes for one in known) + len(new.content)
    if len(known) >= MAX_FILES:
        return [Fault("body", f"would be file {len(known) + 1}; an order has {MAX_FILES} at most")]
    if total > MAX_TOTAL_BYTES:
        return [
            Fault(
                "body",
                f"would make {total / 1e6:.0f} MB of files; an order has "
                f"{MAX_TOTAL_BYTES / 1e6:.0f} MB at most",
            )
        ]
    return []


def _or(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"
