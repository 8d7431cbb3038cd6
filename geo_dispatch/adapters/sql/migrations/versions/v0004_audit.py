"""The hash chain of the event log."""

import sqlalchemy as sa
from alembic import op

from geo_dispatch.adapters.sql.types import UtcTime
from geo_dispatch.dispatch.audit.chain import NOTHING, chain_of, digest_of
from geo_dispatch.dispatch.work.events import LoggedEvent

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_BATCH = 1000

_EVENTS = sa.table(
    "events",
    sa.column("seq", sa.BigInteger()),
    sa.column("stream", sa.String()),
    sa.column("version", sa.Integer()),
    sa.column("type", sa.String()),
    sa.column("body", sa.JSON()),
    sa.column("at", UtcTime()),
    sa.column("actor", sa.String()),
    sa.column("digest", sa.String()),
    sa.column("chain", sa.String()),
)
_CONTENT = [column for column in _EVENTS.c if column.name not in {"digest", "chain"}]


def upgrade() -> None:
    """Add the seals, and seal what is there as it is."""
    for name, comment in (
        ("digest", "seals the stream up to here"),
        ("chain", "seals the log up to here"),
    ):
        op.add_column(
            "events",
            sa.Column(
                name,
                sa.String(length=64),
                nullable=False,
                server_default="",
                comment=comment,
            ),
        )
    _seal(op.get_bind())


def _seal(connection: sa.Connection) -> None:
    digests: dict[str, str] = {}
    chain, seq = NOTHING, 0
    after = sa.select(*_CONTENT).order_by(_EVENTS.c.seq).limit(_BATCH)
    change = (
        sa.update(_EVENTS)
        .where(_EVENTS.c.seq == sa.bindparam("of_seq"))
        .values(digest=sa.bindparam("digest"), chain=sa.bindparam("chain"))
    )
    while rows := connection.execute(after.where(_EVENTS.c.seq > seq)).all():
        seals = []
        for row in rows:
            event = LoggedEvent(*row)
            digest = digest_of(event, digests.get(event.stream, NOTHING))
            digests[event.stream], chain, seq = digest, chain_of(chain, digest), event.seq
            seals.append({"of_seq": seq, "digest": digest, "chain": chain})
        connection.execute(change, seals)
