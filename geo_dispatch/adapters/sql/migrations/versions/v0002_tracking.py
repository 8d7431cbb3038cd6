"""Fixes and what they were folded to."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "fixes",
        sa.Column("technician_id", sa.String(length=64), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lon_e7", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lat_e7", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.Column("speed_mps", sa.Double(), nullable=True),
        sa.Column("heading_deg", sa.Double(), nullable=True),
        sa.Column("mock", sa.Boolean(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "technician_id", "at_ms", "lon_e7", "lat_e7", name=op.f("pk_fixes")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "quarantine",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("technician_id", sa.Text(), nullable=False, comment="as sent: may be unknown"),
        sa.Column("at_ms", sa.BigInteger(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
    )
    op.create_index(
        op.f("ix_quarantine_technician_id_received_at"),
        "quarantine",
        ["technician_id", "received_at"],
        unique=False,
    )
    op.create_table(
        "shard_positions",
        sa.Column("shard", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("stream_id", sa.String(length=64), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("shard", name=op.f("pk_shard_positions")),
    )
    op.create_table(
        "track_snapshots",
        sa.Column("technician_id", sa.String(length=64), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("fold", sa.String(length=64), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("technician_id", "at_ms", name=op.f("pk_track_snapshots")),
    )
    op.create_table(
        "track_states",
        sa.Column("technician_id", sa.String(length=64), nullable=False),
        sa.Column("fold", sa.String(length=64), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("technician_id", name=op.f("pk_track_states")),
    )
