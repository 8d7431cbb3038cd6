"""The tables of the records and of the event log. `tracking` adds those of positions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from geo_dispatch.adapters.sql.types import BigKey, Named, Nested, Shape, UtcTime
from geo_dispatch.dispatch.records.hours import Hours
from geo_dispatch.dispatch.records.technicians import (
    Certificate,
    Leave,
    Part,
    Shift,
    Skill,
    Vehicle,
)
from geo_dispatch.dispatch.work.clocks import Sla
from geo_dispatch.dispatch.work.orders import (
    Arrival,
    Flag,
    Hold,
    Permit,
    Risk,
    SkillRequirement,
    Status,
)
from geo_dispatch.dispatch.work.visits import Review
from geo_dispatch.kernel.actors import Role
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import OrderId, TechnicianId
from geo_dispatch.kernel.time import Window
from geo_dispatch.tracking.evidence import Evidence

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = String(64)


_POINTERS = {
    "technicians": "technician_id",
    "customers": "customer_id",
    "sites": "site_id",
    "work_orders": "order_id",
}


def _id(target: str, *, optional: bool = False) -> Column[Any]:
    """The column that points at another table's ``id``."""
    return Column(_POINTERS[target], Id, ForeignKey(f"{target}.id"), nullable=optional)


def record_columns() -> list[Column[Any]]:
    """The columns of everything that people enter, change and retire."""
    return [
        Column("external_id", String(255), unique=True),
        Column("retired", Boolean, nullable=False),
        Column("version", Integer, nullable=False),
    ]


technicians = Table(
    "technicians",
    metadata,
    Column("id", Id, primary_key=True),
    Column("call_sign", String(255), nullable=False, index=True),
    Column("skills", Nested(tuple[Skill, ...]), nullable=False),
    Column("certificates", Nested(tuple[Certificate, ...]), nullable=False),
    Column("equipment_types", Nested(tuple[str, ...]), nullable=False),
    Column("shifts", Nested(tuple[Shift, ...]), nullable=False),
    Column("leave", Nested(tuple[Leave, ...]), nullable=False),
    Column("on_call", Nested(tuple[Window, ...]), nullable=False),
    Column("home", Nested(LonLat)),
    Column("vehicle", Nested(Vehicle)),
    Column("parts", Nested(tuple[Part, ...]), nullable=False),
    Column("territory_id", Id),
    Column("phone", String(64), nullable=False),
    Column("shard", Integer, nullable=False),
    *record_columns(),
)

customers = Table(
    "customers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(255), nullable=False, index=True),
    Column("tier", String(64), nullable=False),
    Column("phone", String(64), nullable=False),
    Column("email", String(255), nullable=False),
    Column("notes", Text, nullable=False),
    Column("preferred_technician_id", Id),
    *record_columns(),
)

sites = Table(
    "sites",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(255), nullable=False, index=True),
    Column("lon", Double, nullable=False),
    Column("lat", Double, nullable=False),
    Column("cell", BigInteger, nullable=False, index=True),
    _id("customers", optional=True),
    Column("address", Text, nullable=False),
    Column("fence", Shape),
    Column("fence_radius_m", Double, nullable=False),
    Column("access_notes", Text, nullable=False),
    Column("access_windows", Nested(tuple[Hours, ...]), nullable=False),
    Column("safety_notes", Text, nullable=False),
    Column("territory_id", Id, index=True),
    *record_columns(),
)

work_orders = Table(
    "work_orders",
    metadata,
    Column("id", Id, primary_key=True),
    Column("serial", Integer, nullable=False, unique=True),
    Column("number", String(32), nullable=False, unique=True),
    Column("type", String(255), nullable=False),
    _id("sites"),
    _id("customers", optional=True),
    Column("placed_at", UtcTime, nullable=False),
    Column("required_skills", Nested(tuple[SkillRequirement, ...]), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("window_start", UtcTime),
    Column("window_end", UtcTime),
    Column("duration_s", Double, nullable=False),
    Column("due_at", UtcTime),
    Column("notes", Text, nullable=False),
    Column("work_class", String(32), nullable=False),
    Column("contract_critical", Boolean, nullable=False),
    Column("equipment_id", Id),
    Column("required_certificates", Nested(tuple[str, ...]), nullable=False),
    Column("required_equipment", Nested(tuple[str, ...]), nullable=False),
    Column("required_parts", Nested(tuple[Part, ...]), nullable=False),
    Column("crew_size", Integer, nullable=False),
    Column("after", Nested(tuple[OrderId, ...]), nullable=False),
    Column("permits", Nested(tuple[Permit, ...]), nullable=False),
    Column("preferred_technician_id", Id),
    Column("start_at", UtcTime),
    Column("checklist", Nested(tuple[str, ...]), nullable=False),
    Column("parent_id", Id, index=True),
    Column("status", Named(Status), nullable=False, index=True),
    Column("status_at", UtcTime),
    Column("status_source", String(16), nullable=False),
    Column("helped_from", Named(Status)),
    _id("technicians", optional=True),
    Column("assignment_id", Id),
    Column("assigned_at", UtcTime),
    Column("assignment_source", String(64), nullable=False),
    Column("crew", Nested(tuple[TechnicianId, ...]), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("pinned", Boolean, nullable=False),
    Column("hold", Nested(Hold)),
    Column("flag", Nested(Flag)),
    Column("risk", Nested(Risk)),
    Column("sla", Nested(Sla)),
    Column("arrival", Nested(Arrival)),
    Column("started_at", UtcTime),
    Column("ended_at", UtcTime),
    Column("outcome", String(32), nullable=False),
    *record_columns(),
    Index(None, "technician_id", "status"),
    Index(None, "site_id"),
)

assignments = Table(
    "assignments",
    metadata,
    Column("id", Id, primary_key=True),
    _id("work_orders"),
    _id("technicians"),
    Column("sequence", Integer, nullable=False),
    Column("source", String(32), nullable=False),
    Column("assigned_at", UtcTime, nullable=False),
    Column("assigned_by", String(255), nullable=False),
    Column("reason", Text, nullable=False),
    Column("released_at", UtcTime),
    Index(None, "technician_id", "assigned_at"),
    Index(None, "technician_id", "released_at"),
    Index(None, "order_id"),
)

visits = Table(
    "visits",
    metadata,
    Column("id", Id, primary_key=True),
    _id("work_orders"),
    _id("technicians"),
    _id("sites"),
    Column("arrived_at", UtcTime, nullable=False),
    Column("departed_at", UtcTime),
    Column("source", String(16), nullable=False),
    Column("evidence", Nested(Evidence)),
    Column("review", Named(Review), nullable=False),
    Column("review_reason", Text, nullable=False),
    Column("retracted", Boolean, nullable=False),
    Index(None, "technician_id", "arrived_at"),
    Index(None, "order_id"),
)

territories = Table(
    "territories",
    metadata,
    Column("scope", String(255), primary_key=True, comment="the road area: liechtenstein"),
    Column("id", Id, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("name", String(255), nullable=False),
    Column("area", Shape, nullable=False),
    Column("colour", String(32), nullable=False),
    Column("published_at", UtcTime, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Id, primary_key=True),
    Column("digest", String(64), nullable=False, unique=True, comment="sha256 of the secret"),
    Column("role", Named(Role), nullable=False),
    Column("name", String(255), nullable=False),
    _id("technicians", optional=True),
    Column("created_at", UtcTime, nullable=False),
    Column("revoked_at", UtcTime),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("token", String(255), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("method", String(16), nullable=False),
    Column("path", Text, nullable=False),
    Column("digest", String(64), nullable=False, comment="sha256 of the request's body"),
    Column("begun_at", UtcTime, nullable=False, index=True),
    Column("status", Integer),
    Column("headers", JSON(none_as_null=True)),
    Column("body", LargeBinary),
)

etas = Table(
    "etas",
    metadata,
    Column("order_id", Id, ForeignKey("work_orders.id"), primary_key=True),
    _id("technicians"),
    Column("eta", UtcTime),
    Column("drive_s", Double),
    Column("position_at", UtcTime),
    Column("basis", String(64), nullable=False),
    Column("late_by_s", Double),
    Column("computed_at", UtcTime, nullable=False),
    Column("finish_at", UtcTime),
)

events = Table(
    "events",
    metadata,
    Column("seq", BigKey, primary_key=True, autoincrement=True),
    Column("stream", String(128), nullable=False),
    Column("version", Integer, nullable=False),
    Column("type", String(64), nullable=False),
    Column("body", JSON, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("actor", String(255), nullable=False),
    Column("digest", String(64), nullable=False, comment="seals the stream up to here"),
    Column("chain", String(64), nullable=False, comment="seals the log up to here"),
    UniqueConstraint("stream", "version"),
    sqlite_autoincrement=True,
)

cursors = Table(
    "cursors",
    metadata,
    Column("consumer", String(128), primary_key=True),
    Column("seq", BigInteger, nullable=False),
)
