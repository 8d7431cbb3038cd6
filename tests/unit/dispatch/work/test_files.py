"""A file is what it says, has what its kind needs, and comes to an order once."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from geo_dispatch.dispatch.work.files import (
    ENDINGS,
    MAX_FILES,
    MAX_TOTAL_BYTES,
    MEDIA_TYPES,
    NewFile,
    added,
    media_type_of,
)
from geo_dispatch.kernel.errors import InvalidInput, UnsupportedMediaType
from tests.support.files import HEIC, JPEG, PDF, PNG, SAMPLES, SVG

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PHOTO = NewFile(kind="photo", content=JPEG, media_type="image/jpeg", name="valve.jpg")


def taken(new, known=()):
    return added(new, known, order_id="wo_1", technician_id="tc_1", now=NOW)


def faults_of(new, known=()):
    with pytest.raises(InvalidInput) as refusal:
        taken(new, known)
    return {fault.where: fault.message for fault in refusal.value.faults}


@pytest.mark.parametrize("media_type", SAMPLES)
def test_the_first_bytes_tell_what_it_is(media_type):
    assert media_type_of(SAMPLES[media_type]) == media_type
    kind = next(kind for kind, allowed in MEDIA_TYPES.items() if media_type in allowed)
    signer = "A. Frick" if kind == "signature" else ""
    new = NewFile(
        kind=kind, content=SAMPLES[media_type], media_type=media_type.upper(), signer=signer
    )
    assert taken(new).media_type == media_type
    assert taken(new).name == f"{kind}.{ENDINGS[media_type]}"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        b"<html><svg></svg></html>",
        b"<svgx>",
        b"RIFF....WAVE",
        HEIC.replace(b"heic", b"mp42"),
    ],
)
def test_what_begins_otherwise_is_nothing_that_is_taken(content):
    assert media_type_of(content) is None
    assert "body" in faults_of(replace(PHOTO, content=content))


def test_bytes_that_are_not_what_they_are_called_are_refused():
    said = faults_of(replace(PHOTO, content=PNG))["body"]
    assert said == "is called image/jpeg but looks like image/png; correct Content-Type"


@pytest.mark.parametrize(
    ("kind", "content", "media_type"),
    [
        ("photo", PDF, "application/pdf"),
        ("photo", SVG, "image/svg+xml"),
        ("document", SVG, "image/svg+xml"),
        ("signature", PDF, "application/pdf"),
        ("photo", JPEG, ""),
        ("photo", JPEG, "application/json"),
    ],
)
def test_each_kind_has_its_media_types(kind, content, media_type):
    with pytest.raises(UnsupportedMediaType, match=f"a {kind} is sent as "):
        taken(NewFile(kind=kind, content=content, media_type=media_type))


def test_all_faults_are_told_at_once():
    new = NewFile(
        kind="signature", content=b"x", media_type="image/png", name="../etc/passwd", signer=" "
    )
    assert faults_of(new).keys() == {"body", "name", "signer"}
    assert faults_of(replace(PHOTO, signer="A. Frick")).keys() == {"signer"}
    assert faults_of(replace(PHOTO, name="a\x1bb")).keys() == {"name"}
    assert faults_of(replace(PHOTO, name="..")).keys() == {"name"}


def test_the_same_content_is_the_file_that_is_there():
    first = taken(PHOTO)
    again = replace(PHOTO, name="IMG_0002.jpg", taken_at=NOW)
    assert taken(again, [first]) is first


def test_an_order_has_so_many_files_at_most_and_they_are_no_larger():
    first = taken(PHOTO)
    many = [replace(first, sha256=f"{number:064x}") for number in range(MAX_FILES)]
    other = replace(PHOTO, content=JPEG + b".")
    assert taken(other, many[1:]).sha256 not in {one.sha256 for one in many}
    assert "50 at most" in faults_of(other, many)["body"]
    full = replace(first, size_bytes=MAX_TOTAL_BYTES - len(other.content))
    assert taken(other, [full])
    larger = replace(full, size_bytes=full.size_bytes + 1)
    assert "100 MB at most" in faults_of(other, [larger])["body"]
