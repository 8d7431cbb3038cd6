"""Policies in force, and what was decided under them."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_JSON = sa.JSON(none_as_null=True)


def _name(name: str, length: int = 255) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=length), nullable=False)


def _version(name: str = "version") -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=False, autoincrement=False)


def _moment(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def upgrade() -> None:
    """Add the tables, all empty: version 0 of the policy comes with the package."""
    op.create_table(
        "policies",
        _version(),
        sa.Column("digest", sa.String(length=64), nullable=False, comment="sha256 of the text"),
        sa.Column("text", sa.Text(), nullable=False, comment="TOML as it was reviewed"),
        _name("author"),
        _name("reviewed_by"),
        sa.Column("note", sa.Text(), nullable=False),
        _moment("published_at"),
        _name("published_by"),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_policies")),
    )
    op.create_table(
        "performance_snapshots",
        _version(),
        _moment("computed_at"),
        sa.Column("snapshot", _JSON, nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_performance_snapshots")),
    )
    op.create_table(
        "decisions",
        _name("id", 64),
        _name("order_id", 64),
        _moment("at"),
        _name("actor"),
        _name("kind", 16),
        _name("source", 64),
        sa.Column("chosen_id", sa.String(length=64), nullable=True),
        sa.Column("suggested_id", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        _version("policy_version"),
        _version("performance_version"),
        sa.Column("inputs", sa.LargeBinary(), nullable=False, comment="zlib over msgpack"),
        sa.Column("ranking", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False, comment="sha256 of the ranking"),
        sa.ForeignKeyConstraint(
            ["order_id"], ["work_orders.id"], name=op.f("fk_decisions_order_id_work_orders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    op.create_index(op.f("ix_decisions_at"), "decisions", ["at"], unique=False)
    op.create_index(op.f("ix_decisions_order_id_at"), "decisions", ["order_id", "at"], unique=False)
