"""What orders need, technicians have and customers were promised."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_JSON = sa.JSON(none_as_null=True)


def _add(table: str, *columns: sa.Column[Any]) -> None:
    for column in columns:
        op.add_column(table, column)


def _list(name: str) -> sa.Column[Any]:
    return sa.Column(name, _JSON, nullable=False, server_default="[]")


def _text(name: str, length: int | None = None, default: str = "") -> sa.Column[Any]:
    kind = sa.Text() if length is None else sa.String(length=length)
    return sa.Column(name, kind, nullable=False, server_default=default)


def _flag(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())


def _id(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=64), nullable=True)


def upgrade() -> None:
    """Add the columns; what is there already asks for nothing and has nothing."""
    _add(
        "technicians",
        _list("certificates"),
        _list("equipment_types"),
        _list("on_call"),
        _list("parts"),
    )
    _add("customers", _id("preferred_technician_id"))
    _add("sites", _list("access_windows"), _text("safety_notes"))
    _add(
        "work_orders",
        _text("work_class", 32, "reactive"),
        _flag("contract_critical"),
        _id("equipment_id"),
        _list("required_certificates"),
        _list("required_equipment"),
        _list("required_parts"),
        sa.Column("crew_size", sa.Integer(), nullable=False, server_default="1"),
        _list("after"),
        _list("permits"),
        _id("preferred_technician_id"),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=True),
        _list("checklist"),
        _id("parent_id"),
        _text("assignment_source", 64),
        _list("crew"),
        _flag("pinned"),
        sa.Column("hold", _JSON, nullable=True),
        sa.Column("flag", _JSON, nullable=True),
        sa.Column("risk", _JSON, nullable=True),
        sa.Column("sla", _JSON, nullable=True),
        _text("outcome", 32),
    )
    op.create_index(op.f("ix_work_orders_parent_id"), "work_orders", ["parent_id"], unique=False)
