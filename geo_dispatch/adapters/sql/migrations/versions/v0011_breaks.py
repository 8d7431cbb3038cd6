"""Breaks that technicians took."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table, empty: so far nobody told of breaks."""
    op.create_table(
        "breaks_taken",
        sa.Column("technician_id", sa.String(length=64), nullable=False),
        sa.Column("begin_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["technician_id"],
            ["technicians.id"],
            name=op.f("fk_breaks_taken_technician_id_technicians"),
        ),
        sa.PrimaryKeyConstraint("technician_id", "begin_at", name=op.f("pk_breaks_taken")),
    )
