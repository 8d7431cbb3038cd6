"""The index of history by place."""

import h3.api.basic_int as h3i
import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_RESOLUTION = 8
_HOUR_MS = 3_600_000
_PART = sa.text(
    "SELECT at_ms, lon_e7, lat_e7 FROM fixes WHERE technician_id = :whose AND at_ms > :behind "
    "ORDER BY at_ms LIMIT 50000"
)
_CUT = sa.text(
    "SELECT at_ms, lon_e7, lat_e7 FROM fixes WHERE technician_id = :whose AND at_ms = :at_ms"
)
_ADD = sa.text(
    "INSERT INTO fix_cells (cell, hour, technician_id) VALUES (:cell, :hour, :whose) "
    "ON CONFLICT DO NOTHING"
)


def upgrade() -> None:
    """Add the table, filled from the fixes that there are: about a minute for ten millions."""
    op.create_table(
        "fix_cells",
        sa.Column("cell", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "hour", sa.Integer(), autoincrement=False, nullable=False, comment="since 1970 UTC"
        ),
        sa.Column("technician_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("cell", "hour", "technician_id", name=op.f("pk_fix_cells")),
        sqlite_with_rowid=False,
    )
    connection = op.get_bind()
    whose = connection.execute(sa.text("SELECT DISTINCT technician_id FROM fixes")).scalars().all()
    for technician_id in whose:
        behind = -1
        while rows := connection.execute(_PART, {"whose": technician_id, "behind": behind}).all():
            behind = rows[-1].at_ms
            cut = connection.execute(_CUT, {"whose": technician_id, "at_ms": behind}).all()
            found = {
                (h3i.latlng_to_cell(lat / 1e7, lon / 1e7, _RESOLUTION), at_ms // _HOUR_MS)
                for at_ms, lon, lat in (*rows, *cut)
            }
            connection.execute(
                _ADD,
                [
                    {"cell": cell, "hour": hour, "whose": technician_id}
                    for cell, hour in sorted(found)
                ],
            )
