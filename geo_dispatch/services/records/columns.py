"""The columns of CSV files: what each cell means, and how to write it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from geo_dispatch.services.records import cells

_NAME: Final = cells.text_up_to(200)
_SHORT: Final = cells.text_up_to(64)
_LONG: Final = cells.text_up_to(4000)


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes
    ----------
    parse
        The cell's value from its text; ValueError says what is wrong and what would be right, with
        one argument for each fault.
    field
        The field of the record that it sets, as faults name it.
    """

    name: str
    help: str
    parse: Callable[[str], object] = _NAME
    required: bool = False
    field: str = ""


_EXTERNAL_ID: Final = Column(
    "external_id", "the id in your own books; the same id is the same record", required=True
)
_SITE: Final = Column(
    "site_external_id", "where, by the site's external id", required=True, field="site_id"
)
_PREFERRED: Final = Column(
    "preferred_technician_external_id",
    "whom they like to see, by external id",
    field="preferred_technician_id",
)

TECHNICIAN_COLUMNS: Final = (
    _EXTERNAL_ID,
    Column("call_sign", "how the office calls them: Van 07", required=True),
    Column("skills", "name:level:last day, as hvac:3; electrical:2:2027-01-31", cells.parse_skills),
    Column(
        "certificates",
        "name:kind:last day, as gas:licence:2027-01-31; first aid",
        cells.parse_certificates,
    ),
    Column("equipment_types", "what they know, as heat pump; boiler", cells.parse_names),
    Column(
        "shifts",
        "local hours, as mon-fri 08:00-17:00 break 11:30-13:00/30; sat 09:00-12:00",
        cells.parse_shifts,
    ),
    Column(
        "leave",
        "from/until and why, as 2026-08-01T00:00+02:00/2026-08-15T00:00+02:00 holiday",
        cells.parse_leave,
    ),
    Column(
        "on_call",
        "from/until off shift, as 2026-03-06T17:00+01:00/2026-03-09T08:00+01:00",
        cells.parse_windows,
    ),
    Column("home_lon", "where the day begins, longitude", cells.parse_number, field="home"),
    Column("home_lat", "where the day begins, latitude", cells.parse_number, field="home"),
    Column("vehicle", "what they drive"),
    Column("registration", "its number plate"),
    Column("vehicle_equipment", "what it has, as ladder; hoist", cells.parse_names),
    Column("parts", "what is in it, as VALVE-15:2; SEAL", cells.parse_parts),
    Column("territory_id", "home territory, as published", _SHORT),
    Column("phone", "where to reach them", _SHORT),
)
CUSTOMER_COLUMNS: Final = (
    _EXTERNAL_ID,
    Column("name", "who it is", required=True),
    Column("tier", "of their contract: gold", _SHORT),
    Column("phone", "where to reach them", _SHORT),
    Column("email", "where to write to"),
    Column("notes", "what the office must know", _LONG),
    _PREFERRED,
)
SITE_COLUMNS: Final = (
    _EXTERNAL_ID,
    Column("name", "what people call it", required=True),
    Column("lon", "longitude of the entrance", cells.parse_number, required=True, field="location"),
    Column("lat", "latitude of the entrance", cells.parse_number, required=True, field="location"),
    Column("address", "street, number, town", _LONG),
    Column("customer_external_id", "whose it is; made when new", field="customer_id"),
    Column("customer_name", "the customer's name; needed when new"),
    Column("fence_radius_m", "radius that confirms arrivals, metres", cells.parse_number),
    Column("access_notes", "how to get in", _LONG),
    Column("access_windows", "when, local, as mon-fri 08:00-12:00", cells.parse_hours),
    Column("safety_notes", "what to beware of there", _LONG),
)
EQUIPMENT_COLUMNS: Final = (
    _EXTERNAL_ID,
    _SITE,
    Column("type", "what technicians know: heat pump", required=True),
    Column("name", "how people on site call it: Boiler 2", required=True),
    Column("serial", "its number"),
    Column("notes", "what the technician must know", _LONG),
)
RESOURCE_COLUMNS: Final = (
    _EXTERNAL_ID,
    Column("name", "what it is called: Hoist 2", required=True),
    Column("kind", "vehicle or tool", cells.parse_resource_kind),
    Column("provides", "what orders ask for, as hoist; crane", cells.parse_names, required=True),
)
CREW_COLUMNS: Final = (
    _EXTERNAL_ID,
    Column("name", "what it is called: Roof crew", required=True),
    Column(
        "lead_external_id", "who has its orders, by external id", required=True, field="lead_id"
    ),
    Column(
        "member_external_ids",
        "who goes with them, as t-2; t-3",
        cells.parse_names,
        required=True,
        field="member_ids",
    ),
)
ORDER_COLUMNS: Final = (
    _EXTERNAL_ID,
    Column("type", "what work it is: boiler repair", required=True),
    _SITE,
    Column("equipment_external_id", "what is worked on, by external id", field="equipment_id"),
    Column("work_class", "reactive, maintenance, inspection or project", cells.parse_work_class),
    Column("required_skills", "name:level, as hvac:3; electrical", cells.parse_requirements),
    Column("required_certificates", "as gas; working at heights", cells.parse_names),
    Column("required_equipment", "on the vehicle or booked, as hoist", cells.parse_names),
    Column("required_parts", "as VALVE-15:2; SEAL", cells.parse_parts),
    Column("crew_size", "how many technicians at once", cells.parse_whole),
    Column("priority", "1 (emergency) to 5 (whenever)", cells.parse_whole),
    Column("contract_critical", "yes: pushing it aside needs force", cells.parse_yes),
    Column(
        "window_start", "when the customer expects you, from", cells.parse_moment, field="window"
    ),
    Column("window_end", "and until", cells.parse_moment, field="window"),
    Column("start_at", "agreed beginning: not before it", cells.parse_moment),
    Column(
        "duration_min", "expected work on site, minutes", cells.parse_number, field="duration_s"
    ),
    Column("due_at", "deadline, as 2026-03-02T17:00+01:00", cells.parse_moment),
    Column(
        "after_external_ids",
        "orders that must be complete before, as o-1; o-2",
        cells.parse_names,
        field="after",
    ),
    Column("permits", "and the day of each, as noise:2026-02-01; road", cells.parse_permits),
    _PREFERRED,
    Column("checklist", "what to tick off, as shut valve; take a picture", cells.parse_names),
    Column("parent_external_id", "the order that it follows up", field="parent_id"),
    Column("notes", "what the technician must know", _LONG),
)
