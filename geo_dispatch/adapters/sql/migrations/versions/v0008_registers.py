"""Equipment, shared vehicles and tools, and crews."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _named(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}")
    )


def _record(table: str) -> list[Any]:
    return [
        sa.Column("external_id", sa.String(length=255), nullable=True),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("external_id", name=op.f(f"uq_{table}_external_id")),
    ]


def _key(name: str = "id", *, optional: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=64), nullable=optional)


def _list(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.JSON(none_as_null=True), nullable=False)


def _moment(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _index(table: str, *columns: str) -> None:
    name = op.f(f"ix_{table}_{'_'.join(columns)}")
    op.create_index(name, table, list(columns), unique=False)


def upgrade() -> None:
    """Add the tables, all empty."""
    op.create_table(
        "equipment",
        _key(),
        _key("site_id"),
        sa.Column("type", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("serial", sa.String(length=255), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        _named("equipment", "site_id", "sites"),
        *_record("equipment"),
    )
    op.create_table(
        "resources",
        _key(),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        _list("provides"),
        *_record("resources"),
    )
    op.create_table(
        "bookings",
        _key(),
        _key("resource_id"),
        _moment("start_at"),
        _moment("end_at"),
        _key("order_id", optional=True),
        sa.Column("reason", sa.Text(), nullable=False),
        _named("bookings", "resource_id", "resources"),
        _named("bookings", "order_id", "work_orders"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookings")),
    )
    op.create_table(
        "crews",
        _key(),
        sa.Column("name", sa.String(length=255), nullable=False),
        _key("lead_id"),
        _list("member_ids"),
        _named("crews", "lead_id", "technicians"),
        *_record("crews"),
    )
    op.create_table(
        "crew_members",
        _key("order_id"),
        _key("technician_id"),
        sa.Column(
            "sequence",
            sa.Integer(),
            nullable=False,
            comment="place in the member's own day, from 1",
        ),
        _named("crew_members", "order_id", "work_orders"),
        _named("crew_members", "technician_id", "technicians"),
        sa.PrimaryKeyConstraint("order_id", "technician_id", name=op.f("pk_crew_members")),
    )
    op.create_table(
        "predecessors",
        _key("order_id"),
        _key("after_id"),
        _named("predecessors", "order_id", "work_orders"),
        _named("predecessors", "after_id", "work_orders"),
        sa.PrimaryKeyConstraint("order_id", "after_id", name=op.f("pk_predecessors")),
    )
    for table, *columns in (
        ("equipment", "site_id"),
        ("equipment", "name"),
        ("resources", "name"),
        ("bookings", "end_at"),
        ("bookings", "order_id"),
        ("bookings", "resource_id", "end_at"),
        ("crews", "name"),
        ("crew_members", "technician_id"),
        ("predecessors", "after_id"),
    ):
        _index(table, *columns)
