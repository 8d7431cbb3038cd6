"""Messages that tell of several orders."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_TABLE = "message_further_orders"


def upgrade() -> None:
    """Add the table, empty: so far each message told of one order."""
    op.create_table(
        _TABLE,
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column(
            "type",
            sa.String(length=64),
            nullable=False,
            comment="what it says of this order",
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f(f"fk_{_TABLE}_message_id_messages")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["work_orders.id"], name=op.f(f"fk_{_TABLE}_order_id_work_orders")
        ),
        sa.PrimaryKeyConstraint("message_id", "order_id", name=op.f(f"pk_{_TABLE}")),
    )
    op.create_index(op.f(f"ix_{_TABLE}_order_id"), _TABLE, ["order_id"], unique=False)
