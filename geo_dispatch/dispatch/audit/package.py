"""The export of one work order: everything on its record, in files that prove themselves.

Each file is canonical JSON (RFC 8785), besides the photos, signatures and documents, which are as
they were sent: ``sha256sum`` of each is its hash in the manifest. The root is the hash over all of
them: whoever holds it can tell later that nothing was touched. The timeline carries the seals of
the event log and the hashes of what was sent, and the order is what its events make of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import msgspec

from geo_dispatch.dispatch.audit.chain import NOTHING, digest_of
from geo_dispatch.dispatch.work.events import LoggedEvent, OrderFileAdded, as_json
from geo_dispatch.dispatch.work.evolution import evolve_all
from geo_dispatch.dispatch.work.files import member_of
from geo_dispatch.kernel.canonical import canonical_json, sha256_of
from geo_dispatch.kernel.errors import Fault, InvalidInput

FORMAT: Final = "geo-dispatch/work-order/1"
MANIFEST: Final = "manifest.json"
ORDER: Final = "order.json"
TIMELINE: Final = "timeline.json"
RANKINGS: Final = "rankings.json"
FILES: Final = "files.json"
CONTENTS: Final = "files/"


@dataclass(frozen=True, slots=True)
class Package:
    """One order's record.

    Attributes
    ----------
    about
        What the manifest says besides the hashes: when it was made, and the head of the log then.
    files
        Name to contents, as plain JSON.
    contents
        Name to bytes, of photos, signatures and documents; all names begin with `CONTENTS`.
    """

    number: str
    about: Mapping[str, Any]
    files: Mapping[str, Any]
    contents: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def manifest(self) -> dict[str, Any]:
        """Hashes of all files, and their root."""
        hashes = {name: sha256_of(plain) for name, plain in self.files.items()}
        hashes |= {name: _digest(content) for name, content in self.contents.items()}
        return {
            "format": FORMAT,
            "number": self.number,
            "files": dict(sorted(hashes.items())),
            "root": root_of(self.number, hashes),
            "about": dict(self.about),
        }

    def members(self) -> dict[str, bytes]:
        """The files to write, the manifest first."""
        plain = {MANIFEST: self.manifest} | {name: self.files[name] for name in sorted(self.files)}
        return {name: canonical_json(value) for name, value in plain.items()} | {
            name: self.contents[name] for name in sorted(self.contents)
        }


def root_of(number: str, hashes: Mapping[str, str]) -> str:
    """The hash over all files."""
    return sha256_of({"format": FORMAT, "number": number, "files": dict(hashes)})


def rankings_of(timeline: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each assignment with the candidates as they stood, from the timeline."""
    return [
        {
            "version": entry["version"],
            "at": entry["at"],
            **{name: entry["body"].get(name) for name in _OF_RANKING},
        }
        for entry in timeline
        if entry["type"] == "order.assigned"
    ]


_OF_RANKING: Final = (
    "technician_id",
    "crew",
    "source",
    "reason",
    "conflicts",
    "decision_id",
    "ranking",
)


def files_of(timeline: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each photo, signature and document, with where its content is, from the timeline."""
    return [
        {
            "file": member_of(msgspec.convert(entry["body"], OrderFileAdded)),
            "added_at": entry["at"],
            "added_by": entry["actor"],
            **{name: entry["body"].get(name) for name in _OF_FILE},
        }
        for entry in timeline
        if entry["type"] == OrderFileAdded.type
    ]


_OF_FILE: Final = (
    "kind",
    "name",
    "media_type",
    "size_bytes",
    "sha256",
    "taken_at",
    "signer",
    "technician_id",
)


def opened(members: Mapping[str, bytes]) -> Package:
    """The package of these files, when all of it is as it was sealed.

    Raises
    ------
    InvalidInput
        Something is not; every fault found.
    """
    faults: list[Fault] = []
    contents = {name: data for name, data in members.items() if name.startswith(CONTENTS)}
    plain = {
        name: _parsed(name, data, faults) for name, data in members.items() if name not in contents
    }
    manifest = _manifest(plain.pop(MANIFEST, None))
    faults += _hash_faults(manifest, members)
    if not faults:
        faults += record_faults(plain) or _content_faults(plain, contents)
    if faults:
        raise InvalidInput(f"the export of {manifest.number} was tampered with", faults)
    return Package(manifest.number, manifest.about, plain, contents)


@dataclass(frozen=True, slots=True)
class _Manifest:
    format: Literal["geo-dispatch/work-order/1"]
    number: str
    files: dict[str, str]
    root: str
    about: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Entry(LoggedEvent):
    digest: str
    chain: str


def _manifest(plain: Any) -> _Manifest:
    try:
        return msgspec.convert(plain, _Manifest)
    except msgspec.ValidationError as error:
        raise InvalidInput(
            f"this is not the export of a work order: {MANIFEST}: {error}",
            [Fault(MANIFEST, f"is not that of a package of format {FORMAT}: {error}")],
        ) from error


def record_faults(files: Mapping[str, Any]) -> list[Fault]:
    """Where the record contradicts itself: a broken seal, an order that its events don't make."""
    try:
        entries = msgspec.convert(files[TIMELINE], list[_Entry])
        order = as_json(evolve_all(None, [entry.event for entry in entries]))
    except (msgspec.ValidationError, KeyError, ValueError) as error:
        return [Fault(TIMELINE, f"is not the story of one work order: {error}")]
    digest = NOTHING
    for place, entry in enumerate(entries):
        digest = digest_of(entry, digest)
        if entry.version != place + 1 or entry.digest != digest:
            return [
                Fault(
                    f"{TIMELINE}[{place}]",
                    f"{entry.type}, version {entry.version}, is not as it was sealed, or what "
                    "was before it is gone",
                )
            ]
    told = files[ORDER] if isinstance(files[ORDER], dict) else {}
    order["version"] = told.get("version")
    faults = [
        Fault(f"{ORDER}.{name}", "is not what the events of the timeline make of it")
        for name in sorted(order.keys() | told.keys())
        if order.get(name) != told.get(name)
    ]
    if files[RANKINGS] != rankings_of(files[TIMELINE]):
        faults.append(Fault(RANKINGS, "is not what the timeline says"))
    if files.get(FILES, []) != files_of(files[TIMELINE]):
        faults.append(Fault(FILES, "is not what the timeline says"))
    return faults


def _content_faults(files: Mapping[str, Any], contents: Mapping[str, bytes]) -> list[Fault]:
    """Where a content is not the one that the sealed timeline tells of."""
    told = {one["file"]: one for one in files.get(FILES, [])}
    faults = [
        Fault(name, "is on no timeline: nobody put it on the record")
        for name in sorted(contents.keys() - told.keys())
    ]
    for name, one in told.items():
        if name not in contents:
            faults.append(Fault(name, f"is missing: the {one['kind']} {one['name']}"))
        elif _digest(contents[name]) != one["sha256"]:
            faults.append(
                Fault(name, f"is not the {one['kind']} {one['name']} that the timeline tells of")
            )
    return faults


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _hash_faults(manifest: _Manifest, members: Mapping[str, bytes]) -> list[Fault]:
    listed, present = manifest.files.keys(), members.keys() - {MANIFEST}
    missing = (listed | {ORDER, TIMELINE, RANKINGS}) - present
    faults = [Fault(name, "is missing") for name in sorted(missing)]
    faults += [Fault(name, "is not in the manifest") for name in sorted(present - listed)]
    faults += [
        Fault(name, "is not as the manifest says")
        for name in sorted(present & listed)
        if _digest(members[name]) != manifest.files[name]
    ]
    if manifest.root != root_of(manifest.number, manifest.files):
        faults.append(Fault(f"{MANIFEST}.root", "is not the hash over the files"))
    return faults


def _parsed(name: str, data: bytes, faults: list[Fault]) -> Any:
    try:
        return msgspec.json.decode(data)
    except msgspec.DecodeError as error:
        faults.append(Fault(name, f"is not JSON: {error}"))
        return None
