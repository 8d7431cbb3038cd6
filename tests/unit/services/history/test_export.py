"""An order's export proves itself: whatever is touched in it, opening it names that."""

import hashlib
import io
import json
import zipfile

import pytest

from geo_dispatch.adapters.packages import pack
from geo_dispatch.adapters.sql.files import contents_table
from geo_dispatch.dispatch.audit.package import MANIFEST, root_of
from geo_dispatch.dispatch.records.technicians import Part
from geo_dispatch.dispatch.work.files import NewFile
from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.kernel.canonical import canonical_json
from geo_dispatch.kernel.errors import InvalidFile
from geo_dispatch.services.history import export
from geo_dispatch.services.orders import files, work_orders
from tests.support.files import JPEG, SVG
from tests.support.records import DISPATCHER, open_office

SIX = {"assignments.json", "notes.json", "parts.json", "times.json", "visits.json", "files.json"}
PHOTO = NewFile(kind="photo", content=JPEG, media_type="image/jpeg", name="valve.jpg")
SIGNATURE = NewFile(kind="signature", content=SVG, media_type="image/svg+xml", signer="Anna Frick")


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as office:
        yield office


@pytest.fixture
def order(office):
    order = office.assigned(window=None, duration_s=1800.5)
    work_orders.step(office.desk, order.id, Status.ON_SITE, actor=DISPATCHER)
    office.clock.go_on(minutes=40)
    for new in (PHOTO, SIGNATURE):
        files.add(office.desk, order.id, new, actor=DISPATCHER)
    follow_up = {"type": "paint"}
    return work_orders.step(
        office.desk,
        order.id,
        Status.COMPLETE,
        actor=DISPATCHER,
        note="Ventil getauscht 😀",
        follow_ups=[follow_up],
        parts_used=[Part("VALVE-22", 2)],
    )


@pytest.fixture
def packed(office, order):
    return export.to_zip(export.export(office.desk, order.id))


def members_of(packed):
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def opened(tmp_path, members):
    file = tmp_path / "order.zip"
    file.write_bytes(members if isinstance(members, bytes) else pack(members))
    return export.verify(file)


def resealed(members, **changes):
    """As a forger would who makes the manifest fit."""
    members = members | {name: canonical_json(value) for name, value in changes.items()}
    manifest = json.loads(members[MANIFEST])
    manifest["files"] = {
        name: hashlib.sha256(data).hexdigest() for name, data in members.items() if name != MANIFEST
    }
    manifest["root"] = root_of(manifest["number"], manifest["files"])
    return members | {MANIFEST: canonical_json(manifest)}


@pytest.mark.capability("BO-065")
def test_an_export_opens_as_it_was_sealed(tmp_path, packed, order):
    package = opened(tmp_path, packed)
    assert package.number == order.number
    assert package.files["order.json"]["outcome"] == "follow_up"
    assert package.files.keys() >= SIX
    assert [note["text"] for note in package.files["notes.json"]] == ["Ventil getauscht 😀"]
    assert [one["type"] for one in package.files["follow_ups.json"]] == ["paint"]


@pytest.mark.capability("FA-066")
def test_an_export_holds_all_six_and_packed_again_has_the_same_hash(tmp_path, packed, order):
    package = opened(tmp_path, packed)
    told = package.files
    assert [one["technician_id"] for one in told["assignments.json"]] == [order.technician_id]
    assert [one["text"] for one in told["notes.json"]] == ["Ventil getauscht 😀"]
    assert [(one["sku"], one["quantity"]) for one in told["parts.json"]["used"]] == [
        ("VALVE-22", 2)
    ]
    photo, signature = told["files.json"]
    assert (photo["kind"], photo["name"]) == ("photo", "valve.jpg")
    assert (signature["kind"], signature["signer"]) == ("signature", "Anna Frick")
    assert {photo["file"]: JPEG, signature["file"]: SVG} == package.contents
    (entry,) = told["visits.json"]
    assert entry["technician_id"] == order.technician_id
    assert (entry["arrived_at"], entry["departed_at"]) == (
        "2026-03-02T08:00:00Z",
        "2026-03-02T08:40:00Z",
    )
    assert {"order.arrived", "order.completed"} <= {one["what"] for one in told["times.json"]}
    again = export.to_zip(package)
    assert hashlib.sha256(again).hexdigest() == hashlib.sha256(packed).hexdigest()
    assert opened(tmp_path, again).manifest["root"] == package.manifest["root"]


def content_of(members, ending):
    return next(name for name in members if name.endswith(ending))


@pytest.mark.capability("FA-066")
def test_a_photo_of_which_a_byte_was_changed_is_named(tmp_path, packed):
    members = members_of(packed)
    name = content_of(members, ".jpg")
    changed = bytes([*JPEG[:100], JPEG[100] ^ 1, *JPEG[101:]])
    with pytest.raises(InvalidFile) as refusal:
        opened(tmp_path, members | {name: changed})
    assert [str(fault) for fault in refusal.value.faults] == [
        f"{name}: is not as the manifest says"
    ]
    with pytest.raises(InvalidFile) as refusal:
        opened(tmp_path, resealed(members | {name: changed}))
    assert [str(fault) for fault in refusal.value.faults] == [
        f"{name}: is not the photo valve.jpg that the timeline tells of"
    ]


def test_a_photo_left_out_or_put_in_is_named_though_all_hashes_fit(tmp_path, packed):
    members = members_of(packed)
    name = content_of(members, ".svg")
    del members[name]
    members["files/other.jpg"] = JPEG
    with pytest.raises(InvalidFile) as refusal:
        opened(tmp_path, resealed(members))
    assert [str(fault) for fault in refusal.value.faults] == [
        "files/other.jpg: is on no timeline: nobody put it on the record",
        f"{name}: is missing: the signature signature.svg",
    ]


def test_a_list_of_files_that_the_timeline_contradicts_is_found(tmp_path, packed):
    members = members_of(packed)
    listed = json.loads(members["files.json"])
    listed[1]["signer"] = "Somebody else"
    with pytest.raises(InvalidFile) as refusal:
        opened(tmp_path, resealed(members, **{"files.json": listed}))
    assert [fault.where for fault in refusal.value.faults] == ["files.json"]


def test_a_content_changed_in_the_database_is_found_in_its_export(tmp_path, office, order):
    with office.desk.store.write() as unit:
        unit.connection.execute(contents_table.update().values(content=JPEG + b"."))
        unit.commit()
    with pytest.raises(InvalidFile) as refusal:
        opened(tmp_path, export.to_zip(export.export(office.desk, order.id)))
    assert [fault.message for fault in refusal.value.faults] == [
        "is not the photo valve.jpg that the timeline tells of",
        "is not the signature signature.svg that the timeline tells of",
    ]


def test_what_was_opened_packs_to_the_same_bytes(tmp_path, packed):
    assert export.to_zip(opened(tmp_path, packed)) == packed


def test_the_same_record_has_the_same_root_however_often_it_is_exported(office, order):
    first = export.export(office.desk, order.id)
    office.clock.go_on(hours=1)
    office.site("Something else")
    second = export.export(office.desk, order.id)
    assert first.about != second.about
    assert first.manifest["root"] == second.manifest["root"]


def test_the_hash_in_the_manifest_is_that_of_the_file_itself(packed):
    members = members_of(packed)
    for name, digest in json.loads(members[MANIFEST])["files"].items():
        assert hashlib.sha256(members[name]).hexdigest() == digest


@pytest.mark.parametrize("name", sorted(SIX | {"order.json", "timeline.json", "site.json"}))
def test_a_file_that_was_touched_is_named(tmp_path, packed, name):
    members = members_of(packed)
    with pytest.raises(InvalidFile, match="was tampered with") as refusal:
        opened(tmp_path, members | {name: members[name] + b" "})
    assert [(fault.where, fault.message) for fault in refusal.value.faults] == [
        (name, "is not as the manifest says")
    ]


def test_every_fault_is_named_at_once(tmp_path, packed):
    members = members_of(packed)
    del members["site.json"]
    members["extra.json"] = b"{"
    with pytest.raises(InvalidFile) as refusal:
        opened(tmp_path, members)
    said = {fault.where: fault.message for fault in refusal.value.faults}
    assert said["site.json"] == "is missing"
    assert said["extra.json"] == "is not in the manifest"


def test_an_order_that_its_events_do_not_make_is_found_though_all_hashes_fit(tmp_path, packed):
    order = json.loads(members_of(packed)["order.json"])
    forged = resealed(members_of(packed), **{"order.json": order | {"outcome": "fixed"}})
    with pytest.raises(InvalidFile) as refusal:
        opened(tmp_path, forged)
    assert [fault.where for fault in refusal.value.faults] == ["order.json.outcome"]


@pytest.mark.parametrize("place", [0, 1, -1])
def test_a_changed_event_is_found_though_all_hashes_fit(tmp_path, packed, place):
    timeline = json.loads(members_of(packed)["timeline.json"])
    timeline[place]["actor"] = "dispatcher:somebody else"
    forged = resealed(members_of(packed), **{"timeline.json": timeline})
    with pytest.raises(InvalidFile) as refusal:
        opened(tmp_path, forged)
    (fault,) = refusal.value.faults
    assert fault.where == f"timeline.json[{place % len(timeline)}]"


@pytest.mark.parametrize("timeline", [[], {}, [{"seq": 1}], None, [{"type": "order.x"}]])
def test_a_timeline_that_is_none_is_said_to_be_none(tmp_path, packed, timeline):
    with pytest.raises(InvalidFile) as refusal:
        opened(tmp_path, resealed(members_of(packed), **{"timeline.json": timeline}))
    assert [fault.where for fault in refusal.value.faults] == ["timeline.json"]


def test_a_removed_event_is_found_though_all_hashes_fit(tmp_path, packed):
    timeline = json.loads(members_of(packed)["timeline.json"])
    del timeline[1]
    with pytest.raises(InvalidFile, match="was tampered with"):
        opened(tmp_path, resealed(members_of(packed), **{"timeline.json": timeline}))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not a ZIP file"),
        (b"PK\x03\x04 rubbish", "is not a ZIP file"),
        (pack({"a.json": b"{}"}), "is not the export of a work order"),
        (pack({MANIFEST: b"[]"}), "is not the export of a work order"),
        (pack({MANIFEST: b'{"format": "geo-dispatch/work-order/1"}'}), "is not the export"),
        (pack({str(number): b"" for number in range(200)}), "holds 200 files"),
    ],
)
def test_what_is_no_export_is_said_to_be_none(tmp_path, content, said):
    with pytest.raises(InvalidFile, match=said):
        opened(tmp_path, content)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InvalidFile, match=r"none\.zip cannot be read"):
        export.verify(tmp_path / "none.zip")
