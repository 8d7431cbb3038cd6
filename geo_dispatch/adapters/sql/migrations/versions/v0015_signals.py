"""Who is silent, and whose alarm nobody has answered."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables, empty: so far nobody was told of either."""
    op.create_table(
        "silences",
        sa.Column("technician_id", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["technician_id"],
            ["technicians.id"],
            name=op.f("fk_silences_technician_id_technicians"),
        ),
        sa.PrimaryKeyConstraint("technician_id", name=op.f("pk_silences")),
    )
    op.create_table(
        "sos_calls",
        sa.Column("technician_id", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.String(length=64), nullable=True),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["technician_id"],
            ["technicians.id"],
            name=op.f("fk_sos_calls_technician_id_technicians"),
        ),
        sa.PrimaryKeyConstraint("technician_id", name=op.f("pk_sos_calls")),
    )
