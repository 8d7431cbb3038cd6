"""What emergencies and repairs were worked out from."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Up."""
    op.create_table(
        "workings",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("inputs", sa.LargeBinary(), nullable=False, comment="zlib over msgpack"),
        sa.Column(
            "digest", sa.String(length=64), nullable=False, comment="sha256 of what comes of them"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workings")),
    )
    for table in ("decisions", "proposals"):
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("working_id", sa.String(length=64), nullable=True))
            batch.create_foreign_key(
                op.f(f"fk_{table}_working_id_workings"), "workings", ["working_id"], ["id"]
            )
