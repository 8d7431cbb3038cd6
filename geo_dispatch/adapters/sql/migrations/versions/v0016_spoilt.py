"""What of the stream can't be read, and whose fixes can't be folded."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns: so far nothing was kept of either."""
    op.add_column(
        "quarantine",
        sa.Column("raw", sa.LargeBinary(), nullable=True, comment="what can't be read, as it came"),
    )
    for column in (
        sa.Column("failures", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("wrong", sa.Text(), nullable=False, server_default=""),
        sa.Column("not_before_ms", sa.BigInteger(), nullable=False, server_default="0"),
    ):
        op.add_column("track_refolds", column)
