"""Private times of technicians."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table, empty: so far nobody could be private."""
    op.create_table(
        "privacy_times",
        sa.Column("technician_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["technician_id"],
            ["technicians.id"],
            name=op.f("fk_privacy_times_technician_id_technicians"),
        ),
        sa.PrimaryKeyConstraint("technician_id", "kind", "since", name=op.f("pk_privacy_times")),
    )
