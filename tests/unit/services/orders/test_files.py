"""Files of an order: content and event together, each content kept once."""

import hashlib

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from geo_dispatch.adapters.sql.files import contents_table
from geo_dispatch.dispatch.work.files import NewFile
from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.kernel.actors import Actor, Role
from geo_dispatch.kernel.errors import NotFound, TransitionNotAllowed
from geo_dispatch.services.history import audit, timeline
from geo_dispatch.services.orders import files, work_orders
from tests.support.files import JPEG, SVG
from tests.support.records import DISPATCHER, NOW, open_office

PHOTO = NewFile(kind="photo", content=JPEG, media_type="image/jpeg", name="valve.jpg")


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as office:
        yield office


def kept(office):
    with office.desk.store.read() as unit:
        return unit.connection.scalar(select(func.count()).select_from(contents_table))


def test_a_file_is_read_as_it_was_sent(office):
    order = office.assigned()
    van = Actor("token:t", Role.TECHNICIAN, order.technician_id)
    file = files.add(office.desk, order.id, PHOTO, actor=van)
    assert file.told.sha256 == hashlib.sha256(JPEG).hexdigest()
    assert (file.told.technician_id, file.added_at) == (order.technician_id, NOW)
    assert files.listed(office.desk, order.id) == [file]
    assert files.read(office.desk, order.id, file.told.sha256) == (file, JPEG)


def test_the_story_tells_of_files_by_name(office):
    order = office.assigned()
    van = Actor("token:t", Role.TECHNICIAN, order.technician_id)
    large = NewFile(kind="photo", content=JPEG + bytes(240_000), media_type="image/jpeg")
    signed = NewFile(kind="signature", content=SVG, media_type="image/svg+xml", signer="Anna Frick")
    for new, actor in ((PHOTO, van), (large, DISPATCHER), (signed, van)):
        files.add(office.desk, order.id, new, actor=actor)
    assert [entry.text for entry in timeline.of_order(office.desk, order.id)][-3:] == [
        "Photo by Van 07: valve.jpg, 1 kB",
        "Photo by the office: photo.jpg, 240 kB",
        "Signature of Anna Frick, taken by Van 07: signature.svg, 1 kB",
    ]


def test_what_is_sent_twice_is_one_file(office):
    order = office.assigned()
    first = files.add(office.desk, order.id, PHOTO, actor=DISPATCHER)
    office.clock.go_on(minutes=5)
    assert files.add(office.desk, order.id, PHOTO, actor=DISPATCHER) == first
    assert files.listed(office.desk, order.id) == [first]


def test_the_same_picture_of_two_orders_is_kept_once_and_read_through_each(office):
    one, other = office.assigned(), office.order()
    file = files.add(office.desk, one.id, PHOTO, actor=DISPATCHER)
    with pytest.raises(NotFound, match="no file"):
        files.read(office.desk, other.id, file.told.sha256)
    files.add(office.desk, other.id, PHOTO, actor=DISPATCHER)
    assert files.read(office.desk, other.id, file.told.sha256)[1] == JPEG
    assert kept(office) == 1


def test_without_its_event_no_content_stays(office):
    order = office.assigned()
    stop = "CREATE TRIGGER stop BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'full'); END"
    with office.desk.store.write() as unit:
        unit.connection.execute(text(stop))
        unit.commit()
    with pytest.raises(IntegrityError, match="full"):
        files.add(office.desk, order.id, PHOTO, actor=DISPATCHER)
    assert kept(office) == 0


def test_an_ended_order_still_takes_files_and_a_retired_one_does_not(office):
    order = office.assigned()
    work_orders.step(office.desk, order.id, Status.CANCELLED, actor=DISPATCHER, note="x")
    files.add(office.desk, order.id, PHOTO, actor=DISPATCHER)
    work_orders.retire(office.desk, order.id, actor=DISPATCHER, expected_version=None)
    other = NewFile(kind="photo", content=JPEG + b".", media_type="image/jpeg")
    with pytest.raises(TransitionNotAllowed, match="is retired: cannot add a photo"):
        files.add(office.desk, order.id, other, actor=DISPATCHER)


def test_the_log_stays_whole(office):
    order = office.assigned()
    files.add(office.desk, order.id, PHOTO, actor=DISPATCHER)
    assert audit.verify(office.desk).finding is None
