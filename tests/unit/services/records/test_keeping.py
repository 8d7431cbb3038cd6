"""Technicians, customers and sites: entered, changed and retired, each with its event."""

from dataclasses import replace

import pytest
import shapely

from geo_dispatch.dispatch.records.technicians import Leave, Shift, Skill, Vehicle
from geo_dispatch.dispatch.work.orders import Status
from geo_dispatch.kernel.cells import cell_to_str, lonlat_to_cell
from geo_dispatch.kernel.errors import Conflict, InvalidInput, NotFound, VersionConflict
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.time import Window
from geo_dispatch.services.desk import BackOffice
from geo_dispatch.services.orders import work_orders
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.views import site_view, technician_view
from geo_dispatch.territory.model import Territory
from tests.support.records import DISPATCHER, NOW, VADUZ, open_office

SCHAAN = LonLat(9.5087, 47.1650)
LEAVE = Leave(Window(NOW, NOW.replace(hour=12)), "training")


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as office:
        yield office


@pytest.fixture
def publish(office):
    def publish(*territories):
        with office.desk.store.write() as unit:
            unit.territories.replace("liechtenstein", territories, NOW)
            unit.commit()

    return publish


def box(name, west, south, east, north):
    return Territory(name, name, shapely.MultiPolygon([shapely.box(west, south, east, north)]))


def change(office, kind, record, fields, version=None):
    return records.change(
        office.desk, kind, record.id, fields, actor=DISPATCHER, expected_version=version
    )


def retire(office, kind, record):
    return records.retire(
        office.desk, kind, record.id, actor=DISPATCHER, expected_version=record.version
    )


def test_a_technician_reads_back_as_entered(office):
    technician = office.technician(
        "Van 07",
        skills=(Skill("hvac", 3),),
        shifts=(Shift(0, NOW.time(), NOW.replace(hour=16).time()),),
        leave=(LEAVE,),
        home=VADUZ,
        vehicle=Vehicle("Sprinter", "FL 12345", ("ladder",)),
        phone="+423 000 00 00",
        external_id="hr-7",
    )
    assert records.get(office.desk, records.TECHNICIANS, technician.id) == technician


def test_what_happened_is_in_the_log_as_the_api_shows_it(office):
    technician = office.technician(home=VADUZ)
    change(office, records.TECHNICIANS, technician, {"home": SCHAAN})
    changed = records.get(office.desk, records.TECHNICIANS, technician.id)
    retire(office, records.TECHNICIANS, changed)
    with office.desk.store.read() as unit:
        story = unit.stream(f"technician:{technician.id}")
    assert [logged.type for logged in story] == [
        "record.created",
        "record.changed",
        "record.retired",
    ]
    assert story[0].body["record"] == technician_view(technician)
    assert story[1].body["changes"] == {"home": {"lon": SCHAAN.lon, "lat": SCHAAN.lat}}
    assert {logged.actor for logged in story} == {"dispatcher:token:tok_office"}


def test_all_faults_of_a_technician_come_at_once(office):
    with pytest.raises(InvalidInput) as refusal:
        office.technician(
            "",
            skills=(Skill("hvac", 9), Skill("hvac", 1)),
            home=LonLat(190, 95),
            territory_id="north",
        )
    assert [fault.where for fault in refusal.value.faults] == [
        "call_sign",
        "skills[0].level",
        "skills",
        "home.lon",
        "home.lat",
        "territory_id",
    ]


def test_missing_fields_are_named(office):
    with pytest.raises(InvalidInput) as refusal:
        records.create(office.desk, records.SITES, {}, actor=DISPATCHER)
    assert [str(fault) for fault in refusal.value.faults] == [
        "name: is missing",
        "location: is missing",
    ]


def test_a_shard_follows_from_the_id(office):
    desk = office.desk
    many = BackOffice(desk.settings.model_copy(update={"shards": 8}), desk.store, *desk_rest(desk))
    made = [
        records.create(many, records.TECHNICIANS, {"call_sign": f"Van {n}"}, actor=DISPATCHER)
        for n in range(40)
    ]
    assert {technician.shard for technician in made} == set(range(8))


def test_a_home_shard_stays_when_shards_are_added(office):
    van = office.technician()
    desk = office.desk
    many = BackOffice(desk.settings.model_copy(update={"shards": 8}), desk.store, *desk_rest(desk))
    changed = records.change(
        many,
        records.TECHNICIANS,
        van.id,
        {"phone": "+423 1"},
        actor=DISPATCHER,
        expected_version=None,
    )
    assert changed.shard == van.shard == 0


def desk_rest(desk):
    return desk.clock, desk.new_id


def test_two_people_cannot_overwrite_each_other(office):
    site = office.site()
    change(office, records.SITES, site, {"access_notes": "ring"}, version=1)
    with pytest.raises(VersionConflict, match="at version 2, not 1"):
        change(office, records.SITES, site, {"access_notes": "knock"}, version=1)


def test_a_change_without_a_difference_is_no_change(office):
    customer = office.customer("Bakery")
    assert change(office, records.CUSTOMERS, customer, {"name": "Bakery"}) == customer
    with office.desk.store.read() as unit:
        assert len(unit.stream(f"customer:{customer.id}")) == 1


def test_a_site_lies_in_its_cell_and_territory(office, publish):
    publish(box("north", 9.4, 47.15, 9.6, 47.3), box("south", 9.4, 47.0, 9.6, 47.15))
    site = office.site(location=VADUZ)
    assert (site.cell, site.territory_id) == (lonlat_to_cell(VADUZ), "south")
    assert site_view(site)["cell"] == cell_to_str(site.cell)
    moved = change(office, records.SITES, site, {"location": SCHAAN})
    assert (moved.cell, moved.territory_id) == (lonlat_to_cell(SCHAAN), "north")
    away = change(office, records.SITES, site, {"location": LonLat(8.5, 47.4)})
    assert away.territory_id is None


def test_a_site_keeps_its_territory_when_something_else_changes(office, publish):
    publish(box("south", 9.4, 47.0, 9.6, 47.15))
    site = office.site(location=VADUZ)
    publish()
    assert change(office, records.SITES, site, {"name": "Mill"}).territory_id == "south"


def test_a_border_belongs_to_the_first_of_its_territories(office, publish):
    publish(box("b", 9.5, 47.0, 9.6, 47.2), box("a", 9.4, 47.0, 9.5, 47.2))
    assert office.site(location=LonLat(9.5, 47.1)).territory_id == "a"


def test_a_fence_reads_back_and_shows_as_geojson(office):
    fence = shapely.box(9.52, 47.14, 9.522, 47.142)
    site = office.site(fence=fence)
    assert records.get(office.desk, records.SITES, site.id).fence.equals(fence)
    assert site_view(site)["fence"]["type"] == "Polygon"
    assert site_view(site)["location"] == {"lon": VADUZ.lon, "lat": VADUZ.lat}


@pytest.mark.parametrize(
    ("fields", "where", "said"),
    [
        ({"location": LonLat(9.5, 91.0)}, "location.lat", "91.0 is not between"),
        ({"location": LonLat(float("nan"), 47.0)}, "location.lon", "nan is not between"),
        ({"fence_radius_m": 0.0}, "fence_radius_m", "0 is not above 0"),
        (
            {"fence": shapely.Polygon([(9, 47), (9.1, 47.1), (9.1, 47), (9, 47.1)])},
            "fence",
            "Self-intersection",
        ),
        ({"fence": shapely.Polygon()}, "fence", "is empty"),
        ({"customer_id": "cu_no"}, "customer_id", "no customer 'cu_no'"),
    ],
)
def test_a_faulty_site_is_refused(office, fields, where, said):
    with pytest.raises(InvalidInput) as refusal:
        office.site(**fields)
    [fault] = refusal.value.faults
    assert fault.where == where
    assert said in fault.message


def test_an_external_id_belongs_to_one_record(office):
    office.customer(external_id="c-1")
    with pytest.raises(Conflict, match="'c-1' belongs to customer"):
        office.customer("Other", external_id="c-1")


@pytest.mark.parametrize("kind", ["technician", "site", "customer"])
def test_what_open_orders_need_cannot_retire(office, kind):
    customer = office.customer()
    site = office.site(customer_id=customer.id)
    technician = office.technician()
    order = office.assigned(technician, site=site)
    what = {
        "technician": (records.TECHNICIANS, technician),
        "site": (records.SITES, site),
        "customer": (records.CUSTOMERS, customer),
    }[kind]
    with pytest.raises(Conflict, match="still needed by WO-1001"):
        retire(office, *what)
    work_orders.step(office.desk, order.id, Status.CANCELLED, actor=DISPATCHER)
    retired = retire(office, *what)
    assert retired == replace(what[1], retired=True, version=2)
    assert records.page(office.desk, what[0]) == []
    assert records.page(office.desk, what[0], retired=True) == [retired]


def test_retiring_twice_is_retiring_once(office):
    retired = retire(office, records.SITES, office.site())
    assert retire(office, records.SITES, retired) == retired


def test_what_is_retired_cannot_be_changed(office):
    retired = retire(office, records.SITES, office.site())
    with pytest.raises(Conflict, match="is retired"):
        change(office, records.SITES, retired, {"name": "Mill"})


def test_unknown_records_are_not_found(office):
    with pytest.raises(NotFound, match="no technician 'tc_no'"):
        records.get(office.desk, records.TECHNICIANS, "tc_no")


def test_pages_go_on_where_the_last_one_ended(office):
    for name in ("Van 03", "Van 01", "Van 02", "Van 02"):
        office.technician(name)
    first = records.page(office.desk, records.TECHNICIANS, limit=2)
    second = records.page(office.desk, records.TECHNICIANS, limit=2, after=first[-1].id)
    assert [technician.call_sign for technician in first + second] == [
        "Van 01",
        "Van 02",
        "Van 02",
        "Van 03",
    ]
    assert len({technician.id for technician in first + second}) == 4
