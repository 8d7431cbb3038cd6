"""Whose fixes are still to be folded again, and a quicker look at who has what in hand."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table, empty: so far all was folded at once."""
    op.create_table(
        "track_refolds",
        sa.Column("technician_id", sa.String(length=64), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False, comment="event time"),
        sa.PrimaryKeyConstraint("technician_id", name=op.f("pk_track_refolds")),
    )
    op.create_index(op.f("ix_track_refolds_shard"), "track_refolds", ["shard"])
    op.create_index(
        op.f("ix_assignments_technician_id_released_at"),
        "assignments",
        ["technician_id", "released_at"],
    )
