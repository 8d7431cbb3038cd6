"""CSV files come in wholly or not at all; the same file again changes nothing."""

from datetime import UTC, date, datetime, time

import pytest
from sqlalchemy import Engine, event

from geo_dispatch.dispatch.records.hours import Hours
from geo_dispatch.dispatch.records.technicians import (
    Break,
    Certificate,
    Part,
    Shift,
    Skill,
    Vehicle,
)
from geo_dispatch.dispatch.work.orders import Permit, SkillRequirement, Status
from geo_dispatch.kernel.actors import CLI
from geo_dispatch.kernel.errors import InvalidFile
from geo_dispatch.kernel.time import Window
from geo_dispatch.services.orders import work_orders
from geo_dispatch.services.records.imports import Report, What, import_file
from tests.support.records import DISPATCHER, open_office

TECHNICIANS = """\
external_id,call_sign,skills,shifts,home_lon,home_lat,vehicle
t-1,Van 01,hvac:3; electrical:2:2027-01-31,mon-fri 08:00-17:00,9.5209,47.1410,Sprinter
t-2,Van 02,plumbing,sat 9:00-12:00,,,
"""
SITES = """\
External ID;Name;Lon;Lat;Address;Customer external ID;Customer name
s-1;Bäckerei;9,5209;47,1410;Städtle 14;c-1;Bäckerei Städtle
s-2;"Schule; Altbau";9.5100;47.1650;Landstrasse 2;;
"""
ORDERS = """\
external_id,type,site_external_id,required_skills,priority,window_start,window_end,duration_min
o-1,boiler repair,s-1,hvac:2,1,2026-03-02T08:00+01:00,2026-03-02T10:00+01:00,90
o-2,inspection,s-2,,,,,
"""


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as office:
        yield office


@pytest.fixture
def bring(office, tmp_path):
    def bring(what, text, *, encoding="utf-8", **options):
        path = tmp_path / f"{what}.csv"
        path.write_bytes(text.encode(encoding))
        return import_file(office.desk, what, path, actor=CLI, **options)

    return bring


def faults(bring, what, text):
    with pytest.raises(InvalidFile) as refusal:
        bring(what, text)
    return [str(fault) for fault in refusal.value.faults]


def everything(office):
    with office.desk.store.read() as unit:
        return (
            unit.technicians.list(),
            unit.customers.list(),
            unit.sites.list(),
            unit.orders.list(),
            unit.last_seq(),
        )


def test_technicians_come_with_skills_shifts_home_and_vehicle(office, bring):
    assert bring(What.TECHNICIANS, TECHNICIANS) == Report(2, 0, 0, 0, dry_run=False)
    with office.desk.store.read() as unit:
        first, second = unit.technicians.list()
    assert first.skills == (Skill("hvac", 3), Skill("electrical", 2, date(2027, 1, 31)))
    assert first.shifts == tuple(Shift(day, time(8), time(17)) for day in range(5))
    assert (first.home, first.vehicle) == ((9.5209, 47.1410), Vehicle("Sprinter"))
    assert (second.skills, second.shifts) == ((Skill("plumbing"),), (Shift(5, time(9), time(12)),))
    assert (second.home, second.vehicle) == (None, None)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_spreadsheets_of_any_country_are_read(office, bring, encoding):
    report = bring(What.SITES, SITES, encoding=encoding)
    assert report == Report(2, 0, 0, 1, dry_run=False)
    with office.desk.store.read() as unit:
        first, second = unit.sites.list()
        customer = unit.customers.get(first.customer_id)
    assert (first.name, first.location) == ("Bäckerei", (9.5209, 47.141))
    assert (second.name, second.customer_id) == ("Schule; Altbau", None)
    assert (customer.name, customer.external_id) == ("Bäckerei Städtle", "c-1")


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_any_line_ending_will_do(bring, ending):
    assert bring(What.TECHNICIANS, TECHNICIANS.replace("\n", ending)).created == 2


def test_work_orders_find_their_sites(office, bring):
    bring(What.SITES, SITES)
    assert bring(What.WORK_ORDERS, ORDERS).created == 2
    first, second = work_orders.page(office.desk)
    assert first.required_skills == (SkillRequirement("hvac", 2),)
    assert first.window.start == datetime(2026, 3, 2, 7, tzinfo=UTC)
    assert (first.priority, first.duration_s) == (1, 5400)
    assert (second.priority, second.duration_s, second.window) == (3, 3600, None)


def test_the_same_files_again_change_nothing(office, bring):
    files = [(What.TECHNICIANS, TECHNICIANS), (What.SITES, SITES), (What.WORK_ORDERS, ORDERS)]
    for what, text in files:
        bring(what, text)
    before = everything(office)
    for what, text in files:
        assert bring(what, text) == Report(0, 0, 2, 0, dry_run=False)
    assert everything(office) == before


def test_an_ended_order_may_stay_in_the_file(office, bring):
    bring(What.SITES, SITES)
    bring(What.WORK_ORDERS, ORDERS)
    first = work_orders.page(office.desk)[0]
    work_orders.step(office.desk, first.id, Status.CANCELLED, actor=DISPATCHER)
    assert bring(What.WORK_ORDERS, ORDERS).unchanged == 2


def test_what_differs_is_updated_and_blank_cells_leave_it(office, bring):
    bring(What.TECHNICIANS, TECHNICIANS)
    report = bring(What.TECHNICIANS, "external_id,call_sign,skills\nt-1,Van 11,\n")
    assert (report.created, report.updated) == (0, 1)
    with office.desk.store.read() as unit:
        technician = unit.technicians.by_external_id("t-1")
    assert (technician.call_sign, technician.version) == ("Van 11", 2)
    assert len(technician.skills) == 2


def test_a_dry_run_counts_and_changes_nothing(office, bring):
    assert bring(What.SITES, SITES, dry_run=True) == Report(2, 0, 0, 1, dry_run=True)
    assert everything(office) == ([], [], [], [], 0)


def test_all_faults_come_at_once_with_line_column_value_and_remedy(office, bring):
    text = (
        "external_id,call_sign,skills,shifts,home_lon,home_lat\n"
        "t-1,,hvac:x,mon-fry 08:00-17:00,9.52,97.1\n"
        "t-2,Van 02,hvac:9,mon 8-17,9.52,\n"
        "t-2,Van 03,hvac:2:soon,,east,47.1\n"
        "t-4,Van 04,,,9.52,97.1\n"
    )
    assert faults(bring, What.TECHNICIANS, text) == [
        "line 2, column call_sign: is blank; write how the office calls them: Van 07",
        "line 2, column skills: 'hvac:x' is not a skill; write hvac:3 or hvac:3:2027-01-31",
        "line 2, column shifts: 'fry' is not a weekday; write mon, tue, wed, thu, fri, sat, sun",
        "line 3, column shifts: 'mon 8-17' is not a shift; write mon-fri 08:00-17:00",
        "line 3, column home_lat: is blank; home_lon and home_lat go together",
        "line 3, column skills: 9 is not between 1 and 5",
        "line 4, column skills: 'hvac:2:soon' is not a skill; write hvac:3 or hvac:3:2027-01-31",
        "line 4, column home_lon: 'east' is not a number; write 9.5209",
        "line 4, column external_id: 't-2' is already in line 3",
        "line 5, column home_lat: 97.1 is not between -90 and 90 degrees",
    ]
    assert everything(office) == ([], [], [], [], 0)


def test_one_faulty_line_keeps_the_good_ones_out(office, bring):
    text = SITES + "s-3;Werkhof;9.5;47.1;;c-9;\ns-4;Mühle;190;47.1;;;\n"
    assert faults(bring, What.SITES, text) == [
        "line 4, column customer_name: is blank, and customer 'c-9' is new",
        "line 5, column lon: 190.0 is not between -180 and 180 degrees",
    ]
    assert everything(office) == ([], [], [], [], 0)


def test_times_without_a_zone_are_refused(bring):
    bring(What.SITES, SITES)
    text = (
        "external_id,type,site_external_id,window_start,window_end,due_at\n"
        "o-1,repair,s-1,2026-03-02T08:00,2026-03-02T10:00+01:00,tomorrow\n"
        "o-2,repair,s-1,2026-03-02T12:00Z,2026-03-02T10:00Z,\n"
        "o-3,repair,s-9,2026-03-02T12:00Z,,\n"
    )
    assert faults(bring, What.WORK_ORDERS, text) == [
        (
            "line 2, column window_start: 2026-03-02T08:00:00 has no time zone; "
            "add one, such as Z or +01:00"
        ),
        "line 2, column due_at: 'tomorrow' is not a time; write 2026-03-02T08:00+01:00",
        (
            "line 3, column window_end: a window must end after it starts, "
            "not 2026-03-02T12:00:00+00:00 to 2026-03-02T10:00:00+00:00"
        ),
        "line 4, column window_end: is blank; window_start and window_end go together",
        "line 4, column site_external_id: no site 's-9'; import the sites first",
    ]


def test_wrong_columns_are_named(bring):
    assert faults(bring, What.TECHNICIANS, "external_id,callsign,skils,colour\n1,2,3,4\n") == [
        "line 1: column 'call_sign' is missing",
        "line 1: column 'callsign' is not known; is it 'call_sign'?",
        "line 1: column 'skils' is not known; is it 'skills'?",
        (
            "line 1: column 'colour' is not known; known are external_id, call_sign, skills, "
            "certificates, equipment_types, shifts, leave, on_call, home_lon, home_lat, vehicle, "
            "registration, vehicle_equipment, parts, territory_id, phone"
        ),
    ]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04rest", "is a workbook, not CSV"),
        (b"external_id,call_sign\n1,V\xe4n\n", r"is not UTF-8 \(line 2\)"),
        (b'external_id,call_sign\n1,"Van\n', "unexpected end of data"),
        (b"external_id,call_sign\n1,Van,07\n", "1 faulty lines"),
    ],
)
def test_what_is_no_csv_file_is_said_in_one_line(office, tmp_path, data, said):
    path = tmp_path / "file.csv"
    path.write_bytes(data)
    with pytest.raises(InvalidFile, match=said):
        import_file(office.desk, What.TECHNICIANS, path, actor=CLI)


def test_a_file_that_is_not_there_is_named(office, tmp_path):
    with pytest.raises(InvalidFile, match=r"gone\.csv cannot be read: No such file"):
        import_file(office.desk, What.SITES, tmp_path / "gone.csv", actor=CLI)


def test_a_fault_shows_the_value_as_it_stands_in_the_file(bring):
    bring(What.SITES, SITES)
    text = "external_id,type,site_external_id,duration_min\no-1,boiler repair,s-1,-5\n"
    assert faults(bring, What.WORK_ORDERS, text) == [
        "line 2, column duration_min: -5 is not above 0 minutes and up to 43200"
    ]


REGISTERS = {
    What.TECHNICIANS: """\
external_id;call_sign;certificates;equipment_types;shifts;leave;on_call;vehicle;\
vehicle_equipment;parts
t-1;Van 01;"gas:licence:2027-01-31; first aid";"boiler; heat pump";\
mon-tue 08:00-17:00 break 11:30-13:00/30;2026-08-01T00:00Z/2026-08-15T00:00Z summer holiday;\
2026-03-06T17:00+01:00/2026-03-09T08:00+01:00;Sprinter;"ladder; hoist";"VALVE-15:2; SEAL"
t-2;Van 02;;;;;;;;
""",
    What.CUSTOMERS: """\
external_id,name,tier,preferred_technician_external_id
c-1,Dairy,gold,t-1
""",
    What.SITES: """\
external_id,name,lon,lat,customer_external_id,access_windows,safety_notes
s-1,Dairy,9.52,47.14,c-1,mon-fri 06:00-14:00,wet floor
""",
    What.EQUIPMENT: """\
external_id,site_external_id,type,name,serial
e-1,s-1,boiler,Boiler 2,B-9
""",
    What.RESOURCES: """\
external_id,name,kind,provides
r-1,Crane truck,vehicle,crane; hoist
""",
    What.CREWS: """\
external_id,name,lead_external_id,member_external_ids
k-1,Roof,t-1,t-2
""",
    What.WORK_ORDERS: """\
external_id,type,site_external_id,equipment_external_id,work_class,required_certificates,\
required_equipment,required_parts,crew_size,contract_critical,start_at,after_external_ids,\
permits,preferred_technician_external_id,checklist,parent_external_id
o-1,survey,s-1,,inspection,,,,,,,,,,,
o-2,new boiler,s-1,e-1,project,gas,crane,VALVE-15:2,2,yes,2026-03-04T08:00+01:00,o-1,\
noise:2026-02-01; road,t-2,shut valve; take a picture,o-1
""",
}


def test_every_field_of_every_kind_comes_from_a_file(office, bring):
    for what, text in REGISTERS.items():
        assert bring(what, text).updated == 0
    with office.desk.store.read() as unit:
        first, second = unit.technicians.list()
        (customer,), (site,) = unit.customers.list(), unit.sites.list()
        (boiler,), (truck,) = unit.equipment.list(), unit.resources.list()
        (crew,) = unit.crews.list()
        survey, project = unit.orders.list()
    pause = Break(time(11, 30), time(13), 1800.0)
    assert first.certificates == (
        Certificate("gas", "licence", date(2027, 1, 31)),
        Certificate("first aid"),
    )
    assert first.equipment_types == ("boiler", "heat pump")
    assert first.shifts == tuple(Shift(day, time(8), time(17), (pause,)) for day in (0, 1))
    assert (first.leave[0].reason, first.leave[0].window.end) == (
        "summer holiday",
        datetime(2026, 8, 15, tzinfo=UTC),
    )
    assert first.on_call == (
        Window(datetime(2026, 3, 6, 16, tzinfo=UTC), datetime(2026, 3, 9, 7, tzinfo=UTC)),
    )
    assert first.vehicle == Vehicle("Sprinter", "", ("ladder", "hoist"))
    assert first.parts == (Part("VALVE-15", 2), Part("SEAL"))
    assert (customer.tier, customer.preferred_technician_id) == ("gold", first.id)
    assert site.access_windows == tuple(Hours(day, time(6), time(14)) for day in range(5))
    assert (site.customer_id, site.safety_notes) == (customer.id, "wet floor")
    assert (boiler.site_id, boiler.type, boiler.serial) == (site.id, "boiler", "B-9")
    assert (truck.kind, truck.provides) == ("vehicle", ("crane", "hoist"))
    assert crew.technician_ids == (first.id, second.id)
    assert (survey.work_class, project.work_class) == ("inspection", "project")
    assert (project.equipment_id, project.after, project.parent_id) == (
        boiler.id,
        (survey.id,),
        survey.id,
    )
    assert project.required_certificates == ("gas",)
    assert project.required_equipment == ("crane",)
    assert project.required_parts == (Part("VALVE-15", 2),)
    assert (project.crew_size, project.contract_critical) == (2, True)
    assert project.start_at == datetime(2026, 3, 4, 7, tzinfo=UTC)
    assert project.permits == (Permit("noise", date(2026, 2, 1)), Permit("road"))
    assert project.preferred_technician_id == second.id
    assert project.checklist == ("shut valve", "take a picture")


def test_files_of_every_kind_change_nothing_when_they_come_again(office, bring):
    for what, text in REGISTERS.items():
        bring(what, text)
    before = everything(office)
    for what, text in REGISTERS.items():
        report = bring(what, text)
        assert (report.created, report.updated) == (0, 0)
    assert everything(office) == before


def test_a_cell_with_several_faults_tells_all_of_them(bring):
    text = (
        "external_id,call_sign,skills,certificates,shifts,parts,on_call\n"
        "t-1,Van 01,hvac:x; plumbing; gas:y,gas:soon:2; first aid,"
        "mon-fry 08:00-17:00; sat 25:00-26:00; sun 08:00-12:00 break noon,SEAL:many,"
        "2026-03-06T17:00/2026-03-09T08:00+01:00; whenever\n"
    )
    assert faults(bring, What.TECHNICIANS, text) == [
        "line 2, column skills: 'hvac:x' is not a skill; write hvac:3 or hvac:3:2027-01-31",
        "line 2, column skills: 'gas:y' is not a skill; write hvac:3 or hvac:3:2027-01-31",
        (
            "line 2, column certificates: 'gas:soon:2' is not a certificate; write first aid, "
            "gas:2027-01-31 or gas:licence:2027-01-31"
        ),
        "line 2, column shifts: 'fry' is not a weekday; write mon, tue, wed, thu, fri, sat, sun",
        "line 2, column shifts: '25:00' is not a time of day; write 08:00",
        ("line 2, column shifts: 'noon' is not a break; write break 11:30-13:00/30 for 30 minutes"),
        (
            "line 2, column on_call: 2026-03-06T17:00:00 has no time zone; add one, such as Z or "
            "+01:00"
        ),
        (
            "line 2, column on_call: 'whenever' is no time; write "
            "2026-03-06T17:00+01:00/2026-03-09T08:00+01:00"
        ),
        "line 2, column parts: 'SEAL:many' is not a part; write VALVE-15 or VALVE-15:2",
    ]


def test_what_a_row_names_must_be_there(office, bring):
    bring(What.SITES, SITES)
    text = (
        "external_id,type,site_external_id,equipment_external_id,after_external_ids,"
        "contract_critical,work_class\n"
        "o-1,repair,s-1,e-9,o-8; o-9,maybe,odd\n"
    )
    assert faults(bring, What.WORK_ORDERS, text) == [
        (
            "line 2, column work_class: 'odd' is no class of work; write reactive, maintenance, "
            "inspection, project"
        ),
        "line 2, column contract_critical: 'maybe' is neither yes nor no",
        "line 2, column equipment_external_id: no equipment 'e-9'; import the equipment first",
        ("line 2, column after_external_ids: no work order 'o-8'; put it into a line above"),
        ("line 2, column after_external_ids: no work order 'o-9'; put it into a line above"),
    ]
    assert faults(bring, What.RESOURCES, "external_id,name,kind,provides\nr-1,X,boat,x\n") == [
        "line 2, column kind: 'boat' is neither vehicle nor tool"
    ]


def test_the_database_is_not_asked_row_by_row_for_what_rows_name(office, bring):
    for number in range(3):
        office.site(f"Site {number}", external_id=f"s{number}")
    asked = []

    def note(_connection, _cursor, statement, *_rest):
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        rows = "".join(f"o{number},repair,s{number % 3}\n" for number in range(50))
        bring(What.WORK_ORDERS, f"external_id,type,site_external_id\n{rows}")
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len([one for one in asked if "FROM sites" in one]) == 2
    assert len(asked) < 50 * 5
