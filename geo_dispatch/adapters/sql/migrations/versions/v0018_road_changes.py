"""Changes on the road."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "road_changes",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=255), nullable=False, comment="the road area"),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("area", sa.LargeBinary(), nullable=True),
        sa.Column("way_ids", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("factor", sa.Double(), nullable=True),
        sa.Column("speeds", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("starts_at", moment, nullable=True),
        sa.Column("ends_at", moment, nullable=True),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False, comment="the log says that it is in force"),
        sa.Column("undone_at", moment, nullable=True),
        sa.Column("undone_by", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_road_changes")),
    )
    op.create_index(op.f("ix_road_changes_scope"), "road_changes", ["scope"])
